"""A superlane's SXM of one hemisphere: all units of its queues, and what they pass to the superlanes next to it.

Sources: ``arch.queues`` says which queues there are; ``docs/architecture.md``, SXM. The tile knows neither its
hemisphere nor its superlane: they come by ports.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from amaranth import Cat, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from arch.config import Config
from arch.faults import Fault
from arch.features import DISTRIBUTE_GROUP
from arch.queues import Unit, sxm_units
from arch.timing import timing
from hdl.gate import ClockGate, Gated
from hdl.icu.layout import layout_of
from hdl.icu.text import SUPERLANE_BITS
from hdl.pipeline import join, lingering
from hdl.seam import Block
from hdl.sxm.distribute import CHECKED as DISTRIBUTE_CHECKED
from hdl.sxm.distribute import Distribute
from hdl.sxm.map_check import verdict_signature
from hdl.sxm.permute import CHECKED as PERMUTE_CHECKED
from hdl.sxm.permute import Permute
from hdl.sxm.rotate import Rotate, sides
from hdl.sxm.shift import ShiftNorth, ShiftSouth
from hdl.sxm.slots import slots
from hdl.sxm.transpose import Transpose
from hdl.sxm.unit import chain_signature
from hdl.words import column_bits, drive_signature

#: Faults that a queue's tile finds itself, beside ECC.
CODES: Mapping[Unit, tuple[Fault, ...]] = MappingProxyType({Unit.SXM_PERMUTE: (Fault.MAP,)})


def checked_words(config: Config, unit: Unit) -> int:
    """Words that an instruction of a unit may check."""
    return {
        Unit.SXM_DISTRIBUTE: DISTRIBUTE_CHECKED,
        Unit.SXM_TRANSPOSE: config.lanes,
        Unit.SXM_SHIFT_NORTH: 2,
        Unit.SXM_PERMUTE: PERMUTE_CHECKED,
    }.get(unit, 1)


def driven_widths(config: Config, unit: Unit) -> tuple[int, ...]:
    """Adjacent streams of each drive request of a unit: none where there is no unit."""
    widths = {
        Unit.SXM_DISTRIBUTE: (DISTRIBUTE_GROUP,),
        Unit.SXM_TRANSPOSE: (config.lanes,),
        Unit.SXM_ROTATE: tuple(side * side for side in sides(config)),
    }
    return widths.get(unit, (1,))


def units(config: Config) -> list[tuple[Unit, int]]:
    """Units of the SXM with their numbers, as ``arch.queues`` orders them; without a Rotate that no lanes hold."""
    every = [(unit, int(number or 0)) for unit, number in sxm_units(config.features)]
    return [(unit, number) for unit, number in every if unit is not Unit.SXM_ROTATE or sides(config)]


def port_of(unit: Unit, number: int) -> str:
    """Name of a unit's ports in the tile."""
    return f"{unit.value}_{number}"


def queue_signature(unit: Unit, words: int) -> wiring.Signature:
    """A unit's queue, from its side.

    Members
    -------
    fire : Out(1)
        Whether an instruction is executed in this cycle, t.
    instr : Out
    hit : In
        Faults of ``CODES``, at t + ``stages.operand``; only where there are any.
    failed, corrected : In(range(words + 1))
        Words so found, at t + ``stages.operand``.
    """
    members: dict[str, Any] = {"fire": Out(1), "instr": Out(layout_of(unit).width)}
    if unit in CODES:
        members["hit"] = In(len(CODES[unit]))
    return wiring.Signature(members | {name: In(range(words + 1)) for name in ("failed", "corrected")})


