"""Ports of a model as words of 32 bits, one port behind the other: how records and compositions hand them over."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: Bits of a word; each port has words of its own.
WORD = 32


@dataclass(frozen=True)
class Port:
    """A port: its name in Verilog, its bits, and its first word among those of its direction."""

    name: str
    bits: int
    first: int

    @property
    def words(self) -> int:
        """Words that it takes."""
        return -(-self.bits // WORD)

    @property
    def member(self) -> str:
        """The port in Verilator's class, which spells two underscores so that no name of its own can be met."""
        return self.name.replace("__", "___05F")


def size(found: Sequence[Port]) -> int:
    """Words of ports that lie one behind the other."""
    return found[-1].first + found[-1].words if found else 0


def packed(found: Iterable[Port]) -> list[Port]:
    """Ports one behind the other, from word 0 on."""
    made: list[Port] = []
    for port in found:
        made.append(Port(port.name, port.bits, size(made)))
    return made
