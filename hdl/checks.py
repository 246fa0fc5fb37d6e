"""What only a wrong program does, checked while a model of the hardware runs: two producers on one stream register, two
accesses to one bank.

The hardware itself does not look: such a program is refused before (``docs/architecture.md``, Streams and Memory). The
checks stand in a module's text only if the export asks for them (:class:`hdl.seam.Outline`), and so never in what goes
to synthesis. They hold in every cycle outside reset.
"""

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from amaranth import Const, Module, ResetSignal, Value
from amaranth.hdl import Assert

from hdl.seam import Outline


def wanted(platform: Any) -> bool:
    """Whether checks are to be part of the module."""
    return isinstance(platform, Outline) and platform.checks


def check(m: Module, holds: Value, message: str) -> None:
    """Stop a simulation at the end of a cycle in which ``holds`` is 0; the simulator names the module's place."""
    with m.If(~ResetSignal()):
        m.d.sync += Assert(holds, message)


def overlap(masks: Iterable[Value]) -> Value:
    """Whether any bit is set in more than one of the masks."""
    rows = list(masks)
    twice = [rows[n] & reduce(or_, rows[:n]) for n in range(1, len(rows))]
    return reduce(or_, twice, Const(0)).any()
