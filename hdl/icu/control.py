"""What the queues have in common: start, barrier, power setting, idle, and the number of the cycle.

Sources: ``docs/architecture.md``, Time, Queues and Power-down; ``arch.timing``.
"""

from typing import Any

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib.wiring import In, Out

from arch.config import Config
from arch.timing import timing
from hdl.faults import CYCLE_BITS
from hdl.icu.text import SUPERLANE_BITS
from hdl.seam import Block


class Control(Block):
    """Barrier between ``count`` queues.

    Parameters
    ----------
    config : Config
        The machine.
    count : int
        Queues.

    Members
    -------
    start : In(1)
        A pulse: the next cycle is cycle 0.
    parked, notify, config_en : In(count)
        Of each queue, in this cycle.
    config_lit : In(5).array(count)
    release : Out(1)
        Parked queues may issue in the next cycle.
    lit : Out(5)
        Superlanes with power, for what issues in this cycle.
    others_parked : Out(count)
        For each queue, whether all others are parked.
    cycle : Out(32)
        Number of this cycle; all ones, as it were -1, before the start.
    running : Out(1)
        Whether this cycle counts: from cycle 0 until the one before ``idle``.
    idle : Out(1)
        All queues are parked and all that they began has ended.
    """

    def __init__(self, *, config: Config, count: int):
        self.config, self.count = config, count
        super().__init__(
            "control",
            (count, config.fingerprint.hex()[:8]),
            {
                "start": In(1),
                "parked": In(count),
                "notify": In(count),
                "config_en": In(count),
                "config_lit": In(SUPERLANE_BITS).array(count),
                "release": Out(1),
                "lit": Out(SUPERLANE_BITS, init=config.superlanes),
                "others_parked": Out(count),
                "cycle": Out(CYCLE_BITS, init=(1 << CYCLE_BITS) - 1),
                "running": Out(1),
                "idle": Out(1),
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        t = timing(self.config)
        # A Notify of cycle t is here at t + B - 1, to release the queues for the next cycle.
        under_way = Signal(t.barrier - 1)
        m.d.sync += under_way.eq(Cat(self.notify.any(), under_way))
        m.d.comb += self.release.eq(self.start | under_way[-1])
        self._power(m)
        self._others(m)

        started = Signal()
        quiet, quiet_for = Signal(), Signal(range(t.drain + 1))
        m.d.comb += [
            quiet.eq(started & self.parked.all() & ~under_way.any()),
            self.idle.eq(quiet & (quiet_for == t.drain)),
            self.running.eq(started & ~self.idle),
        ]
        m.d.sync += quiet_for.eq(Mux(quiet, Mux(self.idle, quiet_for, quiet_for + 1), 0))
        with m.If(self.start):
            m.d.sync += [started.eq(1), self.cycle.eq(0)]
        with m.Elif(self.running):
            m.d.sync += self.cycle.eq(self.cycle + 1)
        return m

    def _power(self, m: Module) -> None:
        """Config waits for a release; of several in one cycle the highest queue's counts."""
        waiting = Signal(SUPERLANE_BITS)
        latest = Signal.like(waiting)
        m.d.comb += latest.eq(waiting)
        for n in range(self.count):
            with m.If(self.config_en[n]):
                m.d.comb += latest.eq(self.config_lit[n])
        m.d.sync += waiting.eq(latest)
        with m.If(self.release & (latest != 0)):
            m.d.sync += [self.lit.eq(latest), waiting.eq(0)]

    def _others(self, m: Module) -> None:
        """None, one, or more queues not parked: found in halves."""

        def awake(low: int, high: int) -> tuple[Any, Any]:
            if high - low == 1:
                return ~self.parked[low], Const(0)
            middle = (low + high) // 2
            one, two = awake(low, middle), awake(middle, high)
            some, many = Signal(), Signal()
            m.d.comb += [some.eq(one[0] | two[0]), many.eq(one[1] | two[1] | (one[0] & two[0]))]
            return some, many

        some, many = awake(0, self.count)
        m.d.comb += [self.others_parked[n].eq(~some | (~many & ~self.parked[n])) for n in range(self.count)]
