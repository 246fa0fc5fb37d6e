"""Products of matrices and convolutions with constant weights, with the Map behind them, as jobs of the MXM."""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arch.config import Config
from arch.conveyor import Hemisphere
from arch.isa.mxm import FORMS
from arch.queues import Unit as Part
from arch.queues import queues
from arch.types import Type
from compiler.graph.ir import Map
from compiler.graph.products import passes
from compiler.schedule import views, weights
from compiler.schedule.build import Build, Near, shares
from compiler.schedule.contract import Pass, Target, Tile
from compiler.schedule.draft import Rows
from compiler.schedule.flow import PlacementError
from compiler.schedule.mesh import MeshError
from compiler.schedule.place import side_by_side, together
from compiler.schedule.storage import CapacityError, Layout, Stored
from compiler.schedule.views import Column, View

#: Planes of a hemisphere that do one job.
Unit = tuple[Hemisphere, tuple[int, ...]]


@dataclass(frozen=True)
class Product:
    """A product of matrices.

    Attributes
    ----------
    label
        For people.
    view, index
        Where the activations lie, and int64[M, K] of their element numbers.
    weights
        Constant [K, N] of int8, uint8 or float16, or the view of a tensor that holds it.
    other
        Where it is a view: int64[K, N] of its element numbers; elements of one k must lie in the lane in which the
        activations have theirs.
    border
        Bits of activations beyond the border.
    """

    label: str
    view: View
    index: NDArray[np.int64]
    weights: NDArray | View
    other: NDArray[np.int64] | None = None
    border: int = 0

    @property
    def form(self) -> str:
        """Form of the ABC."""
        element = self.view.stored.tensor.type
        if element is Type.F16:
            return "f16"
        if isinstance(self.weights, View):
            second = self.weights.stored.tensor.type
        else:
            second = Type.I8 if self.weights.dtype == np.int8 else Type.U8
        form = f"{element.value}{second.value}"
        if form not in FORMS:
            raise ValueError(f"{self.label}: the MXM does not multiply {element.value} with {second.value}")
        return form


def schedule(
    build: Build,
    product: Product,
    stored: Stored,
    first: int,
    epilogue: Map | None,
    sums: str,
    beside: Iterable[int] = (),
) -> None:
    """Schedule a product.

    Parameters
    ----------
    stored
        The result, behind the epilogue if there is one; it gets the pieces that are made.
    first
        Row of the result that is row 0 of the product.
    epilogue
        Steps on the sums.
    sums
        Name of the tensor of sums.
    beside
        Queues of slices in which the result must not lie.
    """
    layout = stored.layout
    groups = views.columns(product.view, product.index)
    last = {p.queue for p in product.view.stored.copies[0] if p.block == groups[-1].block}
    # The planes of both hemispheres read constants at once, so each has its own.
    sources: dict[Hemisphere, tuple[Source | None, ...]] = {}
    for side in Hemisphere:
        known = [s for found in sources.values() for s in found if s is not None]
        taken = {p.queue for s in known for p in s.view.stored.copies[0] if build.is_constant(s.view)}
        # Where sums take all streams of their direction, constants come from the other hemisphere, one after the other.
        avoided = _shut_off(build.config, side) or last | taken
        try:
            sources[side] = _sources(build, layout, epilogue, sums, avoided, side)
        except CapacityError:
            sources[side] = sources[Hemisphere.WEST]
    steps = epilogue.steps if epilogue else ()
    pair = product.form == "f16"
    # Where each plane's last results went: planes of one hemisphere that work at once write to slices of their own, as
    # long as memory is not short.
    written: dict[tuple[Hemisphere, tuple[int, ...]], frozenset[int]] = {}
    abreast = 1 if pair or layout.blocks == 1 else side_by_side(build.config)

    def job(chunk: slice, activations: Sequence[Rows], blocks: range, unit: Unit) -> Iterator[int]:
        side, planes = unit
        used = [n for n, group in enumerate(groups) if _counts(product, layout, group, blocks)] or [0]
        own = [
            one
            for n in used
            for one in _passes(build, product, layout, groups[n], activations[n], side, planes, blocks)
        ]
        reading = [rows for one in own[-1:] for rows in one.activations]
        targets, near = [], Near(side, outer=not steps)
        for number in blocks:
            results = slice(first + chunk.start, first + chunk.stop)
            operands = tuple(source and source.rows(build, number, results) for source in sources[side])
            reading += [rows for rows in operands if rows is not None]
            others = [q for key, found in written.items() if key[0] is side and key[1] != planes for q in found]
            count = results.stop - results.start
            try:
                rows = build.reserve(stored, number, results.start, count, reading, (*beside, *others), near)
            except CapacityError:
                rows = build.reserve(stored, number, results.start, count, reading, beside, near)
            reading.append(rows)
            targets.append(Target(steps, operands, rows))
        if build.memory.store.idle is None:
            written[side, planes] = frozenset(p.queue for t in targets for pieces in t.rows.planes for p in pieces)
        ready = 0
        for ready in build.planes.run(product.label, side, planes, product.form, own, targets):
            yield ready
        for target in targets:
            build.settle(stored, target.rows, ready)

    def reads(chunk: slice) -> list[Rows]:
        return [build.rows(product.view, g.block, g.rows[chunk], border=product.border) for g in groups]

    for chunks in (cut for some in _chunks(build, product, layout) for cut in _cut(build, some, reads)):
        read = [reads(chunk) for chunk in chunks]
        for block in range(0, layout.blocks, abreast):
            blocks = range(block, min(layout.blocks, block + abreast))
            # A plane's first weights must not wait for those that another one loads behind all of its passes, so jobs
            # of different planes take turns; those of one plane do not, for its accumulators hold sums of one job.
            jobs: dict[Unit, Iterator[int]] = {}
            for number, (chunk, activations) in enumerate(zip(chunks, read, strict=True)):
                # Each hemisphere keeps to its chunk, so that both never read the same slice.
                sides = tuple(Hemisphere) if len(chunks) == 1 else (Hemisphere(number % len(Hemisphere)),)
                unit = _unit(build, len(blocks), pair, sides, jobs)
                # Job after job takes less text.
                if unit in jobs or build.memory.store.idle is not None:
                    _in_turns(jobs)
                    unit = _unit(build, len(blocks), pair, sides, jobs)
                if len(blocks) == 1:
                    jobs[unit] = job(chunk, activations, blocks, unit)
                    continue
                try:
                    _in_turns({unit: job(chunk, activations, blocks, unit)})
                except (PlacementError, MeshError):
                    # What both planes would read at once lies in one slice, or the VXM has no room for both.
                    for block in blocks:
                        unit = _unit(build, 1, pair, sides, {})
                        _in_turns({unit: job(chunk, activations, range(block, block + 1), unit)})
            _in_turns(jobs)


