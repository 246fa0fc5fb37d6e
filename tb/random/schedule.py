"""A schedule: what each queue issues in which cycle, and the program that makes it so.

This is a direct encoder for random programs, kept apart from the assembler on purpose: the assembler is one of the
things that random programs test. It fills gaps with NOP, resolves Sync and Notify, and lays text into its blocks.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from arch import text
from arch.config import OFFSET_BITS, WORD_BYTES, Config
from arch.conveyor import Hemisphere
from arch.isa import icu
from arch.isa.spec import make
from arch.isa.table import Word, encode, repeats
from arch.program import Program, Segment
from arch.queues import queues
from arch.timing import timing

#: Longest wait of one NOP, most repetitions and widest spacing of one Repeat, in cycles.
LONGEST = icu.NOP.by_name["n"].maximum

#: Hemisphere, slice and 13-bit address of a MEM word.
Place = tuple[Hemisphere, int, int]

SYNC: Word = (make(icu.SYNC),)


class ScheduleError(ValueError):
    """A schedule that no program can carry out."""


@dataclass(frozen=True)
class Text:
    """Where the block of an Ifetch lies, and how it joins its queue.

    Attributes
    ----------
    halves
        First MEM words of the even and of the odd vectors of the block, on consecutive addresses each.
    extra
        Words that the preload holds behind the queue's first Ifetch.
    lit
        Superlanes that are lit when the Ifetch issues.
    """

    halves: tuple[Place, ...]
    extra: int
    lit: int


@dataclass(frozen=True)
class Entry:
    """One word of a queue with the Repeats behind it.

    Attributes
    ----------
    cycle
        When it issues first.
    word
        Its instructions, or the raw bits of an undefined word.
    repeats
        ``n`` and ``d`` of each Repeat that follows.
    text
        The block, of an Ifetch.
    dry
        Cycles for which the queue then has no word, in faulty programs.
    """

    cycle: int
    word: Word | int
    repeats: tuple[tuple[int, int], ...] = ()
    text: Text | None = None
    dry: int = 0

    def issues(self) -> Iterator[int]:
        """Cycles in which the word issues, the repeated ones included."""
        cycle = self.cycle
        yield cycle
        for n, d in self.repeats:
            for _ in range(n):
                cycle += d
                yield cycle

    @property
    def end(self) -> int:
        """Cycle in which the queue takes its next word, were it not parked."""
        if self.mnemonic == "NOP" and not isinstance(self.word, int):
            return self.cycle + self.word[0]["n"]
        return self.cycle + sum(n * d for n, d in self.repeats) + 1 + self.dry

    @property
    def mnemonic(self) -> str:
        """Spelling of the word's instructions; ``?`` for an undefined word."""
        return "?" if isinstance(self.word, int) else " | ".join(op.mnemonic for op in self.word)

    def codes(self) -> list[int]:
        """128-bit words of the entry."""
        first = self.word if isinstance(self.word, int) else encode(self.word)
        return [first, *(encode((make(icu.REPEAT, n=n, d=d),)) for n, d in self.repeats)]


@dataclass(frozen=True)
class Schedule:
    """A whole random program.

    Attributes
    ----------
    config
        The machine.
    seed
        What it was drawn from.
    entries
        Entries of each queue, by queue index, in the order of their cycles.
    memory
        Initial MEM words of all superlanes, by place; text excepted.
    """

    config: Config
    seed: int
    entries: tuple[tuple[Entry, ...], ...]
    memory: Mapping[Place, bytes]

    def flat(self) -> list[tuple[int, Entry]]:
        """All entries as (queue index, entry), in the order of cycles."""
        rows = [(index, entry) for index, row in enumerate(self.entries) for entry in row]
        return sorted(rows, key=lambda pair: (pair[1].cycle, pair[0]))

    def program(self) -> Program:
        """The program; :class:`ScheduleError` if the entries contradict each other or a queue is too short."""
        config, memory = self.config, dict(self.memory)
        notifies = sorted(e.cycle for row in self.entries for e in row if e.mnemonic == "Notify")
        preload = []
        for queue, row in zip(queues(config), self.entries, strict=True):
            codes, fetches = _codes(config, row, notifies)
            held = codes
            if fetches:
                first, block = fetches[0]
                size = first + 1 + block.extra
                held, rest = codes[:size] + [encode(SYNC)] * (size - len(codes)), codes[size:]
                for _, block in fetches:
                    size = len(text.block(config, block.lit))
                    memory.update(text_rows(config, block, rest[:size]))
                    rest = rest[size:]
                if rest:
                    raise ScheduleError(f"{queue.name} has {len(rest)} words more than its blocks of text hold")
            if len(held) > config.queue_depth:
                raise ScheduleError(f"{queue.name} holds {config.queue_depth} words, not {len(held)}")
            preload.append(tuple(held))
        return Program(config, tuple(preload), tuple(segments(config, memory)), meta=f'{{"seed": {self.seed}}}')


