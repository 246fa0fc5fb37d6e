"""What goes into a bitstream: the chip, the serial line around it, and the board's top around both."""

from dataclasses import dataclass

from arch.config import Config
from hdl.board.top import DIVISOR, Board
from tb.exports import kept, unmade
from tb.parts import closure


@dataclass(frozen=True)
class Design:
    """Verilog of a board, without the top that names its pins.

    Attributes
    ----------
    config
        The machine.
    sources
        Text of each module by its name.
    top, chip
        The uppermost module, and the one in it that is synthesized by itself: the chip behind its host's ports.
    place
        Name of the chip in the board's top, and of that in the module of the pins, joined by dots.
    """

    config: Config
    sources: dict[str, str]
    top: str
    chip: str
    place: str = "board.chip"

    @property
    def inside(self) -> dict[str, str]:
        """The chip and all that it holds, itself first."""
        return closure(self.sources, self.chip)

    @property
    def around(self) -> dict[str, str]:
        """The top and what it holds without the chip, itself first."""
        inside = self.inside
        return {name: text for name, text in closure(self.sources, self.top).items() if name not in inside}


def design(config: Config) -> Design:
    """Export a machine with its serial line; kept while the hardware's sources and tools are the same."""
    top = Board(config=config, divisor=DIVISOR)
    return assemble(top, kept(top, config.to_json()))


def assemble(top: Board, sources: dict[str, str]) -> Design:
    """A board of which the export is at hand."""
    return Design(top.config, sources, top.module_name, unmade(top.chip()).module_name)
