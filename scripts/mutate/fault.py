"""A single fault in the hardware, as data: a piece of a source file, and what is put in its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Fault:
    """A single fault.

    Attributes
    ----------
    file
        Source, from the project's folder.
    old
        Text that stands there exactly once.
    new
        What takes its place.
    meaning
        What goes wrong in the machine, in a few words.
    tests
        Test files, or single tests, one of which must fail: those of the unit in which the fault lies.
    """

    file: str
    old: str
    new: str
    meaning: str
    tests: tuple[str, ...]

    def mutated(self, text: str) -> str:
        """Source with the fault.

        Raises
        ------
        ValueError
            If the text to be replaced is not there, or not just once.
        """
        count = text.count(self.old)
        if count != 1:
            raise ValueError(f"{self.file}: {self.old!r} must stand there once, not {count} times ({self.meaning})")
        return text.replace(self.old, self.new)


def problems(faults: Sequence[Fault], root: Path) -> list[str]:
    """What is wrong with a list of faults: those that no longer apply, are none, name no test, or come twice."""
    found, seen = [], set()
    for fault in faults:
        if fault.old == fault.new:
            found.append(f"{fault.file}: old and new text must differ ({fault.meaning})")
        if (fault.file, fault.old, fault.new) in seen:
            found.append(f"{fault.file}: a fault must stand in the list once ({fault.meaning})")
        seen.add((fault.file, fault.old, fault.new))
        if not fault.tests:
            found.append(f"{fault.file}: a fault must name the tests that notice it ({fault.meaning})")
        found += [
            f"{fault.file}: no test file {test.partition('::')[0]} ({fault.meaning})"
            for test in fault.tests
            if not (root / test.partition("::")[0]).is_file()
        ]
        try:
            fault.mutated((root / fault.file).read_text(encoding="utf-8"))
        except OSError:
            found.append(f"{fault.file}: there is no such file ({fault.meaning})")
        except ValueError as error:
            found.append(str(error))
    return found
