"""Matrix products on the MXM: passes on planes, weights loaded behind computation, results through the VXM to memory.

A *job* gives one tile of columns (or two, on the two planes of a hemisphere, which then share their activations) for a
*chunk* of rows, as many at most as the accumulators hold. It is a sequence of *passes*: rows of a stored tensor times a
tile of weights, added up in the accumulators. Passes follow each other on a plane without a gap where nothing is in the
way; meanwhile the next weights are loaded into the buffer.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from arch.config import OFFSET_BITS, Config
from arch.conveyor import Hemisphere, mxm_site, vxm_site
from arch.isa.mem import READ
from arch.isa.mxm import ABC, ACC, FORMS, IW, LW, MODES, SOURCES
from arch.queues import queues, queues_by_name
from arch.timing import timing
from arch.types import Type
from compiler.graph.ir import Step
from compiler.schedule.access import inward, outward
from compiler.schedule.draft import Draft, Rows
from compiler.schedule.flow import Drive, Flow, Issue, PlacementError, Sample, Wire, check
from compiler.schedule.ledger import Times
from compiler.schedule.mesh import MeshError
from compiler.schedule.plan import HORIZON, Plan


@dataclass(frozen=True)
class Tile:
    """Weights in memory, as one plane loads them.

    Attributes
    ----------
    streams
        For each stream of the wide group the queue of its slice, the address of the row for the first column of
        supercells, and how far apart the rows of the columns lie.
    ready
        First cycle in which they can be read.
    """

    streams: tuple[tuple[int, int, int], ...]
    ready: int = 0


@dataclass(frozen=True)
class Pass:
    """One pass of a job.

    Attributes
    ----------
    activations
        Alternatives (copies) of the rows.
    tiles
        Weights for each plane that the job uses; of fp16 for the even plane and the odd one.
    half
        Of fp16: which half of each superlane's lanes is multiplied.
    """

    activations: tuple[Rows, ...]
    tiles: tuple[Tile, ...]
    half: int = 0

    @property
    def count(self) -> int:
        """Vectors."""
        return len(self.activations[0].rows)


@dataclass(frozen=True)
class Target:
    """What becomes of the sums of one tile of columns.

    Attributes
    ----------
    steps
        Steps on the VXM; () writes the sums themselves.
    sources
        Inputs of the steps: rows, or None for the sums.
    rows
        Where the results go.
    """

    steps: tuple[Step, ...]
    sources: tuple[Rows | None, ...]
    rows: Rows


@dataclass
class PlaneState:
    """What a plane holds and when it is free.

    Attributes
    ----------
    installed
        Weights in its array.
    last
        Cycle behind which the next pass may begin.
    install
        Cycle of the last IW: the buffer is free behind it.
    loaded
        Cycle of the last LW.
    """

    installed: Tile | None = None
    last: int = -1
    install: int = -1
    loaded: int = -1


@dataclass
class Planes:
    """The MXM as its schedule grows.

    Attributes
    ----------
    plan
        The schedule.
    """

    plan: Plan
    states: dict[tuple[Hemisphere, int], PlaneState] = field(default_factory=dict)

    def __post_init__(self) -> None:
        config = self.plan.ledger.config
        self.states = {(side, plane): PlaneState() for side in Hemisphere for plane in range(config.planes)}
        groups = len(set(self.plan.store.weight_slices))
        #: Whether planes load from slices of their own, and take all streams together.
        self._crowded = groups > 1 and groups * config.lanes >= config.streams

    def free(self, side: Hemisphere, planes: Sequence[int]) -> int:
        """First cycle in which all of these planes can begin a pass."""
        return max(self.states[side, plane].last for plane in planes) + 1

    def run(
        self,
        label: str,
        side: Hemisphere,
        planes: Sequence[int],
        form: str,
        passes: Sequence[Pass],
        targets: Sequence[Target],
    ) -> Iterator[int]:
        """Schedule a job, pass by pass: jobs of several planes may take turns.

        Parameters
        ----------
        side, planes
            Where: planes that share the activations; of fp16 both are one pair.
        form
            Form of the ABC.
        passes
            In order.
        targets
            What becomes of the sums of each plane, or of the pair.

        Yields
        ------
        First cycle in which a Read finds what a pass has written, which behind the last pass are the results. 0
        before the very first pass, where other planes' weights are to be placed before it, too.

        Raises
        ------
        compiler.schedule.flow.PlacementError
            If something finds no place.
        """
        t, states = timing(self.plan.ledger.config), [self.states[side, plane] for plane in planes]
        # Where sums leave the planes most of the time, all planes need ALUs at once.
        often = len(passes) <= 2
        check(self._alternatives(label, side, planes, form, passes[-1], (), (len(passes) > 1, False), targets, often))
        for number, one in enumerate(passes):
            changing = [n for n, state in enumerate(states) if state.installed != one.tiles[n]]
            start = max(state.last + 1 for state in states)
            self._load(label, side, {planes[n]: one.tiles[n] for n in changing}, start)
            if states[0].install < 0 and self._crowded:
                # First weights take most streams; activations keep off them till all planes have theirs.
                yield 0
                every = [self.states[side, plane] for plane in range(self.plan.ledger.config.planes)]
                start = max([start, *(s.loaded + 2 * t.install for s in every if s.install < 0)])
            start = max([start, *(states[n].loaded + 2 * t.install for n in changing)])
            final = targets if number == len(passes) - 1 else ()
            mode = (number > 0, number < len(passes) - 1)
            flows = self._alternatives(
                label, side, planes, form, one, [planes[n] for n in changing], mode, final, often
            )
            chosen, at = self.plan.place_best(flows, start)
            for n in changing:
                states[n].install, states[n].installed = at - t.install, one.tiles[n]
            for state in states:
                state.last = at + max(one.count, t.acc_row) - 1
            yield at + flows[chosen].last + t.write

    def _load(self, label: str, side: Hemisphere, tiles: Mapping[int, Tile], until: int) -> None:
        """Load planes' buffers behind computation that ends before a cycle, spread over all of it if possible.

        In equal steps the loads of pass after pass are one run of Reads, which takes next to no text.
        """
        if len(tiles) > 1 and not alternating(list(tiles.values())):
            for plane, tile in tiles.items():
                self._load(label, side, {plane: tile}, until)
            return
        config = self.plan.ledger.config
        states = [self.states[side, plane] for plane in tiles]
        free = max((state.install + 1 for state in states), default=0)
        count, flow, at = len(tiles) * config.superlanes, None, None
        for every in dict.fromkeys((max(1, (until - free) // max(1, count)), 1)):
            if not tiles:
                return
            flow = load(config, f"{label}: weights", side, tiles, every)
            first = max(free, *(tile.ready + flow.lead for tile in tiles.values()))
            latest = until - 2 * timing(config).install - (count - 1) * every
            at = self.plan.attempt(flow, first, latest if every > 1 else HORIZON)
            if at is not None:
                for state in states:
                    state.loaded = at + (count - 1) * every
                return
        raise PlacementError(f"{label}: weights find no way to a plane")

    def _alternatives(
        self,
        label: str,
        side: Hemisphere,
        planes: Sequence[int],
        form: str,
        one: Pass,
        changing: Sequence[int],
        mode: tuple[bool, bool],
        final: Sequence[Target],
        streaming: bool,
    ) -> list[Flow]:
        """Ways to run a pass: from each copy of the activations; constants latched when needed, or long before, or
        streamed, which takes more memory bandwidth but fewer ALUs."""
        config = self.plan.ledger.config
        latching = any(rows is not None and rows.latched for target in final for rows in target.sources)
        early = one.count + timing(config).abc + timing(config).acc + 2 * config.positions
        flows, why = [], None
        for rows in one.activations:
            for ahead in (*((None,) if streaming else ()), 0, early, None) if latching else (0,):
                try:
                    flows.append(self._pass(label, side, planes, form, one, rows, changing, mode, final, ahead))
                except MeshError as error:
                    why = error
        if why is not None and not flows:
            raise why
        return flows

    def _pass(
        self,
        label: str,
        side: Hemisphere,
        planes: Sequence[int],
        form: str,
        one: Pass,
        rows: Rows,
        changing: Sequence[int],
        mode: tuple[bool, bool],
        final: Sequence[Target],
        early: int | None,
    ) -> Flow:
        config = self.plan.ledger.config
        t, site, names = timing(config), mxm_site(config, side), side.letter
        draft, times = Draft(config, label), Times(0, one.count)
        add, keep = mode
        end = site.sample(outward(side))
        assert end is not None
        wire = draft.read(rows, outward(side), end, times)
        for plane in changing:
            fields = {"from": SOURCES.index("buffer")}
            draft.issue(f"{names}.mxm{plane}.weights", Times(-t.install, 1), IW, None, **fields)
        commanding = planes[:1] if form == "f16" else planes
        for n, plane in enumerate(commanding):
            fields = {"form": FORMS.index(form), "half": one.half}
            draft.issue(f"{names}.mxm{plane}.activations", times, ABC, {"s": wire}, **fields)
            fields = {
                "type": (Type.F32 if form == "f16" else Type.I32).code,
                "mode": MODES.index("add" if add else "write"),
                "stride": 1,
                "row": 0,
                "keep": int(keep),
            }
            arrive = times.shifted(t.abc)
            queue = f"{names}.mxm{plane}.accumulators"
            if not final:
                draft.issue(queue, arrive, ACC, None, **fields)
                continue
            out = draft.wire(inward(side), Type.I32.bytes)
            draft.issue(queue, arrive, ACC, {"out": out}, **fields)
            emitted, start = arrive.shifted(t.acc), site.drive(inward(side))
            draft.drive(out, start, emitted)
            finish(draft, side, final[n], out, emitted, early)
        return draft.flow()


def finish(draft: Draft, side: Hemisphere, target: Target, sums: int, emitted: Times, early: int | None) -> None:
    """Bring sums that leave a hemisphere's MXM, through the VXM if there are steps, to memory."""
    config, way = draft.config, inward(side)
    start = mxm_site(config, side).drive(way)
    assert start is not None
    if not target.steps:
        draft.write(target.rows, sums, start, emitted)
        return
    near = vxm_site(config).sample(way)
    assert near is not None
    arrived = emitted.shifted((near - start) * way.step)
    direction = outward(target.rows.side)
    sources = [sums if source is None else source for source in target.sources]
    wire, driven = draft.compute(target.steps, arrived, sources, direction, early)
    at = vxm_site(config).drive(direction)
    assert at is not None
    draft.write(target.rows, wire, at, driven)


