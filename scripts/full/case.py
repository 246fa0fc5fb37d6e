"""A program for the whole chip, what the host gives it, and how cycles follow from the machine."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from arch.config import Config
from arch.conveyor import Direction, hops
from arch.program import Program
from arch.queues import queues_by_name
from golden.lanes import Bytes


@dataclass(frozen=True)
class Case:
    """A program to run.

    Attributes
    ----------
    name, title
        For files and options; and what it does, in a few words.
    program
        The program.
    inputs : uint8[rows, vector] by region name
        What the host writes.
    cycles
        Cycles that the compiler has predicted; None where nobody has.
    expected : uint8[rows, vector] by region name
        What regions hold in the end, as NumPy has it; of those that NumPy computes in every bit.
    """

    name: str
    title: str
    program: Program
    inputs: Mapping[str, Bytes] = field(default_factory=dict)
    cycles: int | None = None
    expected: Mapping[str, Bytes] = field(default_factory=dict)


def distance(config: Config, source: str, target: str, way: str) -> int:
    """Hops from the unit of one queue to that of another on a stream that flows ``way``, "E" or "W".

    Raises
    ------
    ValueError
        If no such stream leads there.
    """
    named = queues_by_name(config)
    found = hops(config, named[source].site, named[target].site, Direction("EW".index(way)))
    if found is None:
        raise ValueError(f"no stream leads {way} from {source} to {target}")
    return found
