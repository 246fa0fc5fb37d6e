"""The published figures, measured on the hardware: programs, what to look at while they run, and what that tells.

*Planes* loads all planes at once from the slices nearest to them and multiplies on all of them. Instructions and
partial sums are seen on their way from superlane to superlane, cycle by cycle. *Transit* is a barrier among nothing
else. *Hops* lets a vector that counts up pass the VXM and has it stored at either end of a hemisphere in one cycle.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from arch.config import BYTE_BITS, Config
from arch.conveyor import Hemisphere
from arch.isa.icu import NOP, NOTIFY, SYNC
from arch.isa.mem import READ
from arch.isa.spec import make
from arch.program import Program, Segment
from arch.queues import queues
from arch.timing import timing
from compiler.asm.builder import Builder
from scripts.full.case import Case, distance

#: Activations of *planes* at most; cycle of the Notify of *barrier*; vectors of *hops* behind those on their way.
ACTIVATIONS, NOTIFIED, TICKS = 64, 40, 24
#: Stream of the counting vectors, before and behind the VXM.
_BEFORE, _BEHIND = 0, 4


@dataclass(frozen=True)
class Sight:
    """An output of a superlane that is looked at in every cycle: the superlane's number, and the port."""

    superlane: int
    port: str


@dataclass(frozen=True)
class Seen:
    """What a run showed: looked at, uint32[clock cycles] by sight; issued, by queue; regions, uint8[rows, vector]."""

    sights: Mapping[Sight, NDArray[np.uint32]]
    issued: Mapping[str, int]
    regions: Mapping[str, NDArray[np.uint8]]

    def cycles(self, port: str, superlane: int = 0) -> NDArray[np.int64]:
        """Clock cycles in which an output of one bit is set."""
        return np.flatnonzero(self.sights[Sight(superlane, port)] & 1)


# Planes ------------------------------------------------------------------------------------------------------------


def planes(config: Config) -> Case:
    """Weights of all planes at once, and activations on all of them, sums into the accumulators."""
    draw, b, t = np.random.default_rng(18), Builder(config), timing(config)
    count = min(ACTIVATIONS, config.acc_rows, config.bank_words)
    inputs = {}
    for side, way in (("W", "W"), ("E", "E")):
        installed = _load(b, config, draw, side, way)
        source, first = f"{side}.mem0", installed + t.install
        issue = first - t.read - distance(config, source, f"{side}.mxm0.weights", way)
        start = first + max(0, -issue)
        b.run(start - first + issue, source, "Read", count, a="1:0", s=f"{way}{_BEFORE}", stride=1)
        b.region(f"x{side}", "input", source, "1:0", count)
        inputs[f"x{side}"] = draw.integers(0, 1 << BYTE_BITS, (count, config.vector), dtype=np.uint8)
        for plane in range(config.planes):
            unit = f"{side}.mxm{plane}"
            b.run(start, f"{unit}.activations", "ABC.u8i8", count, s=f"{way}{_BEFORE}")
            b.run(start + t.abc, f"{unit}.accumulators", "ACC.i32", count, mode="write", row=0, stride=1, keep=1)
    return Case("planes", "all planes loaded at once, then used at once", b.build(), inputs)


