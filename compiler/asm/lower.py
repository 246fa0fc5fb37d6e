"""From a schedule to the program file's contents: legality, folding, barriers, prefetching, memory, checks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from arch.config import OFFSET_BITS, Config
from arch.isa.icu import REPEAT
from arch.isa.legal import problem
from arch.isa.table import is_icu, repeats
from arch.program import Program, Region, Segment
from arch.queues import Queue, queues
from arch.timing import timing
from compiler.asm.blocks import PADDING
from compiler.asm.check import dataflow
from compiler.asm.errors import AssemblyError, Diagnostic, Where
from compiler.asm.fold import CollisionError, fold, weave
from compiler.asm.line import Line
from compiler.asm.phases import Phases, phases
from compiler.asm.prefetch import Prefetch
from compiler.asm.reserve import Memory, Streams
from compiler.asm.schedule import CYCLE_LIMIT, Item, Named, Rows, Schedule
from compiler.asm.strides import advance, out_of_range


@dataclass(frozen=True)
class Laid:
    """A program with what the assembler knows of it.

    Attributes
    ----------
    program
        The program.
    lines
        Words of each queue by its index, and when it takes them; empty for exact text.
    text
        Memory that holds fetched text.
    """

    program: Program
    lines: Mapping[int, Line]
    text: tuple[Segment, ...] = ()

    @property
    def cycles(self) -> int | None:
        """Cycles of a run (docs/architecture.md, "Queues"); None for exact text."""
        if not self.lines:
            return None
        # Each line ends with the Sync behind which its queue stays parked.
        last = max(line.at[-1] for line in self.lines.values())
        return last + 1 + timing(self.program.config).drain


def lower(schedule: Schedule) -> Program:
    """Program of a schedule; raises as :func:`lay_out`."""
    return lay_out(schedule).program


def lay_out(schedule: Schedule) -> Laid:
    """Program of a schedule, and when its queues take which words.

    Raises
    ------
    AssemblyError
        Listing what is wrong with it.
    """
    config = schedule.config
    complaints: list[Diagnostic] = []
    data = _segments(config, schedule.data, complaints)
    regions = _regions(config, schedule.regions, complaints)
    if schedule.exact is not None:
        _raise(complaints)
        preload = tuple(tuple(schedule.exact.get(queue.index, (PADDING,))) for queue in queues(config))
        return Laid(_program(config, preload, data, regions, schedule.meta), {})
    lines = _lines(config, schedule, complaints)
    _raise(complaints)
    lines, text = _prefetch(config, lines, data, regions)
    return _laid(schedule, lines, data, text, regions)


def lay_lines(schedule: Schedule, lines: Mapping[int, Line], text: Sequence[Segment]) -> Laid:
    """Program of queues whose words are laid out already, with the memory that holds what they fetch.

    Parameters
    ----------
    schedule
        Everything else; its items do not count.

    Raises
    ------
    AssemblyError
        Listing what is wrong with it.
    """
    config = schedule.config
    complaints: list[Diagnostic] = []
    data = _segments(config, schedule.data, complaints)
    regions = _regions(config, schedule.regions, complaints)
    every = {queue.index: lines.get(queue.index) for queue in queues(config)}
    idle = phases(config, {})
    laid = {index: Line.of(index, idle, ()) if line is None else line for index, line in every.items()}
    for queue in queues(config):
        runs = (item for item in laid[queue.index].items() if not is_icu(item.word))
        complaints.extend(_at(queue, item, why) for item in runs if (why := _illegal(config, queue, item)))
    _raise(complaints)
    return _laid(schedule, laid, data, text, regions)


def _laid(
    schedule: Schedule,
    lines: Mapping[int, Line],
    data: Sequence[Segment],
    text: Sequence[Segment],
    regions: list[Region],
) -> Laid:
    """Program of queues whose words are laid out, checked if that is wanted."""
    config = schedule.config
    preload = tuple(tuple(lines[queue.index].words()[: config.queue_depth]) for queue in queues(config))
    program = _program(config, preload, [*data, *text], regions, schedule.meta)
    if schedule.checked:
        _raise(dataflow(program, lines))
    return Laid(program, lines, tuple(text))


def _raise(complaints: list[Diagnostic]) -> None:
    if complaints:
        nowhere = Where("", 0)
        raise AssemblyError(sorted(complaints, key=lambda d: d.where or nowhere))


def _program(
    config: Config, preload: tuple[tuple[int, ...], ...], data: list[Segment], regions: list[Region], meta: str
) -> Program:
    ordered = sorted(data, key=lambda s: (s.hemisphere, s.mem_slice, s.address))
    try:
        return Program(config, preload, tuple(ordered), tuple(regions), meta)
    except ValueError as error:
        raise AssemblyError([Diagnostic(None, str(error))]) from None


def _lines(config: Config, schedule: Schedule, complaints: list[Diagnostic]) -> dict[int, Line]:
    """Lines of all queues, or complaints."""
    ordered: dict[int, list[Item]] = {}
    for queue in queues(config):
        items = _without_repeats(queue, schedule.items.get(queue.index, ()), complaints)
        for item in items:
            if why := _illegal(config, queue, item):
                complaints.append(_at(queue, item, why))
        try:
            ordered[queue.index] = weave(items)
        except CollisionError as error:
            other = f" (the other at {error.first.where})" if error.first.where else ""
            text = f"{queue.name} cycle {error.cycle}: two words in one cycle{other}"
            complaints.append(Diagnostic(error.second.where, text))
            ordered[queue.index] = []
    found = phases(config, ordered)
    lines = {}
    for queue in queues(config):
        items = [item for item in ordered[queue.index] if item.word[0].mnemonic != "NOP"]
        stuck = _stuck(queue, items, found)
        complaints.extend(stuck)
        lines[queue.index] = Line.of(queue.index, found, [] if stuck else fold(items))
    return lines


def _at(queue: Queue, item: Item, text: str) -> Diagnostic:
    return Diagnostic(item.where, f"{queue.name} cycle {item.cycle}: {text}")


def _without_repeats(queue: Queue, items: Iterable[Item], complaints: list[Diagnostic]) -> list[Item]:
    """Items in order of time, each Repeat replaced by the issues that it makes."""
    found: list[Item] = []
    for item in sorted(items, key=lambda i: i.cycle):
        if not repeats(item.word):
            found.append(item)
            continue
        before = found[-1] if found else None
        if before is None or is_icu(before.word) or before.last + 1 != item.cycle:
            text = "Repeat must stand in the cycle behind an instruction of the unit or the last issue of a Repeat"
            complaints.append(_at(queue, item, text))
            continue
        n, every = (item.word[0][name] for name in (f.name for f in REPEAT.fields))
        found.append(Item(before.last + every, advance(before.word, before.n), n, every, item.where))
    return found


def _illegal(config: Config, queue: Queue, item: Item) -> str | None:
    if item.cycle < 0 or item.last >= CYCLE_LIMIT:
        return f"cycles must be from 0 to {CYCLE_LIMIT - 1}"
    if item.n < 1 or item.every < 1:
        return f"a run must have at least 1 issue and 1 cycle between them, not {item.n} and {item.every}"
    if is_icu(item.word):
        if item.n > 1:
            return f"{item.word[0].mnemonic} cannot be repeated"
        if item.word[0].mnemonic == "Ifetch":
            return "Ifetch is placed by the assembler; only exact text writes it"
    return problem(config, queue, item.word) or out_of_range(config, item.word, item.n)


def _stuck(queue: Queue, items: list[Item], found: Phases) -> list[Diagnostic]:
    """Words behind a Sync that nobody releases, or that issue before its release."""
    complaints = []
    for item, after in pairwise(items):
        if item.word[0].mnemonic != "Sync":
            continue
        release = found.release_after(item.cycle)
        parked = f"the queue is parked by the Sync of cycle {item.cycle}"
        if release is None:
            return [*complaints, _at(queue, after, f"never issues: {parked}, and no Notify releases it")]
        if after.cycle < release:
            complaints.append(_at(queue, after, f"{parked} until its release at cycle {release}"))
    return complaints


def _prefetch(
    config: Config, lines: dict[int, Line], data: list[Segment], regions: list[Region]
) -> tuple[dict[int, Line], list[Segment]]:
    """Lines with what prefetching needs, and the memory that holds the text."""
    if all(len(line.at) <= config.queue_depth for line in lines.values()):
        return lines, []
    horizon = max(line.at[-1] for line in lines.values())
    try:
        streams, memory = Streams(config, horizon), Memory(config)
    except MemoryError:
        text = f"planning what its queues fetch over {horizon} cycles takes more memory than there is"
        raise AssemblyError([Diagnostic(None, text)]) from None
    for place in (*data, *regions):
        memory.add_place(place)
    for queue in queues(config):
        for item in lines[queue.index].items():
            streams.add(queue, item)
            memory.add(queue, item)
    plan = Prefetch(config, lines, streams, memory)
    plan.run()
    return plan.lines, plan.segments()


def _segments(config: Config, data: Iterable[Rows], complaints: list[Diagnostic]) -> list[Segment]:
    segments: list[tuple[Segment, Where | None]] = []
    for rows in data:
        segment = Segment(rows.hemisphere, rows.mem_slice, rows.address, rows.rows.tobytes())
        if _placed(config, complaints, rows.where, data=(segment,)):
            segments.append((segment, rows.where))
    segments.sort(key=lambda pair: (pair[0].hemisphere, pair[0].mem_slice, pair[0].address))
    for (one, place), (two, where) in pairwise(segments):
        end = one.address + len(one.data) // config.vector
        if (one.hemisphere, one.mem_slice) == (two.hemisphere, two.mem_slice) and end > two.address:
            bank, offset = divmod(two.address, 1 << OFFSET_BITS)
            name = f"{two.hemisphere.letter}.mem{two.mem_slice} {bank}:{offset}"
            other = f" ({place})" if place else ""
            complaints.append(Diagnostic(where, f"{name}: data overlap other data{other}"))
    return [segment for segment, _ in segments]


def _regions(config: Config, regions: Iterable[Named], complaints: list[Diagnostic]) -> list[Region]:
    found = []
    first: dict[str, Named] = {}
    for named in regions:
        before = first.setdefault(named.name, named)
        if named.role != before.role:
            there = f" ({before.where})" if before.where else ""
            text = (
                f"region {named.name!r} is .{before.role}{there}, and its other parts must be, too, not .{named.role}"
            )
            complaints.append(Diagnostic(named.where, f"{text}; .inout is what the host fills and reads"))
            continue
        region = Region(named.name, named.role, named.hemisphere, named.mem_slice, named.address, named.rows)
        if region.rows < 1:
            text = f"region {region.name!r} must have at least 1 row, not {region.rows}"
            complaints.append(Diagnostic(named.where, text))
        elif _placed(config, complaints, named.where, regions=(region,)):
            found.append(region)
    return found


def _placed(
    config: Config,
    complaints: list[Diagnostic],
    where: Where | None,
    data: tuple[Segment, ...] = (),
    regions: tuple[Region, ...] = (),
) -> bool:
    """Whether the machine has the place; the program itself says what is wrong with it."""
    try:
        Program(config, ((),) * len(queues(config)), data, regions)
    except ValueError as error:
        complaints.append(Diagnostic(where, str(error)))
        return False
    return True
