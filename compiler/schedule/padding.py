"""Lanes of a vector in which no element lies, and that they do not reach products in fp16.

A product multiplies them by zero. Of integers that is zero whatever they hold, but in fp16 infinity times zero is NaN,
and 1 / x, say, makes infinity of nothing. So what a product in fp16 multiplies is *clean*: those lanes hold zeros.
Inputs, constants and what is laid out anew are; other results are made clean by one step more, or by a copy.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from arch.types import Type
from compiler.graph.ir import (
    Conv,
    Graph,
    Input,
    Map,
    MatMul,
    Node,
    Reshape,
    Result,
    Slice,
    Step,
    Take,
    Tensor,
    Transpose,
)
from compiler.schedule import maps, views
from compiler.schedule.build import Build
from compiler.schedule.storage import Layout
from compiler.schedule.views import View

#: Constant of the masks: 1 where an element lies; its own unused lanes are zeros.
ELEMENTS = "elements"


def prepared(graph: Graph) -> Graph:
    """The graph, with the constant of the masks if it multiplies in fp16."""
    if not multiplied(graph):
        return graph
    tensors = {**graph.tensors, ELEMENTS: Tensor(ELEMENTS, (1,), Type.U8)}
    return replace(graph, tensors=tensors, constants={**graph.constants, ELEMENTS: np.ones(1, np.uint8)})


def multiplied(graph: Graph) -> frozenset[str]:
    """Tensors that are activations of products in fp16, as they are or seen through views."""
    makers: Mapping[str, Node] = {node.output: node for node in graph.nodes}
    found = {name for node in graph.nodes for name in _activations(graph, node)}
    for name in list(found):
        while isinstance(maker := makers.get(name), Reshape | Transpose | Slice | Take):
            name = maker.inputs[0]
            found.add(name)
    return frozenset(found)


def _activations(graph: Graph, node: Node) -> Iterable[str]:
    if isinstance(node, MatMul | Conv) and graph.tensors[node.inputs[0]].type is Type.F16:
        yield next((name for name in node.inputs if name not in graph.constants), node.inputs[0])


def masked(build: Build, node: Map, layout: Layout) -> Map:
    """A Map with a step more that clears the unused lanes of its result, if products are to multiply it in fp16."""
    if node.output not in build.multiplied or not layout.width % layout.block:
        return node
    step = Step("Mask", Type.F16, (Result(len(node.steps) - 1), Input(len(node.inputs))))
    return replace(node, inputs=(*node.inputs, ELEMENTS), steps=(*node.steps, step))


def clean(build: Build, view: View) -> View:
    """The view, or if its unused lanes are not clean, the same view of a copy that is."""
    old = view.stored
    if old.clean or old.tensor.type is not Type.F16 or not old.layout.width % old.layout.block:
        return view
    name = f"{old.tensor.name} masked"
    if name not in build.views:
        source = f"{old.tensor.name} whole"
        build.views[source] = views.whole(old)
        node = Map((source, ELEMENTS), name, "", (Step("Mask", Type.F16, (Input(0), Input(1))),))
        copy = maps.schedule(build, node, replace(old.tensor, name=name), old.layout)
        copy.clean = True
        build.views[name] = views.whole(copy)
    return View(build.views[name].stored, view.index)
