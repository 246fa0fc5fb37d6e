"""The chip: its superlanes, one above the other, the instruction queues below them, and what the queues share.

Source: ``docs/architecture.md``.
The host's ports are raw ones: an instruction, a vector, a word of text. What speaks AXI is to stand before them.
"""

from collections.abc import Sequence
from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from arch.config import BYTE_BITS, Config
from arch.conveyor import Hemisphere
from arch.queues import Queue, Unit, links_of, queues
from hdl.c2c.link import link_signature
from hdl.faults import CYCLE_BITS
from hdl.icu.control import Control
from hdl.icu.counters import COUNTER_BITS, Counters
from hdl.icu.layout import WORD_BITS
from hdl.icu.legal import place_of
from hdl.icu.queue import InstructionQueue
from hdl.icu.text import SUPERLANE_BITS
from hdl.mxm.cap import Cap
from hdl.mxm.edge import PAIR
from hdl.pipeline import join
from hdl.seam import Block
from hdl.stack import NOWHERE, leaving, stack
from hdl.superlane import Superlane, plane_name
from hdl.vertical import (
    QUEUE_BITS,
    armed_signature,
    host_signature,
    port_name,
    report_signature,
    taken_signature,
)
from hdl.words import piece


def host_word_signature() -> wiring.Signature:
    """A word of the host for a queue: ``valid``, ``queue`` (index), ``word``."""
    return wiring.Signature({"valid": Out(1), "queue": Out(QUEUE_BITS), "word": Out(WORD_BITS)})


def chip_ports(config: Config) -> dict[str, Any]:
    """Ports of :class:`Chip`."""
    return {
        "start": In(1),
        "cycle": Out(CYCLE_BITS),
        "idle": Out(1),
        "text": In(host_word_signature()),
        "command": In(host_word_signature()),
        "host": In(host_signature()),
        "host_vector": In(config.vector * BYTE_BITS),
        "host_taken": Out(taken_signature(config)),
        "armed": In(armed_signature(config)),
        "report_queue": In(QUEUE_BITS),
        "report_superlane": In(SUPERLANE_BITS),
        "report": Out(report_signature()),
        "issued": Out(COUNTER_BITS),
        "waited": Out(COUNTER_BITS),
        "faulty": Out(1),
        "links": Out(link_signature(config)).array(config.c2c_links, config.superlanes),
        **({"fuse": In(SUPERLANE_BITS)} if config.spare else {}),
    }


