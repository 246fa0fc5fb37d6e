"""All links of a window together: the dataflow of its instructions, without values."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.fast import link_memory, link_mxm, link_units, streams
from golden.fast.carry import Carry
from golden.fast.issues import Issues
from golden.fast.link_memory import MemoryLinks
from golden.fast.link_mxm import AccLinks, WeightLinks
from golden.fast.link_units import LinkLinks, MeshLinks, PairLinks
from golden.fast.streams import Events, StreamLinks
from golden.fast.tables import Kind, Tables
from golden.fast.text import Block

__all__ = ["TextSamples", "Window", "link_window"]

Column = NDArray[np.int64]


@dataclass(frozen=True)
class TextSamples:
    """Vectors of text sampled in a window: the block, the number of the vector, and the cycle of each."""

    entries: list[tuple[int, Block, int]]

    def points(self, tables: Tables) -> tuple[Column, Column, Column]:
        """Line, progress and cycle of each sample."""
        streams_per_way = tables.config.streams
        line = [block.direction * streams_per_way + block.stream for _, block, _ in self.entries]
        progress = [tables.progress(block.direction, block.position) for _, block, _ in self.entries]
        columns = (line, progress, [cycle for cycle, _, _ in self.entries])
        return tuple(np.array(column, np.int64) for column in columns)  # pyright: ignore[reportReturnType]


@dataclass(frozen=True)
class Window:
    """Everything that instructions of a window take from each other and from what was before.

    Producers of streams are numbered: those carried, then ``driven``. Row n + 1 of a table of values is that of
    producer n; row 0 is what stands where nobody drove: zero and undefined.

    Attributes
    ----------
    start, end, lit
        Cycles of issue start to end - 1, all with the same superlanes lit.
    issues, form, kind
        Instructions: rows, form, :class:`Kind`.
    sampled, driven
        Stream registers sampled and driven.
    carried
        Number of carried producers.
    value : int64[samples]
        Row of the values for each register sampled; those of text stand behind those of the instructions.
    clashes
        Groups of producers that drive one register in one cycle.
    """

    start: int
    end: int
    lit: int
    issues: Issues
    form: Column
    kind: Column
    sampled: Events
    driven: Events
    carried: int
    value: Column
    clashes: list[list[int]]
    text: TextSamples
    abc: Column
    memory: MemoryLinks
    weights: WeightLinks
    acc: AccLinks
    mesh: MeshLinks
    pairs: PairLinks
    c2c: LinkLinks


def link_window(
    tables: Tables, issues: Issues, carry: Carry, end: int, lit: int, text: list[tuple[int, Block, int]]
) -> Window:
    """Link a window that starts where ``carry`` ends."""
    form = tables.word_form[issues.wid]
    kind = tables.form["kind"][form]
    sampled, driven = streams.samples(tables, issues, form), streams.drives(tables, issues, form)
    entries = TextSamples(text)
    links = _link_streams(tables, carry, form, sampled, driven, entries)
    abc = np.flatnonzero(kind == Kind.ABC)
    return Window(
        start=carry.start,
        end=end,
        lit=lit,
        issues=issues,
        form=form,
        kind=kind,
        sampled=sampled,
        driven=driven,
        carried=len(carry.streams),
        value=links.source + 1,
        clashes=links.clashes,
        text=entries,
        abc=abc,
        memory=link_memory.link(tables, issues, form),
        weights=link_mxm.link_weights(tables, issues, form, kind, abc),
        acc=link_mxm.link_acc(tables, issues, form, kind, abc, carry),
        mesh=link_units.link_mesh(tables, issues, form, kind, carry),
        pairs=link_units.link_pairs(tables, issues, form, kind),
        c2c=link_units.link_c2c(tables, issues, form, kind, carry),
    )


def _link_streams(
    tables: Tables, carry: Carry, form: Column, sampled: Events, driven: Events, text: TextSamples
) -> StreamLinks:
    before = carry.streams
    producers = (
        np.concatenate([before.place, driven.line]),
        np.concatenate([before.note, driven.progress]),
        np.concatenate([before.t, driven.t]),
    )
    queue = np.concatenate([before.queue, tables.form["queue"][form[driven.owner]]])
    points = text.points(tables)
    consumers = tuple(
        np.concatenate(pair) for pair in zip((sampled.line, sampled.progress, sampled.t), points, strict=True)
    )
    return streams.link(producers, queue, (consumers[0], consumers[1], consumers[2]), carry.start)
