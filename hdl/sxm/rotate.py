"""Rotate: all rotations of a small block held in one superlane's lanes.

Sources: ``arch.isa.sxm.ROTATE``; ``arch.timing``: sampled at t, in the stream registers at t + ``sxm_local``.
"""

from typing import Any

from amaranth import Cat, Const, Module, Mux
from amaranth.lib.wiring import Out

from arch.config import BYTE_BITS, Config
from arch.isa.fields import STREAM_BITS
from arch.isa.sxm import ROTATE
from arch.queues import Unit
from hdl.icu.layout import layout_of
from hdl.pipeline import delay
from hdl.seam import Block
from hdl.sxm.result import Result
from hdl.sxm.unit import operand, report, unit_ports
from hdl.sxm.wait import carry, cut
from hdl.words import STREAM_NUMBER_BITS, drive_signature, piece

#: Sides that the instruction names.
SIDES = tuple(range(ROTATE.by_name["n"].minimum, ROTATE.by_name["n"].maximum + 1))


def sides(config: Config) -> tuple[int, ...]:
    """Sides of a block that the configuration's lanes hold; none below nine lanes."""
    return tuple(n for n in SIDES if n * n <= config.lanes)


def rotation(word: Any, n: int, number: int, lanes: int) -> list[Any]:
    """Bytes of result stream ``number``: place (i, j) holds element ((i + r) mod n, (j + c) mod n)."""
    r, c = divmod(number, n)
    places = [((i + r) % n) * n + (j + c) % n for i in range(n) for j in range(n)]
    return [piece(word, place, BYTE_BITS) for place in places] + [Const(0, BYTE_BITS)] * (lanes - n * n)


class Rotate(Block):
    """A superlane's rotator: sampled at t, driven in cycle t + ``timing.sxm_local`` - 1, one per cycle.

    The source waits in the operator's registers, and the rotations, mere wires and a choice of the side, stand behind
    them: that is a sixteenth of the registers.

    Parameters
    ----------
    config : Config
        The machine, with at least nine lanes; others have no legal Rotate.

    Members
    -------
    fire, instr, lit, columns, failed, corrected
        As of :func:`hdl.sxm.unit.unit_ports`.
    drives : Out(drive_signature).array(2)
        By direction, n * n streams of the largest side.
    drives_3 : Out(drive_signature).array(2)
        The same for a smaller side, if there is a larger one: its further streams are left to travel.
    """

    def __init__(self, *, config: Config):
        self.config, self.sides = config, sides(config)
        if not self.sides:
            raise ValueError(f"lanes must be at least {SIDES[0] ** 2} for Rotate, not {config.lanes!r}")
        stages = config.stages
        ports = unit_ports(config, Unit.SXM_ROTATE, checked=1, driven=self.sides[-1] ** 2)
        for side in self.sides[:-1]:
            ports[f"drives_{side}"] = Out(drive_signature(config, side * side)).array(2)
        super().__init__(
            "sxm_rotate",
            (f"{config.streams}x{config.word_bits}", f"s{stages.operand}_{stages.sxm_local}_{stages.result}"),
            ports,
        )

    def body(self, platform: Any) -> Module:
        m, config = Module(), self.config
        fields = layout_of(Unit.SXM_ROTATE).view(ROTATE, self.instr)
        source = operand(m, "source", self, 1, fields.s, self.fire)
        report(m, self, [source])
        is_side = Cat(fields.n == side for side in self.sides)
        control = delay(m, Cat(self.lit, fields.out, is_side), config.stages.operand)
        en, late = carry(m, "source", source.valid, Cat(control, source.data), config.stages.sxm_local)
        lit, ref, chosen, block = cut(late, 1, STREAM_BITS, len(self.sides), config.word_bits)

        streams = self.sides[-1] ** 2
        m.submodules.result = result = Result(config=config, width=streams)
        m.d.comb += [result.en.eq(en), result.ref.eq(ref), result.lit.eq(lit)]
        for number in range(streams):
            taken: Any = Const(0, config.word_bits)
            for n, side in enumerate(self.sides):
                if number < side * side:
                    word = Cat(rotation(block, side, number, config.lanes))
                    taken = Mux(chosen[n], word, taken)
            m.d.comb += piece(result.data, number, config.word_bits).eq(taken)
        _, chosen_late = carry(m, "side", en, chosen, config.stages.result - 1)
        for n, side in enumerate(self.sides):
            mine = self.drives if side == self.sides[-1] else getattr(self, f"drives_{side}")
            for drive, whole in zip(mine, result.drives, strict=True):
                m.d.comb += [
                    drive.en.eq(whole.en & chosen_late[n]),
                    drive.stream.eq(whole.stream[:STREAM_NUMBER_BITS]),
                    drive.words.eq(whole.words[: side * side * config.code_bits]),
                ]
        return m
