"""The measures of the MXM's entries of the timing table.

A plane's matrix takes element 0 of the activation vector times a weight, in every column: so sums are products of two
bytes, and tell which weights met which activation.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from arch.config import Config
from arch.timing import timing
from tests.tb.measured import SPARE
from tests.tb.measures import AT, FIRST, Latencies, Measure, Seen, Setup, first

WEIGHTS, ACTS, ACCS = (f"W.mxm0.{unit}" for unit in ("weights", "activations", "accumulators"))
#: Cycle of the first weights, long before what is measured.
EARLY = 20


def _element_0(setup: Setup, values: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Vectors of which element 0 alone is not zero."""
    rows = setup.constant(len(values), 0)
    rows[:, 0, 0] = values
    return rows


def _weights(config: Config, values: list[int], cycle: int) -> Setup:
    """Weights pass by, the first in ``cycle``; the first of them are in all columns of the array from then on."""
    setup, S = Setup(config), config.superlanes
    early = [values[0]] * S
    rows = _element_0(setup, np.array(early + [0] * (cycle - EARLY - S) + values))
    for n in range(config.lanes):
        setup.pass_by(EARLY, rows, f"W.mem{n}", f"W{n}", WEIGHTS)
    setup.issue(EARLY, WEIGHTS, "IW", S, **{"from": "streams"}, s="W0", col=0, stride=1)
    return setup


def _activations(setup: Setup, cycle: int, values: NDArray[np.int64]) -> str:
    """Activations pass by on a stream that no weights take; gives it."""
    stream = f"W{setup.config.lanes}"
    setup.pass_by(cycle, _element_0(setup, values), "E.mem0", stream, ACTS)
    return stream


def _accs(config: Config) -> Setup:
    """The same sums in every cycle, one ACC."""
    setup = _weights(config, [1], AT)
    abc = timing(config).abc
    stream = _activations(setup, AT, np.full(2 * abc, FIRST))
    setup.issue(AT, ACTS, "ABC", 2 * abc, form="u8u8", s=stream)
    setup.issue(AT + abc + abc // 2, ACCS, "ACC", type="i32", mode="write", row=0, out="E4")
    return setup


def _acc(seen: Seen, known: Latencies) -> Latencies:
    abc = timing(seen.config).abc
    return {"ACC": (None, first(_emitted(seen))[0] - (AT + abc + abc // 2))}


def _abcs(config: Config) -> Setup:
    """One ABC of a ticking activation, an ACC in every cycle."""
    setup = _weights(config, [1], AT)
    stream = _activations(setup, AT - 5, np.arange(FIRST, FIRST + 12))
    # What the sums were before is overwritten: nothing passes yet.
    setup.issue(AT - 30, ACTS, "ABC", form="u8u8", s=stream)
    setup.issue(AT, ACTS, "ABC", form="u8u8", s=stream)
    setup.issue(AT, ACCS, "ACC", timing(config).abc + SPARE, type="i32", mode="write", row=0, out="E4")
    return setup


def _abc(seen: Seen, known: Latencies) -> Latencies:
    cycle, value = first(_emitted(seen))
    column = seen.register(ACTS, f"W{seen.config.lanes}", drives=False)[:, 0, 0]
    (taken,) = np.flatnonzero(column == value)
    return {"ABC": (int(taken) - AT, cycle - known["ACC"][1] - AT)}


def _rows(config: Config) -> Setup:
    """Other sums in every cycle; one value kept, then another, and the row read in every cycle after that."""
    setup, abc, acc_row = _weights(config, [1], AT), timing(config).abc, timing(config).acc_row
    stream = _activations(setup, AT, np.arange(1, 60))
    setup.issue(AT, ACTS, "ABC", 59, form="u8u8", s=stream)
    keep = AT + abc + 2 * acc_row + 20
    setup.issue(keep - acc_row - 2, ACCS, "ACC", type="i32", mode="write", row=3, keep=1)
    setup.issue(keep, ACCS, "ACC", type="i32", mode="write", row=3, keep=1)
    setup.issue(keep + 1, ACCS, "ACC", acc_row + SPARE, type="i32", mode="read", row=3, out="E4")
    return setup


def _row(seen: Seen, known: Latencies) -> Latencies:
    t, shown = timing(seen.config), _emitted(seen)
    keep = AT + t.abc + 2 * t.acc_row + 20
    last = int(shown[keep + known["ACC"][1] + t.acc_row + 2, 0])
    cycle, _ = first(shown, last)
    # Before, the row held what was kept first.
    assert shown[cycle - 1, 0] == last - t.acc_row - 2
    return {"row": (None, cycle - known["ACC"][1] - keep)}


def _installs(config: Config) -> Setup:
    """Ticking weights, of which one IW takes one column's; an ABC of the same activation in every cycle."""
    setup = _weights(config, [1, *range(2, 10)], AT - 4)
    _multiplies(setup)
    setup.issue(AT, WEIGHTS, "IW", **{"from": "streams"}, s="W0", col=0)
    return setup


def _install(seen: Seen, known: Latencies) -> Latencies:
    return {"IW": _changed(seen, known)}


def _loads(config: Config) -> Setup:
    """The same with an LW, and in the next cycle the IW that copies the buffer."""
    setup = _weights(config, [1, *range(2, 10)], AT - 4)
    _multiplies(setup)
    setup.issue(AT, WEIGHTS, "LW", s="W0", col=0)
    setup.issue(AT + 1, WEIGHTS, "IW", **{"from": "buffer"})
    return setup


def _load(seen: Seen, known: Latencies) -> Latencies:
    skew, changed = _changed(seen, known)
    return {"LW": (skew, changed - known["IW"][1])}


def _multiplies(setup: Setup) -> None:
    """ABC and ACC in every cycle around ``AT``."""
    abc, count = timing(setup.config).abc, 20
    stream = _activations(setup, AT - 8, np.full(count, FIRST))
    setup.issue(AT - 8, ACTS, "ABC", count, form="u8u8", s=stream)
    setup.issue(AT - 8 + abc, ACCS, "ACC", count, type="i32", mode="write", row=0, out="E4")


def _changed(seen: Seen, known: Latencies) -> tuple[int, int]:
    """Which weights column 0 has got, as the cycle in which they stood there, and the first ABC that uses them."""
    shown = _emitted(seen)[:, 0]
    (change,) = [n for n in range(1, len(shown)) if shown[n] != shown[n - 1] and shown[n] > FIRST]
    column = seen.register(WEIGHTS, "W0", drives=False)[:, 0, 0]
    taken = int(np.flatnonzero(column == shown[change] // FIRST)[-1])
    return taken - AT, change - known["ACC"][1] - known["ABC"][1] - AT


def _emitted(seen: Seen) -> NDArray[np.int64]:
    """Low bytes of what is emitted."""
    return seen.out(ACCS, "E4")


MEASURES: Mapping[str, Measure] = {
    "acc": Measure(_accs, _acc),
    "abc": Measure(_abcs, _abc),
    "row": Measure(_rows, _row),
    "install": Measure(_installs, _install),
    "load": Measure(_loads, _load),
}
