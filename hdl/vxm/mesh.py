"""The VXM in one superlane: the mesh of ALUs, and the way of their results to the streams.

Sources: ``docs/architecture.md``, VXM; ``arch.queues.mesh_neighbor`` (4 x 4, no wrap: published).
"""

from typing import Any

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib.wiring import In, Out

from arch.config import Config
from arch.conveyor import Direction
from arch.queues import mesh_neighbor
from hdl.checks import check, overlap, wanted
from hdl.gate import ClockGate, Gated
from hdl.pipeline import lingering
from hdl.seam import Block
from hdl.vxm.sample import MOST, PLACE_BITS
from hdl.vxm.tile import LAYOUT, WAYS, Tile
from hdl.words import column_bits, piece

_NAMES = dict(zip(WAYS, ("north", "east", "south", "west"), strict=True))


class Mesh(Block):
    """All ALUs of a superlane.

    Latency, in local time: an instruction fired at t samples its streams at t. Its result is an operand of what fires
    at t + ``timing.alu`` and, while the ALU is idle, after that; it is in the stream registers at t + ``timing.vxm``.

    Parameters
    ----------
    config : Config
        The machine.

    Members
    -------
    fire, instr : In.array(len(alus))
        By ALU, the instruction that is executed in this cycle, t.
    lit : In(1)
        Whether the superlane has power at t.
    columns : In(column_bits).array(2)
        By direction, the registers sampled at t: c0 west of the VXM for eastward streams, c0 east of it for westward.
    mask : Out(streams).array(2)
        By direction, registers of the other c0 that take a result at the end of this cycle.
    words : Out(column_bits).array(2)
        By direction, the results; 0 where the mask is.
    corrected, failed : Out(range(9)).array(len(alus))
        Words that the instruction of t found with one wrong bit, and with more, at t + ``stages.operand``.
    """

    def __init__(self, *, config: Config):
        self.config = config
        alus, stages = len(config.alus), config.stages
        # ALUs may differ in any way; a name that tells all of them would be too long.
        which = sum(1 << n for n, alu in enumerate(config.alus) if alu.large)
        types = sorted({"".join(t.value for t in alu.types) for alu in config.alus})
        super().__init__(
            "vxm_mesh",
            (f"{alus}x{config.lanes}", f"s{stages.operand}_{stages.alu}_{stages.result}", f"l{which:x}", *types),
            {
                "fire": In(1).array(alus),
                "instr": In(LAYOUT.width).array(alus),
                "lit": In(1),
                "columns": In(column_bits(config)).array(2),
                "mask": Out(config.streams).array(2),
                "words": Out(column_bits(config)).array(2),
                "corrected": Out(range(2 * MOST + 1)).array(alus),
                "failed": Out(range(2 * MOST + 1)).array(alus),
            },
        )

    def body(self, platform: Any) -> Module:
        m, config = Module(), self.config
        tiles = [Tile(config=config, alu=alu) for alu in config.alus]
        stages = config.stages
        for n, tile in enumerate(tiles):
            # An ALU is clocked while an instruction is in it, and once more for what then returns to zero.
            m.submodules[f"clock_{n}"] = clock = ClockGate()
            m.submodules[f"alu_{n}"] = Gated(tile, clock)
            m.d.comb += [
                clock.en.eq(lingering(m, self.fire[n], stages.operand + stages.alu + stages.result)),
                tile.fire.eq(self.fire[n]),
                tile.instr.eq(self.instr[n]),
                tile.lit.eq(self.lit),
                self.corrected[n].eq(tile.corrected),
                self.failed[n].eq(tile.failed),
                *(mine.eq(theirs) for mine, theirs in zip(tile.columns, self.columns, strict=True)),
            ]
            for way, name in _NAMES.items():
                neighbor = mesh_neighbor(config, n, way)
                if neighbor is not None:
                    m.d.comb += getattr(tile, name).eq(tiles[neighbor].result)
        for direction in Direction:
            self._merge(m, tiles, direction)
            if wanted(platform):
                self._check(m, tiles, direction)
        return m

    def _check(self, m: Module, tiles: list[Tile], direction: Direction) -> None:
        """No two ALUs on one register."""
        masks = []
        for tile in tiles:
            mask = Signal(self.config.streams)
            m.d.comb += mask.eq(Mux(tile.direction == direction, tile.mask << Cat(Const(0, PLACE_BITS), tile.quad), 0))
            masks.append(mask)
        check(m, ~overlap(masks), f"two ALUs on one {direction.name.lower()}ward stream register\n")

    def _merge(self, m: Module, tiles: list[Tile], direction: Direction) -> None:
        """Bring the results of all ALUs to the streams of a direction; of two on one stream the later ALU's wins."""
        word = self.config.code_bits
        mask = Signal(self.config.streams, name=f"mask_{direction.letter.lower()}")
        words = Signal(column_bits(self.config), name=f"words_{direction.letter.lower()}")
        for tile in tiles:
            for n in range(MOST):
                with m.If(tile.mask[n] & (tile.direction == direction)):
                    with m.Switch(tile.quad):
                        for quad in range(self.config.streams // MOST):
                            with m.Case(quad):
                                at = quad * MOST + n
                                m.d.comb += [mask[at].eq(1), piece(words, at, word).eq(piece(tile.words, n, word))]
        m.d.comb += [self.mask[direction].eq(mask), self.words[direction].eq(words)]