def _load(b: Builder, config: Config, draw: np.random.Generator, side: str, way: str) -> int:
    """Load and install the planes of a hemisphere, as many at once as slices reach; the cycle of the IW.

    A load moves outward through the plane, a supercell per cycle: so the farthest column is loaded first.
    """
    t, S, L = timing(config), config.superlanes, config.lanes
    together = min(config.planes, config.slices // L)
    names = [f"{side}.mem{config.slices - together * L + n}" for n in range(together * L)]
    far = max(distance(config, name, f"{side}.mxm0.weights", way) for name in names)
    for name in names:
        b.data(name, "0:0", draw.integers(0, 1 << BYTE_BITS, (config.planes // together * S, config.vector), np.uint8))
    for first in range(0, config.planes, together):
        turn = first // together
        start = t.read + far + turn * S
        for n, name in enumerate(names):
            issue = start - t.read - distance(config, name, f"{side}.mxm0.weights", way)
            b.run(issue, name, "Read", S, a=f"0:{turn * S}", s=f"{way}{n}", stride=1)
        for plane in range(first, first + together):
            load = {"s": f"{way}{(plane - first) * L}", "col": S - 1, "stride": -1}
            b.run(start, f"{side}.mxm{plane}.weights", "LW", S, **load)
    installed = t.read + far + config.planes // together * S - 1 + t.install
    for plane in range(config.planes):
        b.at(installed, f"{side}.mxm{plane}.weights", "IW", from_="buffer")
    return installed


def planes_sights(config: Config) -> list[Sight]:
    """Instructions of memory and planes at the lowest superlane, and a column's partial sums at each."""
    found = [Sight(0, f"{name}_up__fire") for name in (*_memories(config), *_units(config, "weights"))]
    found += [Sight(0, f"{name}_up__fire") for name in _units(config, "activations")]
    return found + [Sight(k, f"{_first_plane()}_up__0__valid") for k in range(config.superlanes)]


def planes_figures(config: Config, seen: Seen) -> dict[str, int]:
    """Supercells in a row, loading of one plane and of all, multiplications in a cycle."""
    reached = [int(seen.cycles(f"{_first_plane()}_up__0__valid", k)[0]) for k in range(config.superlanes)]
    if np.any(np.diff(reached) != 1):
        raise ValueError(f"partial sums must climb one superlane per cycle, not reach them in cycles {reached}")
    # The last word of each queue of weights is the IW.
    loads = [seen.cycles(f"{name}_up__fire")[:-1] for name in _units(config, "weights")]
    first = min(int(cycles[0]) for name in _memories(config) if len(cycles := seen.cycles(f"{name}_up__fire")))
    last = max(int(cycles[-1]) for cycles in loads)
    busy = [set(seen.cycles(f"{name}_up__fire").tolist()) for name in _units(config, "activations")]
    counted = sum(seen.issued[name] for name in _queues(config, "activations"))
    return {
        "dot_product_cycles": reached[-1] - reached[0] + 1,
        "plane_load_cycles": max(int(cycles[-1] - cycles[0]) + 1 for cycles in loads),
        # From the cycle in which the first Read issues to that in which the last weights are in their buffer.
        "all_planes_load_cycles": last - first + config.stages.operand + 1,
        "int8_macs_per_cycle": counted * config.vector**2 // len(set().union(*busy)),
    }


def _memories(config: Config) -> list[str]:
    return [f"{side}_mem{n}" for side, n in product("we", range(config.slices))]


def _units(config: Config, unit: str) -> list[str]:
    return [name.lower().replace(".", "_") for name in _queues(config, unit)]


def _queues(config: Config, unit: str) -> list[str]:
    return [f"{side.letter}.mxm{n}.{unit}" for side, n in product(Hemisphere, range(config.planes))]


def _first_plane() -> str:
    return "w_plane0"


# Barrier -----------------------------------------------------------------------------------------------------------


def barrier(config: Config) -> Case:
    """All queues park; one of them releases them, itself included, for it has parked meanwhile. Another's first
    instruction shows when."""
    park, read = make(SYNC).encode(), make(READ, a=0, s=0).encode()
    texts = {
        "W.mem0": (make(NOP, n=NOTIFIED - 1).encode(), read, make(NOTIFY).encode(), park, park),
        "E.mem0": (park, read, park),
    }
    words = tuple(texts.get(queue.name, (park, park)) for queue in queues(config))
    rows = bytes(config.vector)
    data = tuple(Segment(side, 0, 0, rows) for side in Hemisphere)
    return Case("barrier", "all queues released", Program(config, words, data))


def barrier_sights(config: Config) -> list[Sight]:
    """What both queues issue."""
    return [Sight(0, "w_mem0_up__fire"), Sight(0, "e_mem0_up__fire")]


def barrier_figures(config: Config, seen: Seen) -> dict[str, int]:
    """From the Notify, the cycle behind its queue's Read, to the first issue of a released queue."""
    return {"barrier_cycles": int(seen.cycles("e_mem0_up__fire")[0] - seen.cycles("w_mem0_up__fire")[0]) - 1}


# Hops --------------------------------------------------------------------------------------------------------------


def hop(config: Config) -> Case:
    """In both directions: a vector that counts up leaves the VXM, and is taken in one cycle by the memory beside it and
    by the SXM at the other end of the hemisphere."""
    b, t, inputs = Builder(config), timing(config), {}
    count = TICKS + config.groups
    for side, other, out, back in (("W", "E", "W", "E"), ("E", "W", "E", "W")):
        source, near, far, unit = f"{other}.mem0", f"{side}.mem1", f"{side}.mem2", f"{side}.sxm.shift_south"
        alu = "vxm0" if side == "E" else "vxm1"
        passing = t.read + distance(config, source, alu, out)
        b.region(f"ticks{side}", "input", source, "0:0", count)
        inputs[f"ticks{side}"] = np.arange(count, dtype=np.uint8)[:, None].repeat(config.vector, axis=1)
        b.run(0, source, "Read", count, a="0:0", s=f"{out}{_BEFORE}", stride=1)
        b.run(passing, alu, "Identity.u8", count, a=f"{out}{_BEFORE}", out=f"{out}{_BEHIND}")
        taken = passing + t.vxm + count - 1
        b.at(taken, near, "Write", a="0:0", s=f"{out}{_BEHIND}")
        b.at(taken, unit, "Shift", n=0, s=f"{out}{_BEHIND}", out=f"{back}{_BEHIND}")
        b.at(taken + t.sxm_cross + distance(config, unit, far, back), far, "Write", a="0:0", s=f"{back}{_BEHIND}")
        for name, place in (("near", near), ("far", far)):
            b.region(f"{name}{side}", "output", place, "0:0", 1)
    return Case("hop", "a counting vector at both ends of a hemisphere", b.build(), inputs)


def hop_figures(config: Config, seen: Seen) -> dict[str, int]:
    """Hops from the VXM to the SXM, the same in both hemispheres."""
    late = [_counted(seen, "near", side) - _counted(seen, "far", side) for side in "WE"]
    found = set(np.unique(late).tolist())
    if len(found) != 1:
        raise ValueError(f"both hemispheres and all lanes must have the same hops, not {sorted(found)}")
    return {"hemisphere_hops": int(found.pop())}


def _counted(seen: Seen, name: str, side: str) -> NDArray[np.int64]:
    return seen.regions[f"{name}{side}"].astype(np.int64)


def no_sights(config: Config) -> Sequence[Sight]:
    """Nothing to look at."""
    return ()


#: By name: the program, what to look at, and what it tells.
FIGURES = {
    "planes": (planes, planes_sights, planes_figures),
    "barrier": (barrier, barrier_sights, barrier_figures),
    "hop": (hop, no_sights, hop_figures),
}
