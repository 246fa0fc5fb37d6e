"""Host access to memory by the machine's own means: a stream between the chip's edge and a slice, and the slice's
queue, which executes a Read or a Write when the vector meets it.

Sources: ``arch.conveyor`` (hops), ``arch.timing``; ``docs/architecture.md``, Memory.
"""

from typing import Any

from amaranth import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from arch.config import GROUP_SLICES, OFFSET_BITS, Config
from arch.conveyor import Direction, Hemisphere, hops, mem_site, mxm_site
from arch.host import DATA_BITS, STREAM
from arch.isa.fields import stream_ref
from arch.isa.mem import READ, WRITE
from arch.isa.spec import Spec, make
from arch.queues import queues_by_name
from arch.timing import timing
from hdl.chip import host_word_signature
from hdl.host.registers import view
from hdl.icu.layout import WORD_BITS
from hdl.seam import Block
from hdl.vertical import host_signature


def inward(side: Hemisphere) -> Direction:
    """Way from the edge of a hemisphere to its memory."""
    return Direction.EAST if side is Hemisphere.WEST else Direction.WEST


def distances(config: Config) -> tuple[int, ...]:
    """Hops between the edge and each group of slices: the same there and back, and in both hemispheres."""
    found = []
    for group in range(config.groups):
        ways = set()
        for side in Hemisphere:
            edge, mem = mxm_site(config, side), mem_site(config, side, group * GROUP_SLICES)
            there, back = inward(side), Direction(1 - inward(side))
            ways |= {hops(config, edge, mem, there), hops(config, mem, edge, back)}
        (distance,) = ways
        assert distance is not None
        found.append(distance)
    return tuple(found)


class MemoryAccess(Block):
    """Stores and fetches vectors at consecutive addresses. One vector each cycle.

    Parameters
    ----------
    config : Config
        The machine.

    Members
    -------
    place : In(32)
        Register ``PLACE``; constant while anything is under way.
    load : In(1)
        Take the address from ``place``.
    launch : In(1)
        In cycle t: the vector for the next address stands at the edge. ``host.en`` is at t, the command h cycles later,
        h being the hops to the slice.
    ask : In(1)
        In cycle t: fetch the vector at the next address. The command is at t, ``host.take`` at
        t + 1 + ``timing.read`` + h.
    host : Out(host_signature), command : Out(host_word_signature)
        Of the chip.
    empty : Out(1)
        Nothing is under way.
    """

    def __init__(self, *, config: Config):
        self.config = config
        super().__init__(
            "host_access",
            (config.fingerprint.hex()[:8],),
            {
                "place": In(DATA_BITS),
                "load": In(1),
                "launch": In(1),
                "ask": In(1),
                "host": Out(host_signature()),
                "command": Out(host_word_signature()),
                "empty": Out(1),
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        config, table = self.config, queues_by_name(self.config)
        reach, fetch = max(distances(config)), 1 + timing(config).read
        launched, asked = Signal(reach), Signal(fetch + reach)
        m.d.sync += [launched.eq(Cat(self.launch, launched)), asked.eq(Cat(self.ask, asked))]

        side, address = view(config, "PLACE", "hemisphere", self.place), Signal(OFFSET_BITS + 1)
        stores, takes = Signal(), Signal()
        with m.Switch(view(config, "PLACE", "mem_slice", self.place)[GROUP_SLICES.bit_length() - 1 :]):
            for group, distance in enumerate(distances(config)):
                with m.Case(group):
                    m.d.comb += [
                        stores.eq(Cat(self.launch, launched)[distance]),
                        takes.eq(Cat(self.ask, asked)[fetch + distance]),
                    ]
        m.d.comb += [
            self.empty.eq(~(self.launch | self.ask | launched.any() | asked.any())),
            self.host.en.eq(self.launch),
            self.host.take.eq(takes),
            self.host.side.eq(side),
            self.host.stream.eq(STREAM),
            self.command.valid.eq(stores | self.ask),
            self.command.queue.eq(
                Mux(side == int(Hemisphere.EAST), table["E.mem0"].index, table["W.mem0"].index)
                + view(config, "PLACE", "mem_slice", self.place)
            ),
            self.command.word.eq(Mux(stores, self._word(WRITE, side, address), self._word(READ, side, address))),
        ]
        with m.If(self.load):
            m.d.sync += address.eq(view(config, "PLACE", "address", self.place))
        with m.Elif(self.command.valid):
            m.d.sync += address.eq(address + 1)
        return m

    def _word(self, spec: Spec, side: Value, address: Value) -> Value:
        """The instruction that moves a vector between the edge and an address."""
        words = []
        for hemisphere in Hemisphere:
            way = inward(hemisphere) if spec is WRITE else Direction(1 - inward(hemisphere))
            words.append(Const(make(spec, a=0, s=stream_ref(way, STREAM)).encode(), WORD_BITS))
        return Mux(side, words[Hemisphere.EAST], words[Hemisphere.WEST]) | address << spec.by_name["a"].lsb
