"""Faults of what the chip adds to its parts, and of clock gates."""

from scripts.mutate.fault import Fault

_CHIP = ("tests/hdl/test_chip.py",)
_GATE = ("tests/hdl/test_gate.py",)

FAULTS = (
    Fault(
        "hdl/chip.py",
        "return Mux(self.fuse < n, by_number[n - 1], own) if n else own",
        "return Mux(self.fuse < n - 1, by_number[n - 1], own) if n else own",
        "the superlane above the one that is bypassed has the number of the next",
        _CHIP,
    ),
    Fault(
        "hdl/chip.py",
        "m.d.comb += lane.number.eq(NOWHERE)",
        "m.d.comb += lane.number.eq(0)",
        "the superlane that is bypassed answers to a number",
        _CHIP,
    ),
    Fault(
        "hdl/chip.py",
        "lane.top.eq(lane.number == self.config.superlanes - 1),",
        "lane.top.eq(n == self.config.superlanes - 1),",
        "the uppermost superlane does not know that it is, with the spare in use",
        _CHIP,
    ),
    Fault(
        "hdl/chip.py",
        "with m.If(self.report_superlane == lane.number):",
        "with m.If(self.report_superlane == n):",
        "reports come from a place in silicon, not from a superlane",
        _CHIP,
    ),
    Fault(
        "hdl/chip.py",
        "lane.armed.memory_en.eq(self.armed.memory_en & counts),",
        "lane.armed.memory_en.eq(self.armed.memory_en),",
        "an error meant for a program hits what the host loads",
        _CHIP,
    ),
    Fault(
        "hdl/chip.py",
        "lanes[0].lit.eq(control.powered_next),",
        "lanes[0].lit.eq(control.lit),",
        "the host does not reach superlanes that a program left dark",
        _CHIP,
    ),
    Fault(
        "hdl/chip.py",
        "for name, up, down in ((even, cap.even, cap.even_down), (odd, cap.odd, cap.odd_down)):",
        "for name, up, down in ((odd, cap.even, cap.odd_down), (even, cap.odd, cap.even_down)):",
        "low and high bytes of fp16 sums are swapped on their way to the caps",
        _CHIP,
    ),
    Fault(
        "hdl/chip.py",
        "value = Mux(self.fuse <= k, getattr(places[k + 1][which], name), value)",
        "value = Mux(self.fuse < k, getattr(places[k + 1][which], name), value)",
        "a link sends what the bypassed superlane sends",
        _CHIP,
    ),
    Fault(
        "hdl/chip.py",
        "value = self._shifted(n, [getattr(outer, name) for outer in self.links[link]])",
        "value = getattr(self.links[link][min(n, self.config.superlanes - 1)], name)",
        "above a bypassed superlane all receive the vector of the next one",
        _CHIP,
    ),
    Fault(
        "hdl/chip.py",
        "icu.push.valid.eq(self.text.valid & (self.text.queue == queue.index)),",
        "icu.push.valid.eq(self.text.valid),",
        "every queue holds the text of all",
        _CHIP,
    ),
    Fault(
        "hdl/chip.py",
        "icu.command.valid.eq(self.command.valid & (self.command.queue == queue.index)),",
        "icu.command.valid.eq(self.command.valid & (self.command.queue[1:] == queue.index >> 1)),",
        "the host moves vectors of two slices at once",
        _CHIP,
    ),
    Fault(
        "hdl/chip.py",
        'getattr(lanes[0], f"{name}_hit").eq(icu.hit ^ skipped),',
        'getattr(lanes[0], f"{name}_hit").eq(icu.hit),',
        "faults of queues go to the bypassed superlane, too",
        _CHIP,
    ),
    Fault(
        "hdl/chip.py",
        "[counters.issues[queue.index].eq(icu.issues), counters.waits[queue.index].eq(icu.waits)]",
        "[counters.issues[queue.index].eq(icu.waits), counters.waits[queue.index].eq(icu.issues)]",
        "the counters of a queue are swapped",
        _CHIP,
    ),
    Fault(
        "hdl/chip.py",
        "icu.counting.eq(control.running),",
        "icu.counting.eq(1),",
        "parked cycles count before the program begins",
        _CHIP,
    ),
    Fault(
        "hdl/chip.py",
        "self.faulty.eq(Cat(lane.faulty for lane in lanes).any()),",
        "self.faulty.eq(Cat(lane.faulty for lane in lanes[:-1]).any()),",
        "faults of the uppermost superlane are not seen",
        _CHIP,
    ),
    Fault(
        "hdl/chip.py",
        '*self._leaving(lanes, "host_taken", self.host_taken, bypassed[0]),',
        '*self._leaving(lanes, "host_taken", self.host_taken, None),',
        "the host reads nothing where the lowest superlane is bypassed",
        _CHIP,
    ),
    Fault(
        "hdl/gate.py",
        "return EnableInserter(self.gate.en)(self.block)",
        "return self.block",
        "what stands behind a gate has a clock always, under Amaranth's simulator",
        _GATE,
    ),
    Fault(
        "hdl/gate.py",
        "m.d.falling += held.eq(self.en | ResetSignal())",
        "m.d.falling += held.eq(self.en)",
        "a gate keeps a reset out",
        _GATE,
    ),
    Fault(
        "hdl/gate.py",
        'm.domains.falling = ClockDomain(clk_edge="neg", reset_less=True, local=True)',
        "m.domains.falling = ClockDomain(reset_less=True, local=True)",
        "a gate opens while its clock is high, which gives it a further edge",
        _GATE,
    ),
    Fault(
        "hdl/gate.py",
        "m.d.comb += self.gated.eq(ClockSignal() & held)",
        "m.d.comb += self.gated.eq(ClockSignal() & self.en)",
        "a gate has edges whenever its enable changes",
        _GATE,
    ),
)
