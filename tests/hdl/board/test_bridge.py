"""The bridge and the host's driver of it, over a line that is good, and over ones that are not."""

import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from arch.serial import PAYLOAD_BYTES, REQUEST, Request, Status, frame
from hdl.board.bridge import Bridge
from hdl.board.frames import FrameReceiver
from hdl.board.uart import Receiver
from tb.hostlink import serial
from tb.hostlink.link import AccessRefusedError
from tb.hostlink.serial import LineError, SerialLink
from tests.hdl.board.line import FORBIDDEN, Board, Faults
from tests.hdl.simulate import simulate

Play = Callable[[Board, SerialLink], Awaitable[None]]


def play(bench: Play, *, lanes: int = 4, divisor: int = 4, **board: Any) -> None:
    """Run a bench with a board and the link to it."""
    bridge = Bridge(divisor=divisor, beat_bits=8 * lanes)

    async def run(ctx: Any) -> None:
        ctx.set(bridge.rx, 1)
        line = Board(ctx, bridge, **board)
        await bench(line, SerialLink(line, lanes))

    simulate(bridge, run)


async def everything(board: Board, link: SerialLink) -> None:
    """Registers, refusals, packets of a beat and of many; every write once and in order."""
    draw, lanes = random.Random(1), board.bridge.beat_bytes
    written = [(4 * n, draw.getrandbits(32)) for n in range(4)]
    for address, value in written:
        await link.write(address, value)
    for address, value in written:
        assert await link.read(address) == value
    assert board.accesses == written
    with pytest.raises(AccessRefusedError):
        await link.read(FORBIDDEN)
    with pytest.raises(AccessRefusedError):
        await link.write(FORBIDDEN, 7)
    for beats in (1, PAYLOAD_BYTES // lanes + 1):
        packet = draw.randbytes(beats * lanes)
        await link.send(packet)
        assert [last for _, last in board.beats] == [False] * (beats - 1) + [True]
        assert await link.receive() == packet
    assert not board.beats


@pytest.mark.parametrize(("lanes", "divisor"), [(4, 4), (16, 5), (8, 7)])
def test_registers_and_packets(lanes: int, divisor: int):
    async def bench(board: Board, link: SerialLink) -> None:
        await everything(board, link)
        assert link.repeated == 0

    play(bench, lanes=lanes, divisor=divisor)


@pytest.mark.parametrize(
    ("fault", "seed"),
    [
        ("lost", 0),
        ("corrupted", 0),
        *(pytest.param(name, 1, marks=pytest.mark.slow) for name in ("lost", "repeated", "corrupted")),
    ],
)
def test_a_bad_line_costs_time_and_nothing_else(fault: str, seed: int):
    async def bench(board: Board, link: SerialLink) -> None:
        await everything(board, link)
        assert link.repeated > 0

    play(bench, faults=Faults(seed, **{fault: 0.01}), limit=3_000_000)


def test_a_line_that_is_cut_is_reported():
    async def bench(board: Board, link: SerialLink) -> None:
        await link.write(4, 1)
        board.faults.lost = 1.0
        with pytest.raises(LineError, match="no board answers: READ was sent 20 times"):
            await link.read(4)

    play(bench)


def test_a_chip_that_stands_still_is_reported(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(serial, "STILL", 2)

    async def bench(board: Board, link: SerialLink) -> None:
        with pytest.raises(LineError, match="the chip has stopped to take data, 0 of 8 bytes into a packet"):
            await link.send(bytes(8))
        with pytest.raises(LineError, match="the chip has stopped to give data, 0 bytes into a packet"):
            await link.receive()

    play(bench, stuck=True)


def test_a_board_that_was_reset_is_reported():
    async def bench(board: Board, link: SerialLink) -> None:
        link._greeted = True
        with pytest.raises(LineError, match="the board was reset in the middle of a session"):
            await link.read(4)

    play(bench)


def test_strange_requests_are_answered_and_do_nothing():
    async def bench(board: Board, link: SerialLink) -> None:
        await link.write(4, 1)
        strange = [(99, b""), (Request.READ, b"abc"), (Request.WRITE, b""), (Request.PUSH, b""), (Request.PUSH, b"123")]
        for code, payload in [*strange, (Request.PULL, b"1")]:
            assert await link._once(code, payload) == (Status.STRANGE, b"")
        assert board.accesses == [(4, 1)] and not board.beats
        assert await link.read(4) == 1

    async def raw(board: Board, link: SerialLink) -> None:
        # A wrong checksum; bytes that are no frame, and one that is cut off: the next one is understood.
        wrong = bytearray(frame(REQUEST, 9, Request.HELLO, b""))
        wrong[-1] ^= 1
        await board.write(bytes(wrong))
        assert await board.read() == b""
        await board.write(b"hello SSSS" + frame(REQUEST, 9, Request.HELLO, b"")[:-1])
        assert await board.read() == b""
        await link.write(4, 5)
        assert await link.read(4) == 5
        assert link.repeated == 0, "the cut frame must not swallow the next one"

    play(bench)
    play(raw)


def test_what_is_given_is_checked():
    with pytest.raises(ValueError, match="divisor must be an integer of at least 4, not 3"):
        Receiver(divisor=3)
    with pytest.raises(ValueError, match="gap must be a positive integer, not 0"):
        FrameReceiver(gap=0)
    with pytest.raises(ValueError, match="payload must have at most 64 bytes, not 65"):
        frame(REQUEST, 0, Request.PUSH, bytes(65))
