"""Ports of a model as words of 32 bits, one port behind the other: how records and compositions hand them over."""

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
