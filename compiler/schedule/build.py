"""What every kind of node needs to be scheduled: the plan, the memory, and the tensors that are there already."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from arch.config import Config
from arch.conveyor import Hemisphere
from arch.timing import timing
from arch.types import Type
from compiler.graph.ir import Conv, Graph, Map, MatMul, Tensor
from compiler.schedule import views
from compiler.schedule.access import BORDER, split
from compiler.schedule.contract import Planes, Tile
from compiler.schedule.draft import Rows
from compiler.schedule.ledger import Ledger
from compiler.schedule.place import Memory, Wish, bytes_of
from compiler.schedule.plan import Plan
from compiler.schedule.storage import CapacityError, Layout, Piece, Stored
from compiler.schedule.views import View

#: Runs of Reads of one slice in one flow, at most: a queue cannot fetch text while it reads in every cycle.
RUNS = 28
#: Tiles of weights up to which results may lie among them: a slice that does both at once needs much text.
_FEW = 32
#: Tiles of weights from which on text has slices of its own.
_MANY = 128


@dataclass(frozen=True)
class Near:
    """Where results are made: in which hemisphere, and whether at its outer end, at the MXM, or at the VXM."""

    side: Hemisphere
    outer: bool


@dataclass(frozen=True)
class _Wanted:
    """Room for rows of a result.

    Attributes
    ----------
    stored, block, first, count
        Which.
    avoid, least
        Queues and banks, -1 for both, where they should not and where they must not lie.
    near
        Where they are made, if that counts.
    """

    stored: Stored
    block: int
    first: int
    count: int
    avoid: tuple[tuple[int, int], ...]
    least: tuple[tuple[int, int], ...]
    near: Near | None = None

    def part(self, first: int, end: int) -> "_Wanted":
        """Rows ``first`` to ``end - 1`` instead."""
        return replace(self, first=first, count=end - first)


class Build:
    """A program in the making.

    Parameters
    ----------
    config
        The machine.
    graph
        The network.
    thrifty
        Whether memory is short: rows are used again, and text is fetched as late as it can be.

    Attributes
    ----------
    views
        Tensors by name, as far as they are there.
    tiles
        Computed weights that are there, and the piece of which they are made.
    multiplied
        Activations of products in fp16, by name.
    retired
        Tensors that are there no more, besides those of the graph.
    """

    def __init__(
        self, config: Config, graph: Graph, *, thrifty: bool = False, multiplied: frozenset[str] = frozenset()
    ) -> None:
        self.config, self.graph, self.multiplied = config, graph, multiplied
        weights = tiles(graph, config.vector)
        self.memory = Memory(config, wordy=weights > _MANY, thrifty=thrifty)
        #: Whether one bank holds all weights, and whether there are so few that results may be written beside them.
        self._roomy = weights * config.superlanes <= config.bank_words
        self._few = self._roomy and weights <= _FEW
        self.plan = Plan(Ledger(config), self.memory.store)
        self.planes = Planes(self.plan)
        self.views: dict[str, View] = {}
        self.tiles: dict[tuple[object, ...], tuple[Piece, Tile]] = {}
        self.retired: list[Stored] = []
        self._constants: dict[tuple[str, Layout, int], Stored] = {}

    @property
    def vector(self) -> int:
        """Elements of a vector."""
        return self.config.vector

    @property
    def stored(self) -> tuple[Stored, ...]:
        """All tensors that lie in memory, each once: constants, then the others."""
        every = [*self._constants.values(), *(view.stored for view in self.views.values()), *self.retired]
        return tuple({id(one): one for one in every}.values())

    def layout(self, shape: tuple[int, ...], lane: int | None, *, images: bool = False) -> Layout:
        """Layout with the given lane axis and as few blocks as possible.

        Of images the batch moves fastest: then windows see long runs of rows.
        """
        return Layout(shape, lane, self.vector, 0 if images and lane else None)

    def constant(self, name: str, out: Layout, avoid: Callable[[int], Iterable[int]] | None, user: int) -> View:
        """View of a constant as an operand beside results of a layout, placed if it is not yet for this user."""
        values = self.graph.constants[name]
        if out.lane is not None:
            axis = out.lane - (len(out.shape) - values.ndim)
            while axis < 0:
                values, axis = values[None], axis + 1
            widened = list(values.shape)
            widened[axis] = out.width
            values = np.broadcast_to(values, widened)
            layout = Layout(values.shape, axis, out.block)
        else:
            layout = Layout(values.shape, None, 1)
        if (name, layout, user) not in self._constants:
            tensor = replace(self.graph.tensors[name], shape=layout.shape)
            self._constants[name, layout, user] = self.memory.put(
                tensor, layout, values, avoid, anywhere=True, strict=user > 0
            )
        return views.whole(self._constants[name, layout, user])

    def operand(
        self, name: str, out: Layout, avoid: Callable[[int], Iterable[int]] | None = None, user: int = 0
    ) -> View:
        """View of a tensor broadcast to the shape of results of a layout."""
        view = self.constant(name, out, avoid, user) if name in self.graph.constants else self.views[name]
        return View(view.stored, np.broadcast_to(view.index, out.shape))

    def row(self, tensor: Tensor, values: NDArray, avoid: Iterable[int]) -> View:
        """View of a small constant that no graph names, in other slices than some."""
        layout, queues = Layout(tensor.shape, 1, self.vector), frozenset(avoid)
        key = (f"{tensor.name} {sorted(queues)}", layout, 0)
        if key not in self._constants:
            self._constants[key] = self.memory.put(tensor, layout, values, lambda _: queues, anywhere=True)
        return views.whole(self._constants[key])

    def is_constant(self, view: View) -> bool:
        """Whether a view is of a constant."""
        return view.stored.tensor.name in self.graph.constants

    def rows(self, view: View, block: int, rows: NDArray[np.int64], *, border: int = 0, latch: bool = False) -> Rows:
        """Rows of a block of a view's tensor for a flow.

        Parameters
        ----------
        border
            Bits of an element beyond the border.
        latch
            Whether the VXM may latch them, if they are all the same.
        """
        stored, wanted = view.stored, np.unique(rows)
        copy = stored.copies[0]
        planes = tuple(
            tuple(p for p in copy if (p.block, p.byte) == (block, byte) and _meets(p, wanted))
            for byte in range(stored.tensor.type.bytes)
        )
        if wanted[0] != BORDER:
            return Rows(planes, rows, latched=latch and len(wanted) == 1)
        first = [next(p for p in copy if (p.block, p.byte) == (block, byte)) for byte in range(len(planes))]
        values = bytes_of(border, stored.tensor.type)
        found = tuple(p or (f,) for p, f in zip(planes, first, strict=True))
        # In the slice of the rows themselves: other flows read other slices at the same time.
        borders = tuple(self.memory.border(pieces[0], value) for pieces, value in zip(found, values, strict=True))
        return Rows(found, rows, borders)

    def stretch(self, reading: Iterable[Rows], most: int) -> int:
        """Rows, of those that a flow would read, that it may: no more than so many, in ``RUNS`` runs at most."""
        for one in reading:
            found = split(one.planes[0], one.rows[:most], one.borders[0] if one.borders else None)
            most = found[RUNS][1].first if len(found) > RUNS else most
        return most

    def reserve(
        self,
        stored: Stored,
        block: int,
        first: int,
        count: int,
        reading: Sequence[Rows],
        beside: Iterable[int] = (),
        near: Near | None = None,
    ) -> Rows:
        """Room for rows of a result that a flow makes while it reads others.

        Parameters
        ----------
        beside
            Queues to be avoided.
        near
            Where they are made, which counts for results that only the host reads.
        """
        others = [(queue, -1) for queue in beside]
        # What is latched can be read long before.
        streaming = [rows for rows in reading if not rows.latched]
        avoid = (*_places(reading), *others)
        wanted = _Wanted(stored, block, first, count, avoid, (*_places(streaming), *others))
        if stored.loose and near is not None:
            try:
                return self._reserved(replace(wanted, near=near))
            except CapacityError:
                stored.loose = False
                stored.homes.clear()
        return self._reserved(wanted)

    def _reserved(self, wanted: _Wanted) -> Rows:
        stored, end = wanted.stored, wanted.first + wanted.count
        share = self.share(stored.layout.rows)
        found: list[list[Piece]] = [[] for _ in range(stored.tensor.type.bytes)]
        for unit in range(wanted.first // share, -(-end // share)):
            part = wanted.part(max(wanted.first, unit * share), min(end, (unit + 1) * share))
            home = self._home(wanted, unit, share)
            away = wanted.near is not None and home[0][0].hemisphere is not wanted.near.side
            if away or any(_hits(piece, wanted.avoid) for pieces in home for piece in pieces):
                home = self._room(part)
            for byte, pieces in enumerate(home):
                found[byte] += [one for piece in pieces if (one := _part(piece, part.first, part.first + part.count))]
        return Rows(tuple(map(tuple, found)), np.arange(wanted.first, end))

    def share(self, rows: int) -> int:
        """Rows of a tensor that lie in one slice: those that one plane works on while others work on others."""
        count, apart = shares(self.config, rows, len(Hemisphere) * self.config.planes)
        return min(count * apart, self.config.bank_words)

    def _home(self, wanted: _Wanted, unit: int, share: int) -> list[tuple[Piece, ...]]:
        """Where a share of a result lies; it is chosen when the first of it is made."""
        stored, key = wanted.stored, (wanted.block, unit)
        if key not in stored.homes:
            whole = wanted.part(unit * share, min(stored.layout.rows, (unit + 1) * share))
            stored.homes[key] = self._room(replace(whole, least=()))
        return stored.homes[key]

    def _room(self, wanted: _Wanted) -> list[tuple[Piece, ...]]:
        near, block, width = wanted.near, wanted.block, wanted.stored.tensor.type.bytes
        sides = wanted.stored.sides if near is None else {block: near.side}
        # What is made is written while more of that is read from which it is made.
        bank = next((1 - bank for _, bank in wanted.avoid if bank >= 0), 0)
        outer = near is not None and near.outer and self._few
        wish = Wish(bank=bank, firm=near is not None and self._roomy, outer=outer, lent=True, again=True)
        try:
            return self.memory.reserve(sides, block, width, wanted.first, wanted.count, wanted.avoid, wish)
        except CapacityError:
            return self.memory.reserve(sides, block, width, wanted.first, wanted.count, wanted.least, wish)

    def settle(self, stored: Stored, rows: Rows, ready: int) -> None:
        """Note that rows of a result can be read from a cycle on."""
        stored.copies[0].extend(replace(piece, ready=ready) for pieces in rows.planes for piece in pieces)


def shares(config: Config, rows: int, units: int) -> tuple[int, int]:
    """Rows of a chunk, and how many chunks each of so many units computes.

    Chunks are even parts: no more rows than the accumulators hold, no fewer than the loading of weights takes, and as
    many chunks as units if that pays.
    """
    most = min(config.acc_rows, config.bank_words)
    least = 2 * max(config.superlanes, timing(config).acc_row)
    wanted = max(-(-rows // most), min(units, -(-rows // least)))
    if wanted > units:
        wanted += -wanted % units
    count = -(-rows // wanted)
    chunks = -(-rows // count)
    return count, -(-chunks // units)


def _places(reading: Iterable[Rows]) -> Iterator[tuple[int, int]]:
    """Queues and banks of what is read."""
    for rows in reading:
        yield from ((piece.queue, piece.bank) for pieces in rows.planes for piece in pieces)


def _hits(piece: Piece, avoid: Iterable[tuple[int, int]]) -> bool:
    return any(queue == piece.queue and bank in (-1, piece.bank) for queue, bank in avoid)


def _part(piece: Piece, first: int, end: int) -> Piece | None:
    """Rows ``first`` to ``end - 1`` of a piece, as far as it has them."""
    low, high = max(first, piece.first), min(end, piece.first + piece.rows)
    if low >= high:
        return None
    return replace(piece, offset=piece.offset + low - piece.first, first=low, rows=high - low)


def _meets(piece: Piece, rows: NDArray[np.int64]) -> bool:
    at, rest = np.divmod(rows - piece.first, piece.step)
    return bool(((rest == 0) & (at >= 0) & (at < piece.rows)).any())


def tiles(graph: Graph, vector: int) -> int:
    """Tiles of a plane's size that the constant weights of a network have."""
    found = 0
    for node in graph.nodes:
        weights = graph.constants.get(node.inputs[1]) if isinstance(node, MatMul | Conv) else None
        if weights is not None:
            outer = weights.shape[-1] if isinstance(node, MatMul) else weights.shape[0]
            found += -(-outer // vector) * -(-(weights.size // max(1, outer)) // vector)
    return found


def consumers(graph: Graph) -> Mapping[str, int]:
    """How many nodes, or outputs of the network, read each tensor."""
    count: dict[str, int] = {}
    for name in [*(name for node in graph.nodes for name in node.inputs), *(edge.tensor for edge in graph.outputs)]:
        count[name] = count.get(name, 0) + 1
    return count


def element_dtype(type: Type) -> np.dtype:
    """NumPy's type of an element type."""
    kind = "f" if type.floating else "i" if type.signed else "u"
    return np.dtype(f"{kind}{type.bytes}")


def fused(graph: Graph) -> dict[str, Map]:
    """For each product's result that one Map alone reads, that Map: it takes the sums as they leave the MXM."""
    count = consumers(graph)
    maps = {name: node for node in graph.nodes if isinstance(node, Map) for name in node.inputs}
    return {name: node for name, node in maps.items() if count[name] == 1}
