"""What the assembler says when it refuses: one line for each mistake, with file, line and column."""

from collections.abc import Sequence
from dataclasses import dataclass

#: Mistakes listed in one message; the rest is counted.
LISTED = 20
#: Characters of one mistake: a source may hold words of any length, and messages quote them.
LONGEST = 400


@dataclass(frozen=True, order=True)
class Where:
    """A place in a source.

    Attributes
    ----------
    file
        Name of the source as its reader knows it.
    line, column
        From 1 on.
    """

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Diagnostic:
    """One mistake: where it stands, if in a source at all, and what is wrong."""

    where: Where | None
    text: str

    def __str__(self) -> str:
        cut = len(self.text) > LONGEST
        text = f"{self.text[: LONGEST // 2]} ... {self.text[-LONGEST // 4 :]}" if cut else self.text
        return text if self.where is None else f"{self.where}: {text}"


class AssemblyError(ValueError):
    """A program that the assembler refuses, with one or several diagnostics.

    Parameters
    ----------
    diagnostics
        At least one, in the order in which the user should read them.
    """

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        lines = [str(d) for d in self.diagnostics[:LISTED]]
        if len(self.diagnostics) > LISTED:
            lines.append(f"... and {len(self.diagnostics) - LISTED} more")
        super().__init__("\n".join(lines))


def refuse(where: Where | None, text: str) -> AssemblyError:
    """Exception of a single mistake."""
    return AssemblyError([Diagnostic(where, text)])