class Chip(Block):
    """A whole chip.

    Parameters
    ----------
    config : Config
        The machine.

    Members
    -------
    start : In(1)
        A pulse: the cycle behind the next one is cycle 0, the first in which queues issue.
    cycle : Out(32)
        Number of this cycle, all ones before cycle 0; the number of ``idle``'s first cycle from then on.
    idle : Out(1)
        The program has ended.
    text : In(host_word_signature)
        A word for a queue to hold, before the start; one per cycle.
    command : In(host_word_signature)
        An instruction for a parked queue's unit, executed by superlane 0 in the next cycle.
    host : In(host_signature)
        What the host drives at superlane 0 in this cycle; superlane k does so k cycles later.
    host_vector : In(vector * 8)
        The vector; to be held until all superlanes have driven it.
    host_taken : Out(taken_signature)
        What the host samples: for ``host.take`` in cycle t the codeword of superlane k at t + 2k + 1.
    armed : In(armed_signature)
        An injected error; it counts in the program's cycles only.
    report_queue : In(8), report_superlane : In(5), report : Out(report_signature)
        A fault record: that of the queue of the cycle before, in the superlane of this cycle.
    issued, waited : Out(32)
        Counters of the queue of the cycle before.
    faulty : Out(1)
        Whether there is any fault on record.
    links : Out(link_signature).array(c2c_links, superlanes)
        Links to other chips. What stands around the chip joins them, such as :class:`hdl.looped.LoopedChip`.
    fuse : In(5)
        The superlane that is bypassed, counted in silicon from 0; only where there is a spare. Constant.
    """

    def __init__(self, *, config: Config):
        self.config = config
        super().__init__(
            "chip",
            (config.fingerprint.hex()[:8],),
            chip_ports(config),
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        config, count = self.config, len(queues(self.config))
        m.submodules.control = control = Control(config=config, count=count)
        m.submodules.counters = counters = Counters(count=count)
        lanes = [Superlane(config=config) for _ in range(config.physical_superlanes)]
        bypassed = [self._bypassed(m, n) if config.spare else None for n in range(len(lanes))]
        for n, lane in enumerate(lanes):
            m.submodules[f"superlane_{n}"] = lane
            self._place(m, n, lane, control.starting | control.running)
        stack(m, config, lanes, bypassed)
        if config.mxm_fp16:
            self._crown(m, lanes, bypassed[-1])
        m.d.comb += [
            control.start.eq(self.start),
            self.cycle.eq(control.cycle),
            self.idle.eq(control.idle),
            lanes[0].lit.eq(control.powered_next),
            lanes[0].cycle.eq(control.cycle_next),
            *join(self.host, lanes[0].host),
            *self._leaving(lanes, "host_taken", self.host_taken, bypassed[0]),
            self.faulty.eq(Cat(lane.faulty for lane in lanes).any()),
            counters.select.eq(self.report_queue),
            self.issued.eq(counters.issued),
            self.waited.eq(counters.waited),
        ]
        for queue in queues(config):
            icu = self._queue(m, control, queue, lanes, bypassed[0])
            m.d.comb += [counters.issues[queue.index].eq(icu.issues), counters.waits[queue.index].eq(icu.waits)]
            if queue.unit is Unit.C2C:
                self._links(m, queue, lanes)
        return m

    def _bypassed(self, m: Module, n: int) -> Signal:
        """Whether a superlane is; a signal, since an expression is written out wherever it is used."""
        found = Signal(name=f"bypassed_{n}")
        m.d.comb += found.eq(self.fuse == n)
        return found

    def _place(self, m: Module, n: int, lane: Superlane, counts: Any) -> None:
        """What tells one superlane from another, and what all share."""
        bits = self.config.word_bits
        words = [piece(self.host_vector, k, bits) for k in range(self.config.superlanes)]
        m.d.comb += [
            lane.number.eq(self._shifted(n, range(NOWHERE))),
            lane.top.eq(lane.number == self.config.superlanes - 1),
            lane.host_word.eq(self._shifted(n, words)),
            lane.report_queue.eq(self.report_queue),
            *join(self.armed, lane.armed),
            lane.armed.stream_en.eq(self.armed.stream_en & counts),
            lane.armed.memory_en.eq(self.armed.memory_en & counts),
        ]
        if self.config.spare:
            with m.If(self.fuse == n):
                m.d.comb += lane.number.eq(NOWHERE)
        with m.If(self.report_superlane == lane.number):
            m.d.comb += join(lane.report, self.report)

    def _shifted(self, n: int, by_number: Sequence[Any]) -> Any:
        """Entry of the superlane that stands at the ``n``-th place, or at the one below if that is bypassed."""
        if not self.config.spare:
            return by_number[n]
        own = by_number[min(n, len(by_number) - 1)]
        return Mux(self.fuse < n, by_number[n - 1], own) if n else own

    def _leaving(self, lanes: list[Superlane], name: str, target: Any, bypassed: Value | None) -> list[Any]:
        """Assignments of what descends from the lowest superlane to a port of the same signature."""
        values = leaving(lanes, 0, ((f"{name}_in", None), (name, None)), bypassed, -1)
        targets = [value for _, _, value in target.signature.flatten(target)]
        return [mine.eq(theirs) for mine, theirs in zip(targets, values, strict=True)]

    def _crown(self, m: Module, lanes: list[Superlane], bypassed: Value | None) -> None:
        """Caps of the pairs of planes above the uppermost superlane: there fp16 sums are rounded, all turned around."""
        for side in Hemisphere:
            even, odd = (plane_name(side, plane) for plane in range(PAIR))
            for n in range(self.config.superlanes):
                m.submodules[f"{side.letter.lower()}_cap_{n}"] = cap = Cap(config=self.config)
                for name, up, down in ((even, cap.even, cap.even_down), (odd, cap.odd, cap.odd_down)):
                    way = (f"{name}_up_in", n), (f"{name}_up", n)
                    values = leaving(lanes, len(lanes) - 1, way, bypassed, 1)
                    targets = [value for _, _, value in up.signature.flatten(up)]
                    m.d.comb += [mine.eq(theirs) for mine, theirs in zip(targets, values, strict=True)]
                    m.d.comb += join(down, getattr(lanes[-1], f"{name}_down_in")[n])

    def _links(self, m: Module, queue: Queue, lanes: list[Superlane]) -> None:
        """A C2C queue's links, from every superlane to the chip's ports."""
        places = [getattr(lane, f"{port_name(queue)}_links") for lane in lanes]
        for which, link in enumerate(links_of(self.config, queue)):
            for k, outer in enumerate(self.links[link]):
                for name in ("tx_valid", "tx", "deskew"):
                    value = getattr(places[k][which], name)
                    if self.config.spare:
                        value = Mux(self.fuse <= k, getattr(places[k + 1][which], name), value)
                    m.d.comb += getattr(outer, name).eq(value)
            for n, place in enumerate(places):
                for name in ("rx_valid", "rx"):
                    value = self._shifted(n, [getattr(outer, name) for outer in self.links[link]])
                    m.d.comb += getattr(place[which], name).eq(value)

    def _queue(
        self, m: Module, control: Control, queue: Queue, lanes: list[Superlane], bypassed: Value | None
    ) -> InstructionQueue:
        """A queue between the barrier and the lowest superlane."""
        name, n = port_name(queue), queue.index
        m.submodules[f"queue_{name}"] = icu = InstructionQueue(config=self.config, queue=queue)
        climbing = getattr(lanes[0], f"{name}_in")
        m.d.comb += [
            icu.place.eq(place_of(self.config, queue)),
            icu.push.valid.eq(self.text.valid & (self.text.queue == queue.index)),
            icu.push.word.eq(self.text.word),
            icu.command.valid.eq(self.command.valid & (self.command.queue == queue.index)),
            icu.command.word.eq(self.command.word),
            icu.release.eq(control.release),
            icu.lit.eq(control.lit),
            icu.others_parked.eq(control.others_parked[n]),
            icu.counting.eq(control.running),
            control.parked[n].eq(icu.parked),
            control.notify[n].eq(icu.notify),
            control.config_en[n].eq(icu.config_en),
            control.config_lit[n].eq(icu.config_lit),
            climbing.fire.eq(icu.fire),
            climbing.instr.eq(icu.instr),
            *join(icu.fetch, climbing.fetch),
            *self._leaving(lanes, f"{name}_bus", icu.bus, bypassed),
        ]
        m.d.comb += getattr(lanes[0], f"{name}_hit").eq(icu.hit)
        if self.config.spare:
            skipped = Mux(self.fuse == 0, icu.hit, 0)
            m.d.comb += [
                getattr(lanes[0], f"{name}_hit").eq(icu.hit ^ skipped),
                getattr(lanes[1], f"{name}_hit").eq(skipped),
            ]
        return icu
