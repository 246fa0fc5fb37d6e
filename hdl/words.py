"""Shapes of what travels on streams: a superlane's word with its check bits, and how results are handed to a stream.

Source: ``arch.secded`` (word data are bit 0 of lane 0 upward, check bits above them).
"""

from amaranth.lib import data, wiring
from amaranth.lib.wiring import Out

from arch import secded
from arch.config import Config
from arch.isa.fields import STREAM_BITS

#: Bits of a stream's number, without its direction.
STREAM_NUMBER_BITS = STREAM_BITS - 1


def codeword(word_bits: int) -> data.StructLayout:
    """A word of ``word_bits`` data bits and its check bits."""
    return data.StructLayout({"data": word_bits, "check": secded.check_bits(word_bits)})


def streams_layout(config: Config) -> data.ArrayLayout:
    """All streams of one direction at one position of a superlane: codewords by stream number."""
    return data.ArrayLayout(codeword(config.word_bits), config.streams)


def drive_signature(word_bits: int, width: int) -> wiring.Signature:
    """A result for ``width`` adjacent streams of one register, from the side of its producer.

    Members
    -------
    en : Out(1)
        Whether the register takes the result at the end of this cycle.
    stream : Out(5)
        First stream, a multiple of the next power of two from ``width`` on.
    words : Out(ArrayLayout of codewords)
        By stream.
    """
    return wiring.Signature(
        {
            "en": Out(1),
            "stream": Out(STREAM_NUMBER_BITS),
            "words": Out(data.ArrayLayout(codeword(word_bits), width)),
        }
    )
