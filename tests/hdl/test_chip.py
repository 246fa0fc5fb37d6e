"""What the chip adds to its parts, with nothing in them: superlanes, queues, what these share, and caps are hollow.

Whatever superlane the fuse bypasses, the others must stand there as if they were all: each check goes by them.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from amaranth import Module, Value
from amaranth.lib.wiring import Out

from arch.config import preset
from arch.conveyor import Hemisphere
from arch.queues import Unit, links_of, queues
from hdl import chip as chip_module
from hdl.chip import Chip
from hdl.icu.legal import place_of
from hdl.stack import NOWHERE
from hdl.superlane import plane_name
from hdl.vertical import port_name
from tests.hdl.simulate import simulate

#: Three superlanes in silicon, pairs of planes with fp16, links, and as little else as there can be.
SPARE = replace(
    preset("tiny"), name="spare", spare=True, streams=8, alus=preset("tiny").alus[:4], c2c_links=4, acc_rows=4
)
#: The parts that are hollow.
PARTS = ("Superlane", "InstructionQueue", "Control", "Counters", "Cap")
S = SPARE.superlanes
#: What of a port is read or given: values by the path of each of its signals.
Values = dict[tuple[str | int, ...], int]


class Shell(Chip):
    """Of the chip's own there are no registers."""

    clocked = False


class Bench:
    """A chip of hollow parts: whatever a part gives is set here, at random, and whatever it is given is seen.

    Parameters
    ----------
    monkeypatch
        Puts hollow parts in the place of real ones.
    fuse
        The superlane that is bypassed; None without a spare.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fuse: int | None):
        self.parts: dict[str, list[Any]] = {name: [] for name in PARTS}
        for name in PARTS:
            monkeypatch.setattr(chip_module, name, self._hollow(name))
        self.config = replace(SPARE, spare=fuse is not None)
        self.chip, self.fuse, self.rng = Shell(config=self.config), fuse, random.Random(fuse)
        self.ctx: Any = None

    def _hollow(self, name: str) -> type:
        found = self.parts[name]

        class Hollow(getattr(chip_module, name)):
            def __init__(self, **parameters: Any):
                super().__init__(**parameters)
                found.append(self)

            def body(self, platform: Any) -> Module:
                return Module()

        return Hollow

    @property
    def kept(self) -> list[Any]:
        """Superlanes that are not bypassed, the lowest first."""
        return [lane for n, lane in enumerate(self.parts["Superlane"]) if n != self.fuse]

    def run(self, *looks: Callable[["Bench"], None]) -> None:
        """Give random values to all that parts give, then look."""

        async def bench(ctx: Any) -> None:
            self.ctx = ctx
            if self.fuse is not None:
                ctx.set(self.chip.fuse, self.fuse)
            for part in (part for parts in self.parts.values() for part in parts):
                self.put(*(value for _, member, value in part.signature.flatten(part) if member.flow == Out))
            for look in looks:
                look(self)

        simulate(self.chip, bench)

    def put(self, *ports: Any) -> None:
        """Give random values to ports."""
        for signal in (signal for port in ports for signal in _signals(port).values()):
            self.ctx.set(signal, self.rng.getrandbits(len(signal)))

    def see(self, port: Any) -> Values:
        """Values of a port."""
        return {path: self.ctx.get(Value.cast(signal)) for path, signal in _signals(port).items()}

    def same(self, *pairs: tuple[Any, Any]) -> None:
        """Two ports of each pair have the same values."""
        for one, other in pairs:
            assert self.see(one) == self.see(other), one


def _signals(port: Any) -> dict[tuple[str | int, ...], Any]:
    if isinstance(port, Value):
        return {(): port}
    if isinstance(port, list):
        return {(n, *path): signal for n, each in enumerate(port) for path, signal in _signals(each).items()}
    return {path: Value.cast(signal) for path, _, signal in port.signature.flatten(port)}


def places(bench: Bench) -> None:
    """Each superlane knows its number, drives its word of the host's vector, and is asked for its own report."""
    ctx, chip = bench.ctx, bench.chip
    bench.put(chip.host_vector, chip.report_queue)
    for lane in bench.parts["Superlane"]:
        number = bench.kept.index(lane) if lane in bench.kept else NOWHERE
        assert (ctx.get(lane.number), ctx.get(lane.top)) == (number, number == S - 1)
        bench.same((lane.report_queue, chip.report_queue))
    for k, lane in enumerate(bench.kept):
        bits = bench.config.word_bits
        assert ctx.get(lane.host_word) == ctx.get(chip.host_vector) >> k * bits & (1 << bits) - 1
        ctx.set(chip.report_superlane, k)
        bench.same((chip.report, lane.report))


