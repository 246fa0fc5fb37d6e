"""Frames of the serial line between a host and a board: what the board's bridge and the host's driver agree upon.

The host asks, the board answers; there is never more than one request under way. A frame is

    start byte, number, code, length, payload (``length`` bytes), CRC-32 of all but the start byte (lowest first)

with 8 data bits, no parity and one stop bit. A frame whose CRC is wrong, or that stands still for ``GAP_BYTES`` times
the time of a byte, counts as never sent. A host that gets no answer asks again with the same number; a board that is
asked again with the number of its last answer gives that answer again and does nothing else. So each request is carried
out once, whatever the line drops, repeats or corrupts.
"""

import zlib
from enum import IntEnum

#: First bytes of requests and answers.
REQUEST, ANSWER = 0x53, 0x52
#: Bytes between the start byte and the payload: number, code, length.
HEADER_BYTES = 3
#: Bytes of the CRC, that of Ethernet and zlib.
CRC_BYTES = 4
#: Bytes of a payload at most: whole beats of every machine.
PAYLOAD_BYTES = 64
#: Times of a byte after which a frame that does not go on is given up.
GAP_BYTES = 16
#: Clock cycles that the board waits for a beat, before it answers with those that it has.
PATIENCE = 1024


class Request(IntEnum):
    """Codes of requests.

    ``HELLO`` begins a session: it is always carried out. ``READ``: the payload is a register's address (2 bytes), the
    answer's its value (4). ``WRITE``: address and value. ``PUSH``: a flag (1 byte, whether a packet ends here) and
    beats for the chip; the answer's payload tells how many bytes were taken (1 byte). ``PULL``: no payload; the
    answer's is a flag and beats from the chip, up to the end of a packet.
    """

    HELLO = 1
    READ = 2
    WRITE = 3
    PUSH = 4
    PULL = 5


class Status(IntEnum):
    """Codes of answers. ``REFUSED``: the chip answered an access with an error. ``STRANGE``: no such request, or a
    length that it cannot have. ``NO_SESSION``: the board was reset and has not been greeted since."""

    FINE = 0
    REFUSED = 1
    STRANGE = 2
    NO_SESSION = 3


def frame(start: int, number: int, code: int, payload: bytes) -> bytes:
    """A whole frame.

    Raises
    ------
    ValueError
        If the payload is too long.
    """
    if len(payload) > PAYLOAD_BYTES:
        raise ValueError(f"payload must have at most {PAYLOAD_BYTES} bytes, not {len(payload)}")
    body = bytes((number, code, len(payload))) + payload
    return bytes((start,)) + body + zlib.crc32(body).to_bytes(CRC_BYTES, "little")
