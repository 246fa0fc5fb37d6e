"""The link over a serial line to a board (``arch.serial``): a request is carried out once, or told to have failed."""

import zlib
from typing import Protocol

from arch.host import STEP
from arch.serial import ANSWER, CRC_BYTES, HEADER_BYTES, PAYLOAD_BYTES, REQUEST, Request, Status, frame
from tb.hostlink.link import AccessRefusedError

#: How often a request is sent before the line is given up.
ATTEMPTS = 20
#: How often in a row a board may say that no beat went through.
STILL = 1000
#: Bytes without an answer after which what speaks is no board, or noise.
BABBLE = 4096


class LineError(ConnectionError):
    """The line or the board gave up: what was asked last may or may not have been done."""


class BytePort(Protocol):
    """Bytes to a board and from it."""

    async def write(self, data: bytes) -> None:
        """Send bytes."""
        ...

    async def read(self) -> bytes:
        """Bytes that have come, at least one; none where the line stands still for long enough to ask again."""
        ...


class SerialLink:
    """A :class:`tb.hostlink.link.HostLink` over a serial line.

    Parameters
    ----------
    port
        The line.
    beat_bytes
        Bytes of a beat: the machine's lanes.

    Attributes
    ----------
    repeated
        Requests that had to be sent again.
    """

    def __init__(self, port: BytePort, beat_bytes: int) -> None:
        self._port, self._beat = port, beat_bytes
        self._number, self._greeted, self._seen = 0, False, b""
        self.repeated = 0

    async def read(self, offset: int) -> int:
        """Value of a register."""
        return int.from_bytes(await self._ask(Request.READ, offset.to_bytes(2, "little"), STEP), "little")

    async def write(self, offset: int, value: int) -> None:
        """Set a register."""
        await self._ask(Request.WRITE, offset.to_bytes(2, "little") + value.to_bytes(STEP, "little"), 0)

    async def send(self, packet: bytes) -> None:
        """Hand a packet over."""
        most, at, still = (PAYLOAD_BYTES - 1) // self._beat * self._beat, 0, 0
        while at < len(packet):
            part = packet[at : at + most]
            last = at + len(part) == len(packet)
            (taken,) = await self._ask(Request.PUSH, bytes((last,)) + part, 1)
            if taken > len(part) or taken % self._beat:
                raise LineError(f"the board says that it took {taken} of {len(part)} bytes")
            still = 0 if taken else still + 1
            if still == STILL:
                raise LineError(f"the chip has stopped to take data, {at} of {len(packet)} bytes into a packet")
            at += taken

    async def receive(self) -> bytes:
        """The next packet."""
        packet, still = b"", 0
        while True:
            last, *part = await self._ask(Request.PULL, b"", None)
            packet += bytes(part)
            if last:
                return packet
            still = 0 if part else still + 1
            if still == STILL:
                raise LineError(f"the chip has stopped to give data, {len(packet)} bytes into a packet")

    async def _ask(self, code: Request, payload: bytes, length: int | None) -> bytes:
        """Payload of the answer, which must have a length (any but none where that is None)."""
        if not self._greeted:
            await self._greet()
        status, answer = await self._once(code, payload)
        if status == Status.REFUSED:
            raise AccessRefusedError(f"{code.name.lower()} refused")
        if status == Status.NO_SESSION:
            raise LineError("the board was reset in the middle of a session: begin anew")
        if status != Status.FINE or (not answer if length is None else len(answer) != length):
            raise LineError(f"the board speaks another protocol: to {code.name} it said {status}, {answer.hex()}")
        return answer

    async def _greet(self) -> None:
        """Begin a session. What the board still has to say to an earlier host, whose numbers may be the same, must have
        been said before; a line that never stands still is noise."""
        for _ in range(ATTEMPTS):
            if not await self._port.read():
                break
        await self._once(Request.HELLO, b"")
        self._greeted = True

    async def _once(self, code: Request, payload: bytes) -> tuple[int, bytes]:
        """Status and payload of the answer to a request, which is sent until there is one."""
        self._number = (self._number + 1) % 256
        for _ in range(ATTEMPTS):
            self._seen = b""
            await self._port.write(frame(REQUEST, self._number, code, payload))
            answer = await self._answer()
            if answer is not None:
                return answer
            self.repeated += 1
        raise LineError(f"no board answers: {code.name} was sent {ATTEMPTS} times")

    async def _answer(self) -> tuple[int, bytes] | None:
        """The answer with the number of the request; None if none comes."""
        while True:
            found = self._parse()
            if found is not None:
                return found
            more = await self._port.read()
            self._seen += more
            if not more or len(self._seen) > BABBLE:
                return None

    def _parse(self) -> tuple[int, bytes] | None:
        """The first good answer among the bytes seen that is not one to an earlier request."""
        start = self._seen.find(bytes((ANSWER,)))
        while start >= 0:
            body = self._seen[start + 1 :]
            end = HEADER_BYTES + body[HEADER_BYTES - 1] if len(body) >= HEADER_BYTES else len(body)
            check = body[end : end + CRC_BYTES]
            whole = len(check) == CRC_BYTES and zlib.crc32(body[:end]) == int.from_bytes(check, "little")
            if whole and body[0] == self._number:
                return body[1], body[HEADER_BYTES:end]
            start = self._seen.find(bytes((ANSWER,)), start + 1)
        return None
