"""The header by which ``parts.cpp`` knows a rim: what it gives to each instance of a part, what it takes from each, and
what runs from one to another (:mod:`tb.wires`). All words stand in one array: inputs of all instances, outputs of all
instances, conditions.
"""

from collections.abc import Iterable, Iterator, Sequence

from tb.ports import WORD, Port, size
from tb.wires import Holder, Pin

#: Port of the first instance's stub by which the rim hands over the conditions of wires.
CONDITIONS = "conditions"

_HEADER = """\
// What the rim gives the instances of {name}, takes from them, and leaves to run between them, for
// parts.cpp. All words stand in one array: inputs of all instances, outputs of all instances, conditions.
#include <cstdint>
constexpr int part_count = {count};
constexpr uint32_t part_conditions = {conditions}, part_words = {words};
struct Copy {{ uint32_t place, at, words; }};
struct Wire {{ uint32_t to, words; int32_t condition; uint32_t first, second; }};
// Words of stubs: where they stand in the array, and where among those of the stub.
static const Copy part_fed[] = {{{fed}}};
static const uint32_t part_fed_from[] = {{{fed_from}}};
static const Copy part_shown[] = {{{shown}}};
static const uint32_t part_shown_from[] = {{{shown_from}}};
static const Wire part_wires[] = {{{wires}}};
"""


def header(
    part: str,
    found: Holder,
    ins: Sequence[Port],
    outs: Sequence[Port],
    fed: Sequence[list[Port]],
    shown: Sequence[list[Port]],
) -> str:
    """Text of the header.

    Parameters
    ----------
    part
        Name of the part.
    found
        The module that holds its instances.
    ins, outs
        All ports of the part.
    fed, shown
        By instance: inputs that the rim drives, and outputs that it needs, as they lie in its stub.
    """
    count, named = len(found.names), {False: {p.name: p for p in ins}, True: {p.name: p for p in outs}}
    sizes, starts = {False: size(ins), True: size(outs)}, {False: 0, True: count * size(ins)}
    conditions = starts[True] + count * sizes[True]

    def place(pin: Pin) -> int:
        if pin.port == CONDITIONS:
            return conditions
        return starts[pin.out] + pin.instance * sizes[pin.out] + named[pin.out][pin.port].first

    def copies(sets: Sequence[list[Port]], out: bool) -> tuple[str, str]:
        runs = [list(_runs((place(Pin(n, p.name, out)), p.first, p.words) for p in one)) for n, one in enumerate(sets)]
        text = ",\n".join(f"{{{a}, {b}, {words}}}" for one in runs for a, b, words in one) or "{}"
        return text, ", ".join(str(sum(map(len, runs[:n]))) for n in range(count + 1))

    wires: list[list[int]] = []
    for wire in found.wires:
        to, first, second = map(place, (wire.target, wire.first, wire.second))
        words = named[False][wire.target.port].words
        condition, last = -1 if wire.condition is None else wire.condition, wires[-1] if wires else [0] * 5
        if (to, condition, first, second) == (last[0] + last[1], last[2], last[3] + last[1], last[4] + last[1]):
            last[1] += words
        else:
            wires.append([to, words, condition, first, second])
    (fed_text, fed_from), (shown_text, shown_from) = copies(fed, False), copies(shown, True)
    return _HEADER.format(
        name=part,
        count=count,
        conditions=conditions,
        words=conditions + -(-len(found.conditions) // WORD),
        fed=fed_text,
        fed_from=fed_from,
        shown=shown_text,
        shown_from=shown_from,
        wires=",\n".join("{" + ", ".join(map(str, wire)) + "}" for wire in wires) or "{}",
    )


def _runs(copies: Iterable[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
    """Copies (place, place, words) with those that follow each other in both places as one."""
    last: tuple[int, int, int] | None = None
    for place, at, words in copies:
        if last and (place, at) == (last[0] + last[2], last[1] + last[2]):
            last = (last[0], last[1], last[2] + words)
            continue
        if last:
            yield last
        last = (place, at, words)
    if last:
        yield last
