"""The program file of a network, and what is known of its run before it runs."""

import json
from dataclasses import dataclass

from arch.config import Config
from arch.program import Program
from compiler.asm.errors import AssemblyError
from compiler.asm.lower import lower
from compiler.asm.schedule import Schedule
from compiler.graph.ir import Graph
from compiler.schedule import host
from compiler.schedule.build import Build
from compiler.schedule.emit import items
from compiler.schedule.network import build

#: Cycles left free behind every so many passes, tried in this order: queues need some to fetch their text.
SLACK = ((0, 1), (1, 8), (1, 1), (2, 1), (4, 1), (8, 1))


@dataclass(frozen=True)
class Compiled:
    """A compiled network.

    Attributes
    ----------
    program
        The program.
    cycles
        Cycles that it will take.
    made
        Its plan and memory.
    """

    program: Program
    cycles: int
    made: Build


def compile_graph(graph: Graph, config: Config) -> Compiled:
    """Program of a network.

    Raises
    ------
    ValueError
        In one line, if it cannot be scheduled, does not fit, or has more text than its queues can fetch.
    """
    for slack in SLACK:
        made = build(graph, config, slack)
        try:
            return _compiled(graph, made)
        except AssemblyError:
            if slack == SLACK[-1]:
                raise
    raise AssertionError


def _compiled(graph: Graph, made: Build) -> Compiled:
    schedule = Schedule(made.config, items(made.plan), data=made.memory.data)
    meta = {"network": graph.name, "inputs": [], "outputs": []}
    for role, edges in (("input", graph.inputs), ("output", graph.outputs)):
        for edge in edges:
            view = made.views[edge.tensor]
            schedule.regions += host.regions(role, edge, view.stored)
            meta[f"{role}s"].append(host.record(edge, view.shape, view.stored))
    schedule.meta = json.dumps(meta, separators=(",", ":"))
    program = lower(schedule)
    return Compiled(program, 0, made)