def edges(bench: Bench) -> None:
    """What the host drives enters the lowest superlane, and what it samples leaves there; before the program runs all
    superlanes have power, and no injection counts."""
    ctx, chip, lowest = bench.ctx, bench.chip, bench.parts["Superlane"][0]
    (control,) = bench.parts["Control"]
    bench.put(chip.host, chip.armed)
    for name in ("stream_en", "memory_en"):
        ctx.set(getattr(chip.armed, name), 1)
    bench.same((lowest.host, chip.host), (lowest.cycle, control.cycle_next), (chip.cycle, control.cycle))
    bench.same((chip.host_taken, bench.kept[0].host_taken), (chip.idle, control.idle))
    for start, starting, running in product((0, 1), repeat=3):
        ctx.set(chip.start, start)
        ctx.set(control.starting, starting)
        ctx.set(control.running, running)
        assert ctx.get(control.start) == start
        bench.same((lowest.lit, control.powered_next))
        for lane in bench.kept:
            wanted = bench.see(chip.armed)
            wanted |= {(name,): wanted[name,] & (starting | running) for name in ("stream_en", "memory_en")}
            assert bench.see(lane.armed) == wanted
    for faulty in (None, *bench.kept):
        for lane in bench.parts["Superlane"]:
            ctx.set(lane.faulty, lane is faulty)
        assert ctx.get(chip.faulty) == (faulty is not None)


def fronts(bench: Bench) -> None:
    """Each queue is joined to the barrier, to the host's words for it and to its slice in the lowest superlane."""
    ctx, chip, lowest = bench.ctx, bench.chip, bench.parts["Superlane"][0]
    (control,), (counters,) = bench.parts["Control"], bench.parts["Counters"]
    units = {icu.queue.index: icu for icu in bench.parts["InstructionQueue"]}
    assert len(units) == len(queues(bench.config))
    bench.put(chip.text, chip.command)
    for queue in queues(bench.config):
        icu, name, n = units[queue.index], port_name(queue), queue.index
        assert ctx.get(icu.place) == place_of(bench.config, queue)
        climbing = getattr(lowest, f"{name}_in")
        bench.same((climbing.fire, icu.fire), (climbing.instr, icu.instr), (climbing.fetch, icu.fetch))
        bench.same((icu.bus, getattr(bench.kept[0], f"{name}_bus")))
        hits = [ctx.get(getattr(lane, f"{name}_hit")) for lane in bench.parts["Superlane"]]
        assert hits == [ctx.get(icu.hit) if lane is bench.kept[0] else 0 for lane in bench.parts["Superlane"]]
        bench.same((icu.release, control.release), (icu.lit, control.lit))
        for running in (0, 1):
            ctx.set(control.running, running)
            assert ctx.get(icu.counting) == running
        for mine, theirs in (("parked", "parked"), ("notify", "notify"), ("config_en", "config_en")):
            assert ctx.get(getattr(control, theirs)) >> n & 1 == ctx.get(getattr(icu, mine)), mine
        bench.same((control.config_lit[n], icu.config_lit))
        assert ctx.get(icu.others_parked) == ctx.get(control.others_parked) >> n & 1
        for mine, theirs in (("issues", icu.issues), ("waits", icu.waits)):
            assert ctx.get(getattr(counters, mine)) >> n & 1 == ctx.get(theirs), mine
        ctx.set(chip.report_queue, n)
        bench.same((chip.issued, counters.issued), (chip.waited, counters.waited))
        assert ctx.get(counters.select) == n
        for source, target in ((chip.text, icu.push), (chip.command, icu.command)):
            bench.same((source.word, target.word))
            for valid, which in product((0, 1), (n, n ^ 1)):
                ctx.set(source.valid, valid)
                ctx.set(source.queue, which)
                assert ctx.get(target.valid) == (valid and which == n)


def links(bench: Bench) -> None:
    """Each link of each superlane ends at the chip's port of its own."""
    chip, taken = bench.chip, set()
    bench.put(*(getattr(port, name) for ports in chip.links for port in ports for name in ("rx_valid", "rx")))
    for queue in (queue for queue in queues(bench.config) if queue.unit is Unit.C2C):
        for which, link in enumerate(links_of(bench.config, queue)):
            taken.add(link)
            for k, lane in enumerate(bench.kept):
                bench.same((chip.links[link][k], getattr(lane, f"{port_name(queue)}_links")[which]))
    assert taken == set(range(bench.config.c2c_links))


def caps(bench: Bench) -> None:
    """Sums of a column of a pair climb from the uppermost superlane into a cap, and come down from it."""
    uppermost, found = bench.kept[-1], iter(bench.parts["Cap"])
    for side in Hemisphere:
        for n, cap in zip(range(S), found, strict=False):
            for plane, up, down in ((0, cap.even, cap.even_down), (1, cap.odd, cap.odd_down)):
                name = plane_name(side, plane)
                bench.same((up, getattr(uppermost, f"{name}_up")[n]))
                bench.same((getattr(uppermost, f"{name}_down_in")[n], down))
    assert not list(found)


@pytest.mark.parametrize("fuse", [None, *range(S + 1)])
def test_a_chip_of_hollow_parts(monkeypatch: pytest.MonkeyPatch, fuse: int | None):
    Bench(monkeypatch, fuse).run(places, edges, fronts, links, caps)
