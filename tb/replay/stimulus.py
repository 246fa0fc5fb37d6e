"""What a host does to a chip's ports in a run, written down; and read again with a simulator's answers.

A host of a chip whose program's length is known waits for nothing. So the same host (:mod:`tb.host`) first runs with a
desk that notes what it sets, and later with one that answers what a simulator showed.
"""

from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from arch.config import Config
from arch.program import Program
from golden.injection import Injection
from golden.result import State
from hdl.looped import LoopedChip
from tb.exports import unmade
from tb.host import Host

#: What a host reads of every cell of a fault record, and of every queue.
Reports = dict[tuple[int, int], tuple[int, int, int, int]]
Counters = dict[int, tuple[int, int]]


@dataclass(frozen=True)
class Stimulus:
    """Steps of one clock cycle each.

    Attributes
    ----------
    rows
        Ports that change before each step, and their values.
    first
        After so many steps it is cycle 0.
    """

    rows: tuple[Mapping[str, int], ...]
    first: int


def stimulus(program: Program, start: State, cycles: int, injection: Injection | None = None) -> Stimulus:
    """What a host does: boot, run for so many cycles, read the faults and counters.

    Parameters
    ----------
    program
        The program.
    start
        The golden machine at its start, which says what memory holds.
    cycles
        Cycles to idle.
    injection
        Bit error to arm.
    """
    desk = _Desk(program.config, ())
    _finish(_session(_QuietHost(desk, program), start, cycles, injection))
    return Stimulus(tuple(desk.rows), desk.marked)


def answers(
    program: Program, start: State, cycles: int, shown: Sequence[Mapping[str, int]], injection: Injection | None = None
) -> tuple[Reports, Counters]:
    """Fault records and counters that the same host finds, given what the ports showed after each step."""
    return _finish(_session(_QuietHost(_Desk(program.config, shown), program), start, cycles, injection))


def outputs(config: Config) -> list[str]:
    """Ports of the chip that a host reads."""
    top = unmade(LoopedChip(config=config))
    names = ["__".join(map(str, path)) for path, _, _ in top.signature.flatten(top)]
    return [name for name in names if name.startswith(("report__", "issued", "waited", "cycle", "idle"))]


class _Value(int):
    """A value as a simulator's handle gives it."""

    def to_unsigned(self) -> int:
        return int(self)


class _Line:
    """One port."""

    def __init__(self, desk: "_Desk", name: str) -> None:
        self._desk, self._name = desk, name

    @property
    def value(self) -> _Value:
        return _Value(self._desk.shown(self._name))

    @value.setter
    def value(self, value: int) -> None:
        self._desk.changes[self._name] = int(value)


class _Desk:
    """Stands for a chip: notes what is set, answers what a simulator showed."""

    def __init__(self, config: Config, shown: Sequence[Mapping[str, int]]) -> None:
        top = unmade(LoopedChip(config=config))
        self._names = ["clk", "rst", *("__".join(map(str, path)) for path, _, _ in top.signature.flatten(top))]
        self._shown, self.changes = shown, dict[str, int]()
        self.rows: list[Mapping[str, int]] = []
        self.marked = 0

    def __dir__(self) -> list[str]:
        return self._names

    def __getattr__(self, name: str) -> _Line:
        if name not in self._names:
            raise AttributeError(name)
        return _Line(self, name)

    def advance(self) -> None:
        """A step."""
        self.rows.append(self.changes)
        self.changes = {}

    def shown(self, name: str) -> int:
        """A port after the last step; zero while a stimulus is written down."""
        return self._shown[len(self.rows) - 1][name] if self._shown else 0


class _QuietHost(Host):
    """A host for whom no time passes."""

    async def step(self, cycles: int = 1) -> None:
        for _ in range(cycles):
            self.dut.advance()


async def _session(
    host: _QuietHost, start: State, cycles: int, injection: Injection | None
) -> tuple[Reports, Counters]:
    await host.reset()
    await host.load_text()
    await host.store(start.memory, start.memory_defined)
    if injection is not None:
        host.arm(injection)
    await host.start()
    host.dut.marked = len(host.dut.rows)
    await host.step(cycles)
    return await host.reports(), await host.counters()


def _finish(session: Coroutine[Any, Any, tuple[Reports, Counters]]) -> tuple[Reports, Counters]:
    """Result of a coroutine that never waits."""
    try:
        session.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("a host that writes its steps down must not wait")
