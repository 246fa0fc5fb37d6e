"""Pieces of Markdown."""

from collections.abc import Container, Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[object]], numbers: Container[int] = ()) -> str:
    """A table; a bar inside a cell is escaped. Columns of ``numbers``, from 0, stand on the right."""
    lines = [head, ["---:" if column in numbers else "---" for column in range(len(head))], *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def page(*blocks: str) -> str:
    """Blocks with an empty line between them, and a line end at the end."""
    return "\n\n".join(block.strip("\n") for block in blocks if block) + "\n"


def code(text: object) -> str:
    """Text as code."""
    return f"`{text}`"


def listed(items: Iterable[object]) -> str:
    """Items as code, with commas."""
    return ", ".join(code(item) for item in items)
