"""The command engine against a chip in Python: every vector at the right slice in the right cycle, every refusal."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from arch.config import WORD_BYTES, Config
from arch.conveyor import Hemisphere
from arch.host import Command, Refusal, registers
from arch.queues import queues, queues_by_name
from arch.timing import timing
from hdl.host.engine import Engine
from tests.hdl.configs import SMALL_CONFIGS, TINY
from tests.hdl.host.machine import FakeChip, beats, codeword, noise, place
from tests.hdl.simulate import simulate

Bench = Callable[[Any, FakeChip, Engine], Awaitable[None]]


def run(config: Config, bench: Bench) -> None:
    """Run a bench on an engine and the chip around it."""
    dut = Engine(config=config)

    async def whole(ctx: Any) -> None:
        await bench(ctx, FakeChip(dut, config), dut)

    simulate(dut, whole)


async def start(ctx: Any, chip: FakeChip, dut: Engine, code: int, **settings: int) -> Refusal:
    """Set registers, and start a command in the next cycle; the refusal if it is refused."""
    for name, value in settings.items():
        ctx.set(getattr(dut, name), value)
    await chip.step(ctx)
    ctx.set(dut.code, code)
    refusal = Refusal(ctx.get(dut.refused))
    ctx.set(dut.go, refusal is Refusal.NONE)
    await chip.step(ctx)
    ctx.set(dut.go, 0)
    return refusal


async def finish(ctx: Any, chip: FakeChip, dut: Engine, limit: int = 3000) -> None:
    """Let the command end."""
    for _ in range(limit):
        if not ctx.get(dut.busy):
            return
        await chip.step(ctx)
    raise AssertionError("the command must end")


def vectors(config: Config, data: bytes) -> list[list[int]]:
    """Codewords of each vector."""
    size, lanes = config.vector, config.lanes
    return [
        [codeword(config, int.from_bytes(data[r + k : r + k + lanes], "little")) for k in range(0, size, lanes)]
        for r in range(0, len(data), size)
    ]


@pytest.mark.parametrize("config", SMALL_CONFIGS, ids=lambda c: c.name)
@pytest.mark.parametrize("gaps", (False, True), ids=("gapless", "gaps"))
def test_vectors_reach_memory_and_come_back(config: Config, gaps: bool):
    draw, rows = random.Random(1), 9
    climb = config.superlanes + timing(config).read

    async def bench(ctx: Any, chip: FakeChip, dut: Engine) -> None:
        places = [(s, n, b) for s in Hemisphere for n in (0, config.slices - 1) for b in (0, 1)]
        for turn, (side, mem_slice, bank) in enumerate(places):
            data, at = noise(turn, rows * config.vector), place(config, side, mem_slice, bank, 2)
            packet = beats(config, data)
            if gaps:
                packet = [b for beat in packet for b in (*[None] * draw.choice((0, 0, 1, 3)), beat)]
                chip.ready = lambda: draw.random() < 0.4
            chip.sent = list(packet)
            assert await start(ctx, chip, dut, Command.WRITE_MEMORY, place=at, count=rows) is Refusal.NONE
            before = chip.cycle
            await finish(ctx, chip, dut)
            if not gaps:
                assert chip.cycle - before <= len(packet) + config.groups + 4 + climb, "a beat must be taken each cycle"
            queue = queues_by_name(config)[f"{side.letter}.mem{mem_slice}"].index
            first = at & registers(config)["PLACE"].field("address").extract(-1)
            assert [chip.memory.get((queue, first + n)) for n in range(rows)] == vectors(config, data)
            assert len(chip.memory) == rows * (turn + 1)

            chip.received.clear()
            assert await start(ctx, chip, dut, Command.READ_MEMORY, place=at, count=rows) is Refusal.NONE
            before = chip.cycle
            await finish(ctx, chip, dut)
            assert chip.received == beats(config, data)
            assert ctx.get(dut.done) == rows
            if not gaps:
                assert chip.cycle - before <= (2 * config.superlanes - 1) * (rows + 1) + config.groups + 12 + climb
        assert not chip.events

    run(config, bench)


def test_a_command_ends_when_the_uppermost_superlane_has_executed_it():
    config = replace(TINY, superlanes=20)

    async def bench(ctx: Any, chip: FakeChip, dut: Engine) -> None:
        chip.sent = beats(config, noise(1, config.vector))
        at = place(config, Hemisphere.WEST, config.slices - 1, 0, 0)
        await start(ctx, chip, dut, Command.WRITE_MEMORY, place=at, count=1)
        while not chip.memory:
            await chip.step(ctx)
        before = chip.cycle
        await finish(ctx, chip, dut)
        # Superlane k executes k + 1 cycles after the command, and stores a cycle later.
        assert chip.cycle - before > config.superlanes + 1, "a reset in this cycle would stop it on its way"

    run(config, bench)


def test_a_blocked_output_stops_the_reads_and_loses_nothing():
    rows = 40

    async def bench(ctx: Any, chip: FakeChip, dut: Engine) -> None:
        data = noise(5, rows * TINY.vector)
        chip.sent = beats(TINY, data)
        at = place(TINY, Hemisphere.EAST, 3, 0, 0)
        await start(ctx, chip, dut, Command.WRITE_MEMORY, place=at, count=rows)
        await finish(ctx, chip, dut)
        chip.ready = lambda: False
        await start(ctx, chip, dut, Command.READ_MEMORY, place=at, count=rows, timeout=150)
        for _ in range(400):
            await chip.step(ctx)
        assert chip.events == [Refusal.TIMEOUT], "told once"
        assert ctx.get(dut.busy) and not chip.received
        chip.ready = None
        await finish(ctx, chip, dut)
        assert chip.received == beats(TINY, data)

    run(TINY, bench)


@pytest.mark.parametrize("config", SMALL_CONFIGS, ids=lambda c: c.name)
def test_text_reaches_its_queue(config: Config):
    async def bench(ctx: Any, chip: FakeChip, dut: Engine) -> None:
        expected = []
        for queue in (0, len(queues(config)) - 1):
            data = noise(queue, 5 * WORD_BYTES)
            chip.sent = beats(config, data)
            select = registers(config)["SELECT"].pack(queue=queue)
            assert await start(ctx, chip, dut, Command.LOAD_TEXT, select=select, count=5) is Refusal.NONE
            await finish(ctx, chip, dut)
            words = [int.from_bytes(data[n : n + WORD_BYTES], "little") for n in range(0, len(data), WORD_BYTES)]
            expected += [(queue, word) for word in words]
        assert chip.loaded == expected and ctx.get(dut.done) == 5

    run(config, bench)


def test_single_errors_are_corrected_and_doubles_come_raw():
    flips = (1 << 3, 1 << TINY.word_bits, 0b101 << 7)

    async def bench(ctx: Any, chip: FakeChip, dut: Engine) -> None:
        queue = queues_by_name(TINY)["W.mem1"].index
        good = [int.from_bytes(noise(n, TINY.lanes), "little") for n in range(len(flips))]
        for n, flip in enumerate(flips):
            chip.memory[queue, n] = [codeword(TINY, good[n]) ^ flip] * TINY.superlanes
        at, low = place(TINY, Hemisphere.WEST, 1, 0, 0), (1 << TINY.word_bits) - 1
        stored = [word ^ flip & low for word, flip in zip(good, flips, strict=True)]
        for raw, wanted in ((0, [*good[:2], stored[2]]), (1, stored)):
            chip.received.clear()
            await start(ctx, chip, dut, Command.READ_MEMORY, place=at, count=len(flips), mode=raw)
            await finish(ctx, chip, dut)
            assert [data for data, _ in chip.received[:: TINY.superlanes]] == wanted
            assert ctx.get(dut.corrected) == 2 * TINY.superlanes * (raw + 1)
            assert ctx.get(dut.failed) == TINY.superlanes * (raw + 1)

    run(TINY, bench)


def test_reports_are_found_in_order():
    last = (len(queues(TINY)) - 1, TINY.superlanes - 1)
    wanted = [(0, 0), (0, 1), (5, 1), last]

    async def bench(ctx: Any, chip: FakeChip, dut: Engine) -> None:
        select, found = registers(TINY)["SELECT"], []
        chip.recorded = frozenset(wanted)
        at = (0, 0)
        ctx.set(dut.running, 1)
        while at <= last:
            value = select.pack(queue=at[0], superlane=at[1])
            assert await start(ctx, chip, dut, Command.FIND, select=value) is Refusal.NONE
            await finish(ctx, chip, dut)
            if not ctx.get(dut.found):
                break
            value = ctx.get(dut.select)
            place_found = select.field("queue").extract(value), select.field("superlane").extract(value)
            found.append(place_found)
            at = (place_found[0], 1) if place_found[1] == 0 else (place_found[0] + 1, 0)
        assert found == wanted
        chip.recorded = frozenset()
        await start(ctx, chip, dut, Command.FIND, select=0)
        await finish(ctx, chip, dut)
        assert not ctx.get(dut.found)

    run(TINY, bench)


def test_what_cannot_be_done_is_refused():
    select = registers(TINY)["SELECT"]
    nowhere = (select.pack(queue=len(queues(TINY))), select.pack(superlane=TINY.superlanes))
    moves = (Command.WRITE_MEMORY, Command.READ_MEMORY)

    async def bench(ctx: Any, chip: FakeChip, dut: Engine) -> None:
        async def attempt(code: int, refusal: Refusal, **settings: int) -> None:
            defaults = {"place": 0, "count": 1, "select": 0, "running": 0, "started": 0}
            assert await start(ctx, chip, dut, code, **(defaults | settings)) is refusal, (code, settings)
            assert not ctx.get(dut.busy)

        for code in (0, max(Command) + 1, 7):
            await attempt(code, Refusal.COMMAND)
        for code in moves:
            end = place(TINY, Hemisphere.EAST, TINY.slices - 1, 1, TINY.bank_words - 1)
            await attempt(code, Refusal.RANGE, place=end, count=2)
            await attempt(code, Refusal.RANGE, count=0)
            await attempt(code, Refusal.RANGE, count=TINY.bank_words + 1)
            await attempt(code, Refusal.RANGE, count=0xFFFF_FFFF, place=1)
            await attempt(code, Refusal.RANGE, place=place(TINY, Hemisphere.WEST, TINY.slices, 0, 0))
            await attempt(code, Refusal.RUNNING, running=1)
        await attempt(Command.LOAD_TEXT, Refusal.RANGE, count=TINY.queue_depth + 1)
        await attempt(Command.LOAD_TEXT, Refusal.RANGE, count=0)
        await attempt(Command.LOAD_TEXT, Refusal.STARTED, started=1)
        await attempt(Command.LOAD_TEXT, Refusal.RUNNING, running=1)
        for value in nowhere:
            await attempt(Command.LOAD_TEXT, Refusal.RANGE, select=value)
            await attempt(Command.FIND, Refusal.RANGE, select=value)
        assert not chip.memory and not chip.loaded and not chip.events

        assert await start(ctx, chip, dut, Command.DISCARD, timeout=0) is Refusal.NONE
        for code in Command:
            assert await start(ctx, chip, dut, code, count=1, select=0) is Refusal.BUSY

    run(TINY, bench)


@pytest.mark.parametrize("text", (False, True), ids=("memory", "text"))
def test_packets_of_a_wrong_length_end_with_an_error(text: bool):
    code = Command.LOAD_TEXT if text else Command.WRITE_MEMORY
    size = WORD_BYTES if text else TINY.vector

    async def bench(ctx: Any, chip: FakeChip, dut: Engine) -> None:
        for length, taken in ((3 * size - TINY.lanes, 2), (2 * size, 2), (TINY.lanes, 0), (5 * size, 3), (9 * size, 3)):
            chip.memory.clear()
            chip.loaded.clear()
            chip.events.clear()
            chip.sent = beats(TINY, noise(length, length))
            assert await start(ctx, chip, dut, code, count=3, timeout=100) is Refusal.NONE
            await finish(ctx, chip, dut)
            assert chip.events == [Refusal.LENGTH], length
            assert not chip.sent, "the whole packet is taken"
            assert ctx.get(dut.done) == taken == len(chip.loaded if text else chip.memory)

        chip.events.clear()
        chip.sent = beats(TINY, noise(0, 3 * size))
        await start(ctx, chip, dut, code, count=3)
        await finish(ctx, chip, dut)
        assert not chip.events and ctx.get(dut.done) == 3, "the next packet is whole again"

    run(TINY, bench)


def test_an_input_that_stands_still_ends_the_command():
    async def bench(ctx: Any, chip: FakeChip, dut: Engine) -> None:
        for code in (Command.WRITE_MEMORY, Command.LOAD_TEXT, Command.DISCARD):
            chip.events.clear()
            chip.sent = [(1, False), *[None] * 19, (2, False)]
            await start(ctx, chip, dut, code, count=5, place=0, timeout=20)
            await finish(ctx, chip, dut, 60)
            assert chip.events == [Refusal.TIMEOUT], "a pause that is shorter does not count"
            assert not chip.sent
        chip.events.clear()
        await start(ctx, chip, dut, Command.DISCARD, timeout=20)
        for cycle in range(1, 21):
            await chip.step(ctx)
            assert bool(chip.events) == (cycle == 20), "so many cycles, no more and no fewer"
        await finish(ctx, chip, dut, 60)
        assert await start(ctx, chip, dut, Command.DISCARD, timeout=0) is Refusal.NONE
        for _ in range(200):
            await chip.step(ctx)
        assert ctx.get(dut.busy), "0 is no limit"

    run(TINY, bench)
