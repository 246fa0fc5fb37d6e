"""Amaranth's simulator for unit tests: one call runs a bench on a component, with a clock where it has one."""

from collections.abc import Callable
from typing import Any

from amaranth.hdl import Fragment
from amaranth.sim import Simulator


def simulate(component: Any, bench: Callable[[Any], Any], watch: Callable[[Any], Any] | None = None) -> None:
    """Run the coroutine function ``bench`` on ``component`` to its end; ``watch`` looks on and never ends."""
    fragment = Fragment.get(component, None)
    simulator = Simulator(fragment)
    if getattr(component, "clocked", True):
        simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    if watch is not None:
        simulator.add_testbench(watch, background=True)
    simulator.run()
