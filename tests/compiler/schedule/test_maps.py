"""Operands of a Map that would be read from one slice at once."""

from dataclasses import replace

import numpy as np

from arch.config import preset
from arch.types import Type
from compiler.graph.ir import Edge, Graph, Input, Map, Step, Tensor
from compiler.schedule import maps, views
from compiler.schedule.build import Build
from compiler.schedule.storage import Stored


def test_a_constant_in_the_slice_of_another_operand_is_placed_once_more():
    config = preset("small")
    node = Map(("x", "c"), "y", "", (Step("Add", Type.U8, (Input(0), Input(1))),))
    tensors = {name: Tensor(name, (9, 30), Type.U8) for name in "xy"} | {"c": Tensor("c", (1, 30), Type.U8)}
    constants = {"c": np.arange(30, dtype=np.uint8)[None]}
    graph = Graph("sum", tensors, constants, (node,), (Edge("x", "x", "uint8"),), (Edge("y", "y", "uint8"),))
    build = Build(config, graph)
    layout = build.layout((9, 30), 1)
    constant = build.operand("c", layout).stored.copies[0][0]
    stored = build.memory.put(tensors["x"], layout, None)
    moved = [replace(piece, queue=constant.queue, bank=1 - constant.bank) for piece in stored.copies[0]]
    build.views["x"] = views.whole(Stored(stored.tensor, layout, [moved]))
    x, c = maps._sources(build, node, layout)
    assert {piece.queue for piece in x.view.stored.copies[0]} == {constant.queue}
    assert constant.queue not in {piece.queue for piece in c.view.stored.copies[0]}
    # Asked again, it is found where it lies.
    assert maps._sources(build, node, layout)[1].view.stored is c.view.stored
