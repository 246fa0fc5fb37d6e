"""Unit tests' simulator: one call runs a bench on a component, with a clock where it has one."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from amaranth.hdl import Fragment
from amaranth.sim import Simulator

#: A coroutine function of what sets and gets signals and waits for the clock.
Bench = Callable[[Any], Any]


def simulate(component: Any, bench: Bench, watch: Bench | None = None) -> None:
    """Run the coroutine function ``bench`` on ``component`` to its end; ``watch`` looks on and never ends."""
    ENGINE.get()(component, bench, watch)


def _amaranth(component: Any, bench: Bench, watch: Bench | None) -> None:
    """Amaranth's own simulator."""
    fragment = Fragment.get(component, None)
    simulator = Simulator(fragment)
    if getattr(component, "clocked", True):
        simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    if watch is not None:
        simulator.add_testbench(watch, background=True)
    simulator.run()


#: What runs benches; :mod:`tests.hdl.verilated` puts exported Verilog in the place of Amaranth's simulator.
ENGINE: ContextVar[Callable[[Any, Bench, Bench | None], None]] = ContextVar("engine", default=_amaranth)
