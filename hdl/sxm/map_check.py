"""Check of Permute's map: whether each of its three stages is a bijection over the lit superlanes.

The outer stages are judged in each superlane by itself. For the middle one, what the superlanes below have taken climbs
with the instruction, a bit for each wire of each superlane; behind the last superlane the verdict is known.
"""

from typing import Any, ClassVar

from amaranth import Cat, Const, Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from arch.config import BYTE_BITS, Config
from hdl.seam import Block
from hdl.sxm.entry import entries
from hdl.words import piece


def verdict_signature(config: Config) -> wiring.Signature:
    """What climbs: ``taken``, by wire and superlane the wires that some superlane takes; ``bad``, a fault found."""
    return wiring.Signature({"taken": Out(config.lanes * config.superlanes), "bad": Out(1)})


def _one_hot(index: Value, size: int) -> Any:
    """Bit of an index, none where it is out of range."""
    return (Const(1, size) << index)[:size]


def _every(rows: list[Value]) -> Value:
    """Whether one-hot rows, as many as bits, name each bit: then each is in range and none comes twice."""
    union = rows[0]
    for row in rows[1:]:
        union = union | row
    return union.all()


class MapCheck(Block):
    """One superlane's part of the check. Latency 0.

    Parameters
    ----------
    config : Config
        The machine.

    Members
    -------
    lit : In(1)
        Without power the map is ignored.
    table : In(2 * word_bits)
        The map's two words.
    below : In(verdict_signature), above : Out(verdict_signature)
        What is found so far.
    """

    clocked: ClassVar[bool] = False

    def __init__(self, *, config: Config):
        self.config = config
        verdict = verdict_signature(config)
        super().__init__(
            "sxm_map_check",
            (f"{config.superlanes}x{config.lanes}",),
            {"lit": In(1), "table": In(2 * config.lanes * BYTE_BITS), "below": In(verdict), "above": Out(verdict)},
        )

    def body(self, platform: Any) -> Module:
        m, lanes, superlanes = Module(), self.config.lanes, self.config.superlanes
        found = entries(self.table, lanes)
        inside = _every([_one_hot(e.source, lanes) for e in found]) & _every([_one_hot(e.wire, lanes) for e in found])
        unused = Cat(e.unused for e in found).any()
        clashes, takes = [], []
        for wire, entry in enumerate(found):
            mine, before = _one_hot(entry.superlane, superlanes), piece(self.below.taken, wire, superlanes)
            clashes.append((mine == 0) | (mine & before).any())
            takes.append(mine | before)
        m.d.comb += [self.above.taken.eq(self.below.taken), self.above.bad.eq(self.below.bad)]
        with m.If(self.lit):
            m.d.comb += [
                self.above.taken.eq(Cat(*takes)),
                self.above.bad.eq(self.below.bad | ~inside | unused | Cat(*clashes).any()),
            ]
        return m