class SxmTile(Block):
    """All of a superlane's SXM.

    For each unit *u* of :func:`units` there are ``u`` (:func:`queue_signature`), and for each width *w* of
    :func:`driven_widths` ``u_drives_w``, an array of drive requests by direction.

    Parameters
    ----------
    config : Config
        The machine.

    Members
    -------
    lit : In(1)
        Whether the superlane has power, for the instructions of this cycle.
    number : In(5)
        Superlane, a constant.
    columns : In(column_bits).array(2)
        By direction: the stream registers sampled.
    up_in, down_in : In
        From the superlane below and from the one above; zero at the ends.
    up_out, down_out : Out
        To the superlane above and to the one below. Their signatures are ``up_signature`` and ``down_signature``.
    """

    def __init__(self, *, config: Config):
        self.config = config
        up, down = up_signature(config), down_signature(config)
        ports: dict[str, Any] = {
            "lit": In(1),
            "number": In(SUPERLANE_BITS),
            "columns": In(column_bits(config)).array(2),
            "up_in": In(up),
            "up_out": Out(up),
            "down_in": In(down),
            "down_out": Out(down),
        }
        for unit, number in units(config):
            name = port_of(unit, number)
            ports[name] = In(queue_signature(unit, checked_words(config, unit)))
            for width in driven_widths(config, unit):
                ports[f"{name}_drives_{width}"] = Out(drive_signature(config, width)).array(2)
        super().__init__("sxm_tile", (config.fingerprint.hex()[:8],), ports)

    def drives(self, unit: Unit, number: int) -> list[Any]:
        """Drive requests of a unit, each an array by direction."""
        return [getattr(self, f"{port_of(unit, number)}_drives_{w}") for w in driven_widths(self.config, unit)]

    def body(self, platform: Any) -> Module:
        m, config = Module(), self.config
        kinds = {
            Unit.SXM_DISTRIBUTE: Distribute,
            Unit.SXM_TRANSPOSE: Transpose,
            Unit.SXM_SHIFT_NORTH: ShiftNorth,
            Unit.SXM_SHIFT_SOUTH: ShiftSouth,
            Unit.SXM_PERMUTE: Permute,
            Unit.SXM_ROTATE: Rotate,
        }
        found: dict[Unit, Any] = {}
        for unit, number in units(config):
            block = kinds[unit](config=config)
            # Clocked while an instruction is in it, and once more for what then returns to zero.
            m.submodules[f"{port_of(unit, number)}_clock"] = clock = ClockGate()
            m.submodules[port_of(unit, number)] = Gated(block, clock)
            wakes = [getattr(self, port_of(unit, number)).fire, *(way.en for way in self._chains(unit))]
            m.d.comb += clock.en.eq(lingering(m, Cat(wakes).any(), timing(config).sxm_cross))
            self._connect(m, unit, number, block)
            found[unit] = block
        if self.config.features.shift:
            self._connect_shifters(m, found[Unit.SXM_SHIFT_NORTH], found[Unit.SXM_SHIFT_SOUTH])
        if self.config.features.permute:
            self._connect_permute(m, found[Unit.SXM_PERMUTE])
        return m

    def _connect_shifters(self, m: Module, north: ShiftNorth, south: ShiftSouth) -> None:
        m.d.comb += [block.number.eq(self.number) for block in (north, south)]
        m.d.comb += north.south.eq(south.word)
        m.d.comb += join(self.up_in.north, north.up_in) + join(north.up_out, self.up_out.north)
        m.d.comb += join(self.down_in.south, south.down_in) + join(south.down_out, self.down_out.south)

    def _connect_permute(self, m: Module, permute: Permute) -> None:
        m.d.comb += [permute.number.eq(self.number), self.permute_0.hit.eq(permute.bad_map)]
        m.d.comb += join(self.up_in.permute, permute.up_in) + join(permute.up_out, self.up_out.permute)
        m.d.comb += join(self.up_in.verdict, permute.verdict_in) + join(permute.verdict_out, self.up_out.verdict)
        m.d.comb += join(self.down_in.permute, permute.down_in) + join(permute.down_out, self.down_out.permute)

    def _chains(self, unit: Unit) -> list[Any]:
        """What comes to a unit from other superlanes."""
        chains = {
            Unit.SXM_SHIFT_NORTH: [self.up_in.north],
            Unit.SXM_SHIFT_SOUTH: [self.down_in.south],
            Unit.SXM_PERMUTE: [self.up_in.permute, self.down_in.permute],
        }
        return chains.get(unit, [])

    def _connect(self, m: Module, unit: Unit, number: int, block: Any) -> None:
        """Ports that all units have."""
        queue = getattr(self, port_of(unit, number))
        m.d.comb += [
            block.fire.eq(queue.fire),
            block.instr.eq(queue.instr),
            block.lit.eq(self.lit),
            queue.failed.eq(block.failed),
            queue.corrected.eq(block.corrected),
        ]
        m.d.comb += [mine.eq(theirs) for mine, theirs in zip(block.columns, self.columns, strict=True)]
        sources = [block.drives]
        if unit is Unit.SXM_ROTATE:
            sources = [getattr(block, f"drives_{side}") for side in block.sides[:-1]] + sources
        for mine, theirs in zip(self.drives(unit, number), sources, strict=True):
            for direction in range(2):
                m.d.comb += join(theirs[direction], mine[direction])


def up_signature(config: Config) -> wiring.Signature:
    """What climbs from a superlane's SXM: ``north``, ``permute`` and the ``verdict`` on its map."""
    return wiring.Signature(
        {
            "north": Out(chain_signature(config, slots(config))),
            "permute": Out(chain_signature(config, config.superlanes)),
            "verdict": Out(verdict_signature(config)),
        }
    )


def down_signature(config: Config) -> wiring.Signature:
    """What descends: ``south`` and ``permute``."""
    return wiring.Signature(
        {
            "south": Out(chain_signature(config, slots(config))),
            "permute": Out(chain_signature(config, config.superlanes)),
        }
    )
