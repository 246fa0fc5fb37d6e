"""Which cases of the compiler's tests compile for which machine: `python -m tests.compiler.schedule.table` writes the
page docs/compiled-cases.md, and with ``--check`` only says whether it is up to date."""

import sys
from collections.abc import Mapping
from pathlib import Path

from arch.config import preset
from compiler.frontend.load import translate
from tests.compiler.models import CASES
from tests.compiler.schedule.judge import REFUSED, RIGHT, WRONG, Outcome, outcome

PAGE = Path(__file__).resolve().parents[3] / "docs" / "compiled-cases.md"
#: Machines of the table.
PRESETS = ("tiny", "small", "full")

Row = Mapping[str, Outcome]


def measure(presets: tuple[str, ...] = PRESETS, tell: bool = False) -> dict[str, Row]:
    """What becomes of each case on each machine."""
    rows: dict[str, Row] = {}
    for number, case in enumerate(CASES, 1):
        graph = translate(case.model)
        rows[case.name] = {name: outcome(graph, preset(name), case.inputs) for name in presets}
        if tell:
            print(f"{number} of {len(CASES)}: {case.name}", file=sys.stderr, flush=True)
    return rows


def page(rows: Mapping[str, Row]) -> str:
    """The page."""
    presets = list(next(iter(rows.values())))
    every = [one for row in rows.values() for one in row.values()]
    lines = [
        "# Compiled cases",
        "",
        "Written by `python -m tests.compiler.schedule.table`: the models of `tests/compiler/models`, compiled, and",
        "run on the golden model. A number is the cycles of a run whose outputs are those of the graph's evaluation,",
        "bit for bit, which takes exactly the predicted cycles, and has neither program error nor fault.",
        "",
        f"**{_count(every, RIGHT)} of {len(every)} are right, {_count(every, WRONG)} wrong, "
        f"{_count(every, REFUSED)} refused.**",
        "",
        f"| case | {' | '.join(presets)} |",
        f"|---|{'---|' * len(presets)}",
    ]
    for name, row in rows.items():
        cells = [f"{one.cycles:,}" if one.status == RIGHT else one.status for one in row.values()]
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    for status in (WRONG, REFUSED):
        lines += ["", f"## {status.capitalize()}", ""]
        reasons = [
            f"- `{name}`, {machine}: {one.reason}"
            for name, row in rows.items()
            for machine, one in row.items()
            if one.status == status
        ]
        lines += reasons or ["None."]
    return "\n".join(lines) + "\n"


def _count(outcomes: list[Outcome], status: str) -> int:
    return sum(one.status == status for one in outcomes)


def main(arguments: list[str]) -> int:
    """Run the command; the result is its exit code, 1 if a run is wrong or the page is out of date."""
    rows = measure(tell=True)
    text = page(rows)
    failed = any(one.status == WRONG for row in rows.values() for one in row.values())
    if "--check" in arguments:
        return int(failed or not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text)
    PAGE.write_text(text, encoding="utf-8")
    print(text.split("\n\n")[2])
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