def _in_turns(jobs: dict[Unit, Iterator[int]]) -> None:
    """Schedule a pass of each job, then the next pass of each, to the end of all; none is left."""
    while jobs:
        for unit in [unit for unit, job in jobs.items() if next(job, None) is None]:
            del jobs[unit]


@dataclass(frozen=True)
class Source:
    """An operand of an epilogue, block by block."""

    view: View
    blocks: tuple[tuple[int, NDArray[np.int64]], ...]
    latch: bool

    def rows(self, build: Build, block: int, chunk: slice) -> Rows:
        """Rows of a block for a chunk of results."""
        number, rows = self.blocks[block]
        return build.rows(self.view, number, rows[chunk], latch=self.latch)


def source(
    build: Build, name: str, layout: Layout, others: Sequence[Source | None], queues: Iterable[int], user: int = 0
) -> Source:
    """An operand beside results of a layout, in other slices than other operands and some queues if possible."""

    def avoid(block: int) -> Iterable[int]:
        yield from queues
        for other in others:
            for n, (number, _) in enumerate(other.blocks if other else ()):
                if other and together(build.config, n, block):
                    yield from (p.queue for p in other.view.stored.copies[0] if p.block == number)

    view = build.operand(name, layout, avoid, user)
    blocks = tuple(views.aligned(view, layout, block) for block in range(layout.blocks))
    return Source(view, blocks, build.is_constant(view))


def _sources(
    build: Build, layout: Layout, epilogue: Map | None, sums: str, queues: Iterable[int], side: Hemisphere
) -> tuple[Source | None, ...]:
    """Operands of the epilogue; None for the sums, which are the only one without."""
    found: list[Source | None] = []
    for name in epilogue.inputs if epilogue else (sums,):
        others = () if _sums_take_all(build.config) else found
        found.append(None if name == sums else source(build, name, layout, others, queues, side))
    return tuple(found)


def _sums_take_all(config: Config) -> bool:
    """Whether sums of one plane take all streams of their direction."""
    return config.streams <= Type.I32.bytes


def _shut_off(config: Config, side: Hemisphere) -> frozenset[int]:
    """Slices from which no constants can come while a hemisphere's sums do."""
    if not _sums_take_all(config):
        return frozenset()
    return frozenset(q.index for q in queues(config) if q.unit is Part.MEM and q.hemisphere is side)


