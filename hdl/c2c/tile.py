"""A superlane's part of a C2C queue: Send, Receive and Deskew on its two links.

Sources: ``arch.isa.c2c``; ``arch.queues.links_of``; ``arch.timing``; ``docs/architecture.md``, C2C.
"""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from arch.config import LINKS_PER_QUEUE, Config
from arch.conveyor import Direction
from arch.faults import Fault
from arch.isa.c2c import DESKEW, RECEIVE, SEND
from arch.queues import Unit
from hdl.c2c.link import link_signature
from hdl.icu.layout import layout_of
from hdl.icu.text import SUPERLANE_BITS
from hdl.pipeline import delay
from hdl.seam import Block
from hdl.secded import Encoder
from hdl.sxm.unit import operand, report, unit_ports
from hdl.sxm.wait import carry, cut
from hdl.words import STREAM_NUMBER_BITS

#: Faults that a tile finds itself, beside ECC.
CODES = (Fault.ABSENT,)
#: Words that an instruction may check.
CHECKED = 1


class C2cTile(Block):
    """One superlane of a C2C queue.

    A Send executed at t is handed to the link at t + ``stages.operand``, corrected and with new check bits. A Receive
    executed at t takes what the link gives in that very cycle, and drives it in cycle t + ``timing.receive`` - 1; where
    nothing arrives it drives zeros. A Deskew at t discards what was sent before t, in this tile and, a cycle later, on
    the link.

    Parameters
    ----------
    config : Config
        The machine.

    Members
    -------
    fire, instr, lit, columns, drives, failed, corrected
        As of :func:`hdl.sxm.unit.unit_ports`; one stream is driven.
    number : In(5)
        Superlane, a constant.
    links : Out(link_signature).array(2)
        The queue's links, the even one first.
    hit : Out(1)
        Fault ABSENT, at superlane 0, at t + ``stages.operand``.
    """

    def __init__(self, *, config: Config):
        self.config = config
        ports = unit_ports(config, Unit.C2C, checked=CHECKED, driven=1)
        ports |= {"number": In(SUPERLANE_BITS), "hit": Out(len(CODES))}
        ports["links"] = Out(link_signature(config)).array(LINKS_PER_QUEUE)
        stages = config.stages
        super().__init__(
            "c2c_tile", (f"{config.streams}x{config.word_bits}", f"s{stages.operand}_{stages.result}"), ports
        )

    def body(self, platform: Any) -> Module:
        m, layout = Module(), layout_of(Unit.C2C)
        send, receive = layout.view(SEND, self.instr), layout.view(RECEIVE, self.instr)
        is_op = {spec: Signal(name=spec.mnemonic.lower()) for spec in (SEND, RECEIVE, DESKEW)}
        m.d.comb += [found.eq(self.fire & (send.opcode == spec.opcode)) for spec, found in is_op.items()]
        # The even link of a queue is its first, whatever the queue.
        named = [send.link[0] == n for n in range(LINKS_PER_QUEUE)]

        source = operand(m, "source", self, 1, send.s, is_op[SEND])
        report(m, self, [source])
        m.submodules.encoder = encoder = Encoder(word_bits=self.config.word_bits, ecc=self.config.features.ecc)
        m.d.comb += encoder.data.eq(source.data)
        for link, is_named in zip(self.links, named, strict=True):
            deskew = is_op[DESKEW] & is_named
            m.d.sync += link.deskew.eq(deskew)
            m.d.comb += [link.tx.eq(encoder.word), link.tx_valid.eq(self._sent(m, is_op[SEND] & is_named, deskew))]
        self._receive(m, is_op[RECEIVE], receive.s, named)
        return m

    def _sent(self, m: Module, sends: Value, deskew: Value) -> Value:
        """Whether a word leaves the operand stage: it was not discarded within it. One that leaves in the cycle of the
        Deskew is discarded by the link."""
        stage = sends
        for n in range(self.config.stages.operand):
            late = Signal(name="sends_late")
            m.d.sync += late.eq(stage & ~deskew if n else stage)
            stage = late
        return stage

    def _receive(self, m: Module, receives: Value, ref: Value, named: list[Value]) -> None:
        """Drives what arrives."""
        config = self.config
        arrives, word = Signal(), Signal(len(self.links[0].rx))
        for link, is_named in zip(self.links, named, strict=True):
            with m.If(is_named):
                m.d.comb += [arrives.eq(link.rx_valid), word.eq(link.rx)]
        absent = receives & ~arrives & (self.number == 0)
        m.d.comb += self.hit.eq(delay(m, absent, config.stages.operand))
        # Zeros have zero check bits.
        driven = Mux(arrives & self.lit, word, 0)
        en, late = carry(m, "received", receives, Cat(ref, driven), config.stages.result - 1)
        ref, codeword = cut(late, len(ref), len(word))
        for direction, drive in zip(Direction, self.drives, strict=True):
            m.d.comb += [
                drive.en.eq(en & (ref[-1] == direction)),
                drive.stream.eq(ref[:STREAM_NUMBER_BITS]),
                drive.words.eq(codeword),
            ]
