"""The page that says what the programs that ran covered, and names what they did not."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations_with_replacement

from arch.config import Config
from arch.conveyor import Direction
from arch.faults import Fault
from arch.queues import Unit, queues
from scripts.regress.ledger import Ledger
from tb.random.classify import possible
from tb.random.configs import named
from tb.random.coverage import Coverage
from tb.random.nearby import BEHIND, BESIDE, MissKey

_HEAD = """# Functional coverage of the chip

Written by `make regress` (`build/regress/coverage.md`). Counted are random programs that ran on the exported Verilog
under Verilator and agreed with the golden model in every cycle: stream registers, mesh results, every word stored in
memory and accumulators; at the end memories, faults and counters. Odd seeds may fault; a quarter of all programs have
a bit error of one or two bits in what some instruction reads or stores.
"""


def page(books: Sequence[Ledger]) -> str:
    """The page, Markdown."""
    configs = [named(book.machine) for book in books]
    total = _sum(book.coverage for book in books)
    lines = [_HEAD, *_tally(books), *_holes(configs, total)]
    lines += ["## Instructions, types and modes", "", "| case | issues |", "|---|---|"]
    lines += [f"| {_words(key)} | {count:,} |" for key, count in sorted(total.kinds.items())]
    lines += ["", "## Faults", "", "| fault | records |", "|---|---|"]
    lines += [f"| {fault.name} | {total.faults[fault.name]:,} |" for fault in Fault]
    lines += ["", "## Units that issue in one cycle", "", "| units | cycles |", "|---|---|"]
    lines += [f"| {first}, {second} | {count:,} |" for (first, second), count in sorted(total.pairs.items())]
    lines += ["", "## Near misses on stream registers", "", "| miss | units | times |", "|---|---|---|"]
    lines += [f"| {how} | {first}, {second} | {n:,} |" for (how, first, second), n in sorted(total.near.items())]
    lines += ["", "## Operands and results", "", "| instruction | field | issues by stream, neighbor or value |"]
    lines += ["|---|---|---|", *_sources(total)]
    return "\n".join(lines) + "\n"


def _sources(total: Coverage) -> Iterator[str]:
    """A row for each field of each instruction."""
    fields: dict[tuple[str, str], list[str]] = {}
    for (name, role, source), count in sorted(total.sources.items()):
        fields.setdefault((name, role), []).append(f"{source} {count:,}")
    for (name, role), counts in fields.items():
        yield f"| {name} | {role} | {', '.join(counts)} |"


def _tally(books: Sequence[Ledger]) -> Iterator[str]:
    yield from (
        "| machine | programs that agree | cycles | with a bit error | superlane bypassed |",
        "|---|---|---|---|---|",
    )
    for book in books:
        spare = named(book.machine).spare
        fuses = ", ".join(f"{fuse}: {n}" for fuse, n in sorted(book.fuses.items())) if spare else ""
        yield f"| {book.machine} | {len(book.passed):,} | {book.cycles:,} | {book.injected:,} | {fuses} |"
    programs, cycles = sum(len(b.passed) for b in books), sum(b.cycles for b in books)
    yield f"| all | {programs:,} | {cycles:,} | {sum(b.injected for b in books):,} | |"
    yield ""


def _holes(configs: Sequence[Config], total: Coverage) -> Iterator[str]:
    """What some of these machines can do and no program did."""
    kinds, sources = set(), set()
    for config in configs:
        more = possible(config)
        kinds, sources = kinds | more[0], sources | more[1]
    near = {key for config in configs for key in possible_misses(config)}
    pairs = {pair for config in configs for pair in possible_pairs(config)}
    spares = [(c, f) for c in configs if c.spare for f in range(c.physical_superlanes)]
    rows = {
        "instructions, types and modes": [_words(key) for key in sorted(kinds - set(total.kinds))],
        "operands and results": [f"{n}: {r} {s}" for n, r, s in sorted(sources - set(total.sources))],
        "units in one cycle": [", ".join(pair) for pair in sorted(pairs - set(total.pairs))],
        "near misses": [f"{how}: {a}, {b}" for how, a, b in sorted(near - set(total.near))],
        "faults": [fault.name for fault in Fault if not total.faults[fault.name]],
    }
    counts = {
        "instructions, types and modes": len(kinds),
        "operands and results": len(sources),
        "units in one cycle": len(pairs),
        "near misses": len(near),
        "faults": len(Fault),
    }
    yield from ("## Holes", "", "| what | cases | covered | holes |", "|---|---|---|---|")
    for what, missing in rows.items():
        names = "; ".join(missing) or "none"
        yield f"| {what} | {counts[what]} | {counts[what] - len(missing)} | {names} |"
    if spares:
        yield ""
        yield f"The fuse has {len(spares)} positions on the machines with a spare; the first table counts each."
    yield ""


def possible_pairs(config: Config) -> set[tuple[str, str]]:
    """Pairs of units of which two queues can issue in one cycle. A queue that executes nothing here does not count."""
    units = Counter(queue.unit for queue in queues(config) if queue.unit in _busy(config))
    found = set()
    for first, second in combinations_with_replacement(sorted(units, key=lambda unit: unit.value), 2):
        if first is not second or units[first] > 1:
            found.add((first.value, second.value))
    return found


def possible_misses(config: Config) -> set[MissKey]:
    """Pairs of units of which two queues drive one register, in both ways to miss."""
    silent = {Unit.MXM_WEIGHTS, Unit.MXM_ACTIVATIONS}
    places: dict[tuple[int, int], list[str]] = {}
    for queue in queues(config):
        for direction in Direction:
            at = queue.site.drive(direction)
            if at is not None and queue.unit in _busy(config) - silent:
                places.setdefault((at, direction), []).append(queue.unit.value)
    found: set[MissKey] = set()
    for units in places.values():
        for n, first in enumerate(units):
            for second in units[:n]:
                low, high = sorted((first, second))
                found |= {(how, low, high) for how in (BESIDE, BEHIND)}
    return found


def _busy(config: Config) -> set[Unit]:
    """Units that execute something."""
    rotates = any(key[0] == "Rotate" for key in possible(config)[0])
    return set(Unit) - (set() if rotates else {Unit.SXM_ROTATE})


def _sum(coverages: Iterable[Coverage]) -> Coverage:
    total = Coverage()
    for found in coverages:
        for name, table in vars(found).items():
            getattr(total, name).update(table)
    return total


def _words(key: tuple[str, ...]) -> str:
    # A bar would end the cell of a table.
    return " ".join(filter(None, key)).replace("|", "and")
