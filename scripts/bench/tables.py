"""Tables that are told line by line while they are measured."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], tell: Callable[[str], None]) -> str:
    """A table in Markdown; each line is told as soon as it is known."""
    lines = []
    for cells in chain((heads, ["---"] * len(heads)), rows):
        lines.append(f"| {' | '.join(cells)} |")
        tell(lines[-1])
    return "\n".join(lines)


def tell(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)
