"""Who is to have made a value: the instructions of a run that lead to a place in a cycle.

All times here are local: cycle minus superlane.
"""

from collections.abc import Iterator, Sequence

from arch import effects
from arch.config import Config
from arch.conveyor import Direction, Hemisphere
from arch.isa.table import is_icu
from arch.queues import Queue, Unit, queues
from arch.timing import timing
from golden.result import TraceEntry
from tb.random.listing import spell

#: A queue: what it feeds, where, and which of them.
_Place = tuple[Unit, Hemisphere | None, int]


def driver(
    config: Config, trace: Sequence[TraceEntry], direction: int, stream: int, position: int, time: int
) -> list[str]:
    """Instructions that drive a stream register for a time; else which units could, and who drove what came there."""
    way = Direction(direction)
    for back in range(config.positions):
        place = position - way.step * back
        found = _drivers(config, trace, way, stream, place, time - back)
        if found and not back:
            return found
        if found:
            return [_nobody(config, way, position), f"upstream, {back} cycles before: {'; '.join(found)}"]
    return [_nobody(config, way, position)]


def _drivers(
    config: Config, trace: Sequence[TraceEntry], way: Direction, stream: int, position: int, time: int
) -> list[str]:
    return [
        text
        for entry, queue, text in _spelled(config, trace)
        for op in entry.word
        for use in effects.drives(config, queue, op)
        if (use.direction, use.position, entry.cycle + use.offset) == (way, position, time)
        and use.stream <= stream < use.stream + use.width
    ]


def _nobody(config: Config, way: Direction, position: int) -> str:
    able = [queue.name for queue in queues(config) if queue.site.drive(way) == position]
    return f"none drives it (units that could: {', '.join(able) or 'none'})"


def writer(config: Config, trace: Sequence[TraceEntry], side: int, mem_slice: int, shown: int) -> list[str]:
    """Instructions of a MEM slice whose words show from a time on."""
    return _at(config, trace, (Unit.MEM, Hemisphere(side), mem_slice), shown - timing(config).write - 1)


def keeper(config: Config, trace: Sequence[TraceEntry], side: int, plane: int, shown: int) -> list[str]:
    """Instructions of a plane whose accumulator row shows from a time on."""
    issue = shown - timing(config).acc_row
    return _at(config, trace, (Unit.MXM_ACCUMULATORS, Hemisphere(side), plane), issue)


def computer(config: Config, trace: Sequence[TraceEntry], alu: int, time: int) -> list[str]:
    """Instructions of an ALU whose result comes at a time, or the last one before."""
    return _at(config, trace, (Unit.VXM, None, alu), time - timing(config).alu)


def _at(
    config: Config, trace: Sequence[TraceEntry], place: tuple[Unit, Hemisphere | None, int], issue: int
) -> list[str]:
    """What a unit issues in a cycle, or else what it issued last."""
    mine = [
        (entry.cycle, text)
        for entry, queue, text in _spelled(config, trace)
        if (queue.unit, queue.hemisphere, queue.number) == place and entry.cycle <= issue
    ]
    exact = [text for cycle, text in mine if cycle == issue]
    if exact:
        return exact
    before = f", the last before: {mine[-1][1]}" if mine else ""
    return [f"none was issued in cycle {issue}{before}"]


def _spelled(config: Config, trace: Sequence[TraceEntry]) -> Iterator[tuple[TraceEntry, Queue, str]]:
    places = queues(config)
    for entry in (entry for entry in trace if not is_icu(entry.word)):
        queue = places[entry.queue]
        again = f", repetition {entry.repeat}" if entry.repeat else ""
        words = " | ".join(map(spell, entry.word))
        yield entry, queue, f"{queue.name} at cycle {entry.cycle}{again}: {words}"
