"""A schedule as text that people read: what issues when, and how it repeats."""

from collections import Counter
from collections.abc import Iterator

from arch.isa.spec import Op
from arch.queues import queues
from tb.random.schedule import Entry, Schedule


def spell(op: Op) -> str:
    """An instruction with its fields, those left at their defaults apart."""
    fields = [
        f"{f.name}={f.format(value)}"
        for f, value in zip(op.spec.fields, op.values, strict=True)
        if f.default is None or value != f.default
    ]
    return " ".join([op.mnemonic, *fields])


def spell_entry(entry: Entry) -> str:
    """A word with its Repeats."""
    word = f".word {entry.word:#x}" if isinstance(entry.word, int) else " | ".join(map(spell, entry.word))
    repeats = "".join(f"; Repeat n={n} d={d}" for n, d in entry.repeats)
    lit = f"  # text for {entry.text.lit} lit superlanes" if entry.text else ""
    return word + repeats + lit


def listing(schedule: Schedule) -> Iterator[str]:
    """Lines of the whole program, queue by queue; queues that only park are left out."""
    for queue, row in zip(queues(schedule.config), schedule.entries, strict=True):
        if any(entry.mnemonic != "Sync" for entry in row):
            yield f"{queue.name}"
            for entry in row:
                yield f"{entry.cycle:6}: {spell_entry(entry)}"


def summary(schedule: Schedule) -> Iterator[str]:
    """Lines that say how much of what there is."""
    counts: Counter[str] = Counter()
    for _, entry in schedule.flat():
        counts[entry.mnemonic] += sum(1 for _ in entry.issues())
    entries = sum(map(len, schedule.entries))
    last = max((entry.end for row in schedule.entries for entry in row), default=0)
    yield f"{schedule.config.name}, seed {schedule.seed}: {entries} words, {counts.total()} issues in {last} cycles"
    yield ", ".join(f"{name} {count}" for name, count in counts.most_common())