def alternating(tiles: Sequence[Tile]) -> bool:
    """Whether tiles lie in the same slices, a row of each in turn."""
    first = tiles[0].streams
    return all(
        (queue, address, stride) == (one, start + n, len(tiles))
        for n, tile in enumerate(tiles)
        for (queue, address, stride), (one, start, _) in zip(tile.streams, first, strict=True)
    )


def load(config: Config, label: str, side: Hemisphere, tiles: Mapping[int, Tile], every: int) -> Flow:
    """Reads of planes' tiles onto a wide group, one in every few cycles, and the LWs that take them in turn.

    The flow's cycle is that of the first LW.
    """
    direction, site, taken = outward(side), mxm_site(config, side), list(tiles)
    end, total = site.sample(direction), len(tiles) * config.superlanes
    assert end is not None
    drives, issues = [], []
    for stream, (queue, address, stride) in enumerate(tiles[taken[0]].streams):
        start = queues(config)[queue].site.drive(direction)
        assert start is not None
        driven = Times(-(end - start) * direction.step, total, every)
        drives.append(Drive(stream, start, driven))
        bank = address >> OFFSET_BITS
        fields = {"a": address, "stride": stride // len(tiles)}
        issued = driven.shifted(-timing(config).read)
        issues.append(Issue(queue, issued, READ, fields, (("s", 0, stream),), 1 << bank))
    wire = Wire(direction, len(drives), tuple(drives), (Sample(end, Times(0, total, every)),))
    for n, plane in enumerate(taken):
        index = queues_by_name(config)[f"{side.letter}.mxm{plane}.weights"].index
        times = Times(n * every, config.superlanes, every * len(tiles))
        issues.append(Issue(index, times, LW, {"col": 0, "stride": 1}, (("s", 0, 0),)))
    return Flow(label, tuple(issues), (wire,))
