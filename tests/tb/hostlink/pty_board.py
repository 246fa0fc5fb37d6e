"""A board at the other end of a pseudo terminal: the protocol of ``arch.serial`` in front of a chip in Python."""

import asyncio
import os
import pty
import select
import threading
import zlib
from pathlib import Path
from typing import Self

from arch.serial import ANSWER, CRC_BYTES, HEADER_BYTES, REQUEST, Request, Status, frame
from tb.hostlink.link import AccessRefusedError
from tests.hdl.board.line import Faults
from tests.tb.hostlink.fake import FakeLink

#: Seconds without a byte after which a frame is given up.
_GAP = 0.02
#: Bytes of a packet in an answer.
_MOST = 32


class PtyBoard:
    """To be used in a ``with`` block; ``path`` is the port that a host opens.

    Parameters
    ----------
    chip
        What stands behind the line.
    faults
        Those of the line, both ways.
    """

    def __init__(self, chip: FakeLink, faults: Faults | None = None) -> None:
        self._chip, self._faults = chip, faults or Faults()
        self._own, self._other = pty.openpty()
        self.path = Path(os.ttyname(self._other))
        self._last, self._number, self._greeted = b"", -1, False
        self._in, self._out = b"", b""
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()
        os.close(self._own)
        os.close(self._other)

    def _work(self) -> None:
        seen = b""
        while not self._ends.is_set():
            if not select.select([self._own], [], [], _GAP)[0]:
                seen = b""
                continue
            for byte in os.read(self._own, 4096):
                seen += bytes(self._faults.through(byte))
            seen = seen[max(0, seen.find(bytes((REQUEST,)))) :]
            body = seen[1:]
            end = HEADER_BYTES + body[HEADER_BYTES - 1] if len(body) >= HEADER_BYTES else len(body)
            check = body[end : end + CRC_BYTES]
            if len(check) == CRC_BYTES:
                seen = b""
                if zlib.crc32(body[:end]) == int.from_bytes(check, "little"):
                    answer = self._answer(body[0], body[1], body[HEADER_BYTES:end])
                    os.write(self._own, b"".join(bytes(self._faults.through(byte)) for byte in answer))

    def _answer(self, number: int, code: int, payload: bytes) -> bytes:
        if number != self._number or code == Request.HELLO:
            self._number = number
            status, answer = asyncio.run(self._carry_out(code, payload))
            self._last = frame(ANSWER, number, status, answer)
        return self._last

    async def _carry_out(self, code: int, payload: bytes) -> tuple[Status, bytes]:
        chip = self._chip
        self._greeted |= code == Request.HELLO
        if not self._greeted:
            return Status.NO_SESSION, b""
        try:
            if code == Request.READ:
                return Status.FINE, (await chip.read(int.from_bytes(payload, "little"))).to_bytes(4, "little")
            if code == Request.WRITE:
                await chip.write(int.from_bytes(payload[:2], "little"), int.from_bytes(payload[2:], "little"))
        except AccessRefusedError:
            return Status.REFUSED, bytes(4) if code == Request.READ else b""
        if code == Request.PUSH:
            # A chip that takes a part only.
            part = payload[1:17]
            self._in += part
            if payload[0] and len(part) == len(payload) - 1:
                await chip.send(self._in)
                self._in = b""
            return Status.FINE, bytes((len(part),))
        if code == Request.PULL:
            self._out = self._out or await chip.receive()
            part, self._out = self._out[:_MOST], self._out[_MOST:]
            return Status.FINE, bytes((not self._out,)) + part
        return Status.FINE, b""