def release(config: Config, notifies: Iterable[int], sync: int) -> int | None:
    """Cycle in which a queue whose Sync issued in cycle ``sync`` goes on; None if no Notify releases it."""
    barrier = timing(config).barrier
    return min((n + barrier for n in notifies if n + barrier > sync), default=None)


def _codes(config: Config, row: Iterable[Entry], notifies: list[int]) -> tuple[list[int], list[tuple[int, Text]]]:
    """Words of a queue, and the place among them of each Ifetch with its block."""
    codes: list[int] = []
    fetches: list[tuple[int, Text]] = []
    free, parked = 0, None
    for entry in row:
        if parked is not None:
            woken = release(config, notifies, parked)
            if woken is None:
                break  # no Notify wakes the queue again: what follows is never reached
            free = woken
        if entry.cycle < free:
            raise ScheduleError(f"{entry.mnemonic} at cycle {entry.cycle} comes before cycle {free}")
        codes += _wait(entry.cycle - free)
        if entry.text:
            fetches.append((len(codes), entry.text))
        codes += entry.codes()
        free, parked = entry.end, entry.cycle if entry.mnemonic == "Sync" else None
    while parked is None or (free := release(config, notifies, parked)) is not None:
        codes.append(encode(SYNC))  # parks at once, and again after each release that is still to come
        parked = free
    return codes, fetches


def _wait(cycles: int) -> list[int]:
    steps = [LONGEST] * (cycles // LONGEST) + ([cycles % LONGEST] if cycles % LONGEST else [])
    return [encode((make(icu.NOP, n=n),)) for n in steps]


def text_rows(config: Config, block: Text, codes: list[int]) -> dict[Place, bytes]:
    """MEM words of a block of text; places that hold no instruction, and missing ones, hold Sync."""
    rows = [bytearray(config.vector) for _ in range(text.vectors(config))]
    filler = encode(SYNC)
    places = text.block(config, block.lit)
    words = {(w.row, w.superlane): code for w, code in zip(places, codes, strict=False)}
    for row in range(text.rows(config)):
        for superlane in range(config.superlanes):
            raw = words.get((row, superlane), filler).to_bytes(WORD_BYTES, "little")
            for part in range(config.row_words):
                at = superlane * config.lanes
                piece = raw[part * config.lanes : (part + 1) * config.lanes]
                rows[row * config.row_words + part][at : at + config.lanes] = piece
    return {half_place(block, v): bytes(data) for v, data in enumerate(rows)}


def half_place(block: Text, vector: int) -> Place:
    """Where a vector of a block lies."""
    side, mem_slice, address = block.halves[vector % 2]
    return side, mem_slice, address + vector // 2


def segments(config: Config, memory: Mapping[Place, bytes]) -> Iterator[Segment]:
    """Segments of single MEM words, neighbors within a bank joined."""
    start: Place | None = None
    data = bytearray()
    for place in sorted(memory):
        if start is not None:
            follows = (start[0], start[1], start[2] + len(data) // config.vector)
            if place == follows and place[2] >> OFFSET_BITS == start[2] >> OFFSET_BITS:
                data += memory[place]
                continue
            yield Segment(*start, bytes(data))
        start, data = place, bytearray(memory[place])
    if start is not None:
        yield Segment(*start, bytes(data))


def is_repeat(entry: Entry) -> bool:
    """Whether the entry is a Repeat that stands where it may not (only faulty programs have one)."""
    return not isinstance(entry.word, int) and repeats(entry.word)
