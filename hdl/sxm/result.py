"""The result stage of SXM and C2C: check bits, and the requests to drive stream registers.

Source: ``arch.config.Stages.result``: from an operator's last register to the stream register, check bits included.
"""

from typing import Any

from amaranth import Cat, Module, Mux
from amaranth.lib.wiring import In, Out

from arch.config import Config
from arch.conveyor import Direction
from arch.isa.fields import STREAM_BITS
from hdl.seam import Block
from hdl.secded import Encoder
from hdl.sxm.wait import carry
from hdl.words import STREAM_NUMBER_BITS, drive_signature, piece


class Result(Block):
    """Makes codewords of data and hands them to the streams, ``stages.result`` - 1 cycles later.

    Parameters
    ----------
    config : Config
        The machine.
    width : int
        Adjacent streams.

    Members
    -------
    en : In(1)
        Whether there is a result to drive.
    lit : In(1)
        Whether the superlane has power; a dark one drives zeros.
    ref : In(6)
        First stream and direction.
    data : In(width * word_bits)
    drives : Out(drive_signature).array(2)
        By direction. The register takes the words at the end of the cycle.
    """

    def __init__(self, *, config: Config, width: int = 1):
        self.config, self.width = config, width
        # One result stage is the stream register itself.
        self.clocked = config.stages.result > 1
        super().__init__(
            "sxm_result",
            (config.word_bits, f"w{width}", f"s{config.stages.result}"),
            {
                "en": In(1),
                "lit": In(1),
                "ref": In(STREAM_BITS),
                "data": In(width * config.word_bits),
                "drives": Out(drive_signature(config, width)).array(2),
            },
        )

    def body(self, platform: Any) -> Module:
        m, bits = Module(), self.config.word_bits
        words = []
        for n in range(self.width):
            m.submodules[f"encoder_{n}"] = encoder = Encoder(word_bits=bits, ecc=self.config.features.ecc)
            m.d.comb += encoder.data.eq(Mux(self.lit, piece(self.data, n, bits), 0))
            words.append(encoder.word)
        en, payload = carry(m, "result", self.en, Cat(self.ref, *words), self.config.stages.result - 1)
        ref, codewords = payload[:STREAM_BITS], payload[STREAM_BITS:]
        assert len(codewords) == self.width * self.config.code_bits
        for direction, drive in zip(Direction, self.drives, strict=True):
            m.d.comb += [
                drive.en.eq(en & (ref[-1] == direction)),
                drive.stream.eq(ref[:STREAM_NUMBER_BITS]),
                drive.words.eq(codewords),
            ]
        return m
