"""The parts of the machine that make sense by themselves, by name: what is exported alone, and tested alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from arch.config import GROUP_SLICES, Alu, Config
from arch.queues import Queue, queues
from arch.queues import Unit as Part
from hdl.board.top import DIVISOR, Board
from hdl.c2c.tile import C2cTile
from hdl.chip import Chip
from hdl.host.top import HostedChip
from hdl.icu.legal import variant
from hdl.icu.queue import InstructionQueue
from hdl.mem.tile import MemTile
from hdl.mxm.accumulator import Accumulator
from hdl.mxm.cap import Cap
from hdl.mxm.row import MxmRow
from hdl.mxm.supercell import Supercell
from hdl.seam import Block
from hdl.secded import Checker, Encoder
from hdl.sram import SinglePort
from hdl.streams import Column
from hdl.superlane import Superlane
from hdl.sxm.tile import SxmTile
from hdl.vxm.mesh import Mesh
from hdl.vxm.standalone import StandaloneAlu

#: The unit that is the whole machine.
WHOLE = "top"


class UnitError(ValueError):
    """A name that no unit of the machine has."""


@dataclass(frozen=True)
class Unit:
    """A part of a machine.

    Attributes
    ----------
    what : str
        What it is, in a few words.
    create : callable
        Makes it.
    alone : bool
        Whether it is made for use by itself: the machine does not hold it as it is.
    """

    what: str
    create: Callable[[], Block]
    alone: bool = False


def units(config: Config) -> Mapping[str, Unit]:
    """The units of a machine by name, from the whole to the smallest."""
    bits, ecc = config.word_bits, config.features.ecc
    found = {
        WHOLE: Unit("the chip behind AXI4-Lite and AXI4-Stream", lambda: HostedChip(config=config)),
        "chip": Unit("the chip, with raw ports for the host", lambda: Chip(config=config)),
        "board": Unit("the chip behind a serial line: clock, reset, two pins", lambda: _board(config), alone=True),
        "superlane": Unit("all tiles of a superlane and its stream registers", lambda: Superlane(config=config)),
        "mem_tile": Unit("a superlane's part of a MEM slice", lambda: MemTile(config=config)),
        "sram": Unit("a bank of a MEM tile: what a macro replaces", lambda: _bank(config)),
        "mxm_row": Unit("a superlane's row of an MXM plane, or of a pair", lambda: MxmRow(config=config)),
        "supercell": Unit("weights and multipliers of lanes x lanes", lambda: Supercell(config=config)),
        "accumulator": Unit(
            "a superlane's accumulators of a plane", lambda: Accumulator(config=config, floating=False)
        ),
        "vxm_mesh": Unit("all ALUs of a superlane", lambda: Mesh(config=config)),
        "sxm_tile": Unit("a superlane's part of an SXM", lambda: SxmTile(config=config)),
        "column": Unit("stream registers of a superlane beside MEM slices", lambda: _column(config)),
        "secded_encoder": Unit("makes check bits", lambda: Encoder(word_bits=bits, ecc=ecc)),
        "secded_checker": Unit("corrects and detects errors", lambda: Checker(word_bits=bits, ecc=ecc)),
    }
    if config.mxm_fp16:
        found["mxm_cap"] = Unit("rounds the sums of a column of a pair of planes", lambda: Cap(config=config))
    if config.c2c_links:
        found["c2c_tile"] = Unit("a superlane's part of a C2C queue's links", lambda: C2cTile(config=config))
    for alu in dict.fromkeys(config.alus):
        name = f"vxm_alu_{_size(config, alu)}"
        found[name] = Unit("an ALU of one lane, with its decoder", _alu(config, alu), alone=True)
    for queue in queues(config):
        vxm = queue.unit is Part.VXM
        what = f"vxm_{_size(config, config.alus[queue.number])}" if vxm else variant(config, queue)
        like = Unit(f"instruction queue of {queue.name} and its like", _queue(config, queue))
        found.setdefault(f"queue_{what}", like)
    return MappingProxyType(found)


def unit(config: Config, name: str) -> Block:
    """Unit of a name.

    Raises
    ------
    UnitError
        Which lists the names that there are.
    """
    known = units(config)
    if name not in known:
        raise UnitError(f"unit of a {config.name} machine must be one of {', '.join(known)}, not {name!r}")
    return known[name].create()


def _board(config: Config) -> Block:
    return Board(config=config, divisor=DIVISOR)


def _bank(config: Config) -> Block:
    return SinglePort(depth=config.bank_words, width=config.code_bits)


def _column(config: Config) -> Block:
    """Between two groups the four slices of one drive eastward and those of the other westward; where there is one
    group only, beside the VXM, which drives the other direction."""
    slices = (1,) * GROUP_SLICES
    if config.groups > 1:
        return Column(config=config, widths=(slices, slices))
    return Column(config=config, widths=(slices, ()), merged=(False, True))


def _size(config: Config, alu: Alu) -> str:
    """What tells an ALU from the others, in as few characters as do."""
    size = "large" if alu.large else "plain"
    alike = {other for other in config.alus if other.large == alu.large}
    return size if len(alike) == 1 else "_".join((size, *(t.value for t in alu.types)))


def _alu(config: Config, alu: Alu) -> Callable[[], Block]:
    return lambda: StandaloneAlu(alu=alu, stages=config.stages.alu)


def _queue(config: Config, queue: Queue) -> Callable[[], Block]:
    return lambda: InstructionQueue(config=config, queue=queue)
