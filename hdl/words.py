"""Shapes of what travels on streams: a superlane's word with its check bits, and how results are handed to a stream.

All are plain bit vectors, cut by the functions here: Amaranth writes a wire for every field of a structured port, which
at 64 streams a port made most of the Verilog.

Source: ``arch.secded`` (word data are bit 0 of lane 0 upward, check bits, where there are any, above them).
"""

from typing import Any

from amaranth import Value
from amaranth.lib import wiring
from amaranth.lib.wiring import Out

from arch.config import Config
from arch.isa.fields import STREAM_BITS

#: Bits of a stream's number, without its direction.
STREAM_NUMBER_BITS = STREAM_BITS - 1


def column_bits(config: Config) -> int:
    """Bits of all streams of one direction at one position of a superlane: codewords by stream number."""
    return config.streams * config.code_bits


def piece(vector: Value, n: int, width: int) -> Any:
    """The ``n``-th piece of ``width`` bits; can be assigned to."""
    return vector[n * width : (n + 1) * width]


def drive_signature(config: Config, width: int) -> wiring.Signature:
    """A result for ``width`` adjacent streams of one register, from the side of its producer.

    Members
    -------
    en : Out(1)
        Whether the register takes the result at the end of this cycle.
    stream : Out(5)
        First stream, a multiple of the next power of two from ``width`` on.
    words : Out(width * code_bits)
        Codewords by stream.
    """
    return wiring.Signature({"en": Out(1), "stream": Out(STREAM_NUMBER_BITS), "words": Out(width * config.code_bits)})
