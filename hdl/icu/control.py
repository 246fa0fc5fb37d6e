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
from hdl.numeric import tree
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
        A pulse: the cycle behind the next one is cycle 0.
    parked, notify, config_en : In(count)
        Of each queue, in this cycle.
    config_lit : In(5).array(count)
    release : Out(1)
        Parked queues may issue in the cycle behind the next one.
    lit : Out(5)
        Superlanes with power, for what queues issue in this cycle.
    powered_next : Out(5)
        The same for the next cycle, but all of them before the start and from the cycle after ``idle`` on: what the
        host executes then reaches every superlane, whatever the program left dark.
    others_parked : Out(count)
        For each queue, whether all others are parked.
    cycle, cycle_next : Out(32)
        Number of this cycle, and of the next; all ones, as it were -1, before the start.
    starting : Out(1)
        The next cycle is cycle 0.
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
                "powered_next": Out(SUPERLANE_BITS),
                "others_parked": Out(count),
                "cycle": Out(CYCLE_BITS, init=(1 << CYCLE_BITS) - 1),
                "cycle_next": Out(CYCLE_BITS),
                "starting": Out(1),
                "running": Out(1),
                "idle": Out(1),
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        t = timing(self.config)
        # A Notify of cycle t is at the end at t + B - 1, to release the queues for the next cycle; these are told a
        # cycle before, for they are all over the chip.
        under_way = Signal(t.barrier - 1)
        m.d.sync += [under_way.eq(Cat(self.notify.any(), under_way)), self.starting.eq(self.start)]
        m.d.comb += self.release.eq(self.start | under_way[-2])
        self._power(m, self.starting | under_way[-1])
        self._others(m)

        started = Signal()
        quiet, quiet_for = Signal(), Signal(range(t.drain))
        m.d.comb += [
            quiet.eq(started & self.parked.all() & ~under_way.any()),
            self.running.eq(started & ~self.idle),
        ]
        m.d.sync += [
            quiet_for.eq(Mux(quiet, quiet_for + (quiet_for != t.drain - 1), 0)),
            # Nothing but a start ends a quiet, for parked queues do not notify; so it is known a cycle ahead.
            self.idle.eq(quiet & (quiet_for == t.drain - 1) & ~self.starting),
            started.eq(started | self.starting),
            self.cycle.eq(self.cycle_next),
        ]
        m.d.comb += self.cycle_next.eq(Mux(self.starting, 0, self.cycle + self.running))
        return m

    def _power(self, m: Module, released: Any) -> None:
        """Config waits for a release, for the next cycle; of several in one cycle the highest queue's counts."""
        if self.config.superlanes == 1:
            # There is nothing that a Config could leave dark.
            m.d.comb += self.powered_next.eq(1)
            return
        waiting = Signal(SUPERLANE_BITS)
        latest, lit_next = Signal.like(waiting), Signal.like(waiting)

        def last(lower: tuple[Any, Any], higher: tuple[Any, Any]) -> tuple[Any, Any]:
            """Whether any of some queues configures, and what the highest of them says."""
            en, lit = Signal(), Signal(SUPERLANE_BITS)
            m.d.comb += [en.eq(lower[0] | higher[0]), lit.eq(Mux(higher[0], higher[1], lower[1]))]
            return en, lit

        en, lit = tree([(self.config_en[n], self.config_lit[n]) for n in range(self.count)], last)
        m.d.comb += [latest.eq(Mux(en, lit, waiting)), lit_next.eq(self.lit)]
        m.d.sync += [waiting.eq(latest), self.lit.eq(lit_next)]
        with m.If(released & (latest != 0)):
            m.d.comb += lit_next.eq(latest)
            m.d.sync += waiting.eq(0)
        m.d.comb += self.powered_next.eq(Mux(self.running | self.starting, lit_next, self.config.superlanes))

    def _others(self, m: Module) -> None:
        """None, one, or more queues not parked."""

        def awake(one: tuple[Any, Any], two: tuple[Any, Any]) -> tuple[Any, Any]:
            """Whether any of some queues is, and whether several are."""
            some, many = Signal(), Signal()
            m.d.comb += [some.eq(one[0] | two[0]), many.eq(one[1] | two[1] | (one[0] & two[0]))]
            return some, many

        some, many = tree([(~self.parked[n], Const(0)) for n in range(self.count)], awake)
        m.d.comb += [self.others_parked[n].eq(~some | (~many & ~self.parked[n])) for n in range(self.count)]
