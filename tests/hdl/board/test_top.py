"""A board down to its pins, around a top whose chip is played: the host's driver identifies and loads it."""

from typing import Any

from arch.host import State
from arch.program import Program
from arch.queues import queues
from hdl.board.top import Board
from hdl.host.top import HostedChip
from tb.hostlink.driver import HostDriver
from tb.hostlink.serial import SerialLink
from tests.hdl.board.line import Board as Line
from tests.hdl.configs import ONE
from tests.hdl.host.hosted import PlayedTop
from tests.hdl.simulate import simulate

#: Clock cycles in a bit.
DIVISOR = 4


class PlayedBoard(Board):
    """The board around a top whose chip is played, which is ``inner``."""

    def __init__(self) -> None:
        super().__init__(config=ONE, divisor=DIVISOR)
        self.inner = PlayedTop(ONE)

    def chip(self) -> HostedChip:
        return self.inner


class Pins(Line):
    """A line whose other end are a board's pins; words of text that reach the chip are collected."""

    words: list[tuple[int, int]]

    def _bus(self) -> None:
        text = self.ctx, self.bridge.inner.inner.text
        if text[0].get(text[1].valid):
            self.words.append((text[0].get(text[1].queue), text[0].get(text[1].word)))


def test_a_program_is_loaded_through_the_pins():
    board = PlayedBoard()
    wanted = [(n, (n + 1) << 100 | n) for n, _ in enumerate(queues(ONE))][:3]
    preload = tuple((wanted[n][1],) if n < len(wanted) else () for n, _ in enumerate(queues(ONE)))

    async def bench(ctx: Any) -> None:
        ctx.set(board.rx, 1)
        pins = Pins(ctx, board)  # pyright: ignore[reportArgumentType]: a board has the same pins as a bridge
        pins.words = []
        driver = HostDriver(SerialLink(pins, ONE.lanes), ONE)
        await driver.boot(Program(ONE, preload))
        assert pins.words == wanted
        assert await driver.port.field("STATUS", "state") == State.BOOTING
        assert ctx.get(board.leds) & 1

    simulate(board, bench)