def _chunks(build: Build, product: Product, layout: Layout) -> list[list[slice]]:
    """Rows of each job, those together that are computed at once: they come from far apart, hence from other slices."""
    config = build.config
    units = len(Hemisphere) * (config.planes if layout.blocks == 1 and product.form != "f16" else 1)
    count, apart = shares(config, len(product.index), units)
    rows = len(product.index)
    chunks = [slice(first, min(first + count, rows)) for first in range(0, rows, count)]
    return [chunks[first::apart] for first in range(apart)]


def _cut(build: Build, chunks: Sequence[slice], reads: Callable[[slice], Iterable[Rows]]) -> list[list[slice]]:
    """Chunks that are computed at once, each in as many parts as they need so that none reads too many runs."""
    length = max(chunk.stop - chunk.start for chunk in chunks)
    most = min(build.stretch(reads(chunk), length) for chunk in chunks)
    step = -(-length // -(-length // most))
    parts = [[slice(n, min(n + step, chunk.stop)) for n in range(chunk.start, chunk.stop, step)] for chunk in chunks]
    return [[part[n] for part in parts if n < len(part)] for n in range(max(map(len, parts)))]


def _unit(build: Build, planes: int, pair: bool, sides: Sequence[Hemisphere], busy: Container[Unit]) -> Unit:
    """Planes of some hemispheres that are free first, others than busy ones if there are any."""
    config = build.config
    if pair or planes > 1:
        every = [(side, tuple(range(config.planes))) for side in sides]
    else:
        every = [(side, (plane,)) for plane in range(config.planes) for side in sides]
    return min(every, key=lambda unit: (unit in busy, build.planes.free(*unit)))


def in_order(config: Config, groups: Sequence[Column]) -> bool:
    """Whether passes in fp16 over the columns of a matrix round their sums where :func:`passes` says."""
    halves = [
        group.columns[group.lanes % config.lanes // (config.lanes // 2) == half] for group in groups for half in (0, 1)
    ]
    found = [np.sort(columns) for columns in halves if len(columns)]
    wanted = passes(config, sum(map(len, found)))
    return len(found) == len(wanted) and all(map(np.array_equal, found, wanted))


def _counts(product: Product, layout: Layout, group: Column, blocks: Sequence[int]) -> bool:
    """Whether a pass adds anything: its weights may all be zero. (In fp16, infinities would still count.)"""
    if isinstance(product.weights, View) or product.form == "f16":
        return True
    columns = slice(blocks[0] * layout.block, (blocks[-1] + 1) * layout.block)
    return bool(product.weights[group.columns, columns].any())


def _passes(
    build: Build,
    product: Product,
    layout: Layout,
    group: Column,
    rows: Rows,
    side: Hemisphere,
    planes: Sequence[int],
    blocks: Sequence[int],
) -> list[Pass]:
    """Passes for columns of activations that lie in one block: one, or for fp16 one for each half of the lanes."""
    if product.form != "f16":
        return [Pass((rows,), tuple(_tiles(build, product, layout, group, blocks, side, planes)))]
    pair = tuple(range(build.config.planes))
    tiles = _tiles(build, product, layout, group, blocks, side, pair)
    half = build.config.lanes // 2
    halves = sorted({int(lane) % build.config.lanes // half for lane in group.lanes})
    return [Pass((rows,), tuple(tiles), number) for number in halves]


def _tiles(
    build: Build,
    product: Product,
    layout: Layout,
    group: Column,
    blocks: Sequence[int],
    side: Hemisphere,
    planes: Sequence[int],
) -> list[Tile]:
    """Weights of a pass for each plane: of blocks of results, or of each byte of their elements."""
    if isinstance(product.weights, View):
        assert product.other is not None
        found = []
        for n, block in enumerate(blocks):
            own = planes if len(blocks) == 1 else planes[n : n + 1]
            other = product.other[:, block * layout.block : (block + 1) * layout.block]
            found += weights.tiles(build, product.weights, other, group, side, own)
        return found
    size, dtype = build.vector, product.weights.dtype
    every = []
    for block in blocks:
        part = product.weights[group.columns, block * layout.block : (block + 1) * layout.block]
        matrix = np.zeros((size, size), dtype)
        matrix[group.lanes, : part.shape[1]] = part
        raw = np.moveaxis(matrix.view(np.uint8).reshape(size, size, dtype.itemsize), -1, 0)
        every += [np.ascontiguousarray(one) for one in raw]
    return build.memory.tiles(every, side, planes)
