"""The program file of a network, and what is known of its run before it runs."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from arch.config import Config
from arch.program import Program
from compiler.asm.lower import Laid, lay_lines
from compiler.asm.schedule import Schedule
from compiler.graph.ir import Graph
from compiler.schedule import host, meta
from compiler.schedule.build import Build
from compiler.schedule.facts import Facts, facts, names_of
from compiler.schedule.network import build
from compiler.schedule.storage import CapacityError
from compiler.schedule.traffic import traffic


@dataclass(frozen=True)
class Compiled:
    """A compiled network.

    Attributes
    ----------
    program
        The program.
    made
        Its plan and memory.
    facts
        Predictions for its run.
    """

    program: Program
    made: Build
    facts: Facts

    @property
    def cycles(self) -> int:
        """Cycles that it will take, exactly."""
        return self.facts.cycles


def compile_graph(graph: Graph, config: Config, tell: Callable[[str], None] = lambda step: None) -> Compiled:
    """Program of a network.

    Parameters
    ----------
    graph
        The network.
    config
        The machine.
    tell
        Called with a few words when a step of the work begins.

    Raises
    ------
    ValueError
        In one line, if it cannot be scheduled or does not fit.
    """
    tell(f"scheduling {len(graph.nodes)} operators")
    try:
        made = build(graph, config)
    except CapacityError:
        tell("scheduling them again, with memory used more than once")
        made = build(graph, config, thrifty=True)
    tell("writing the text of the queues")
    laid = _laid(graph, made)
    tell("measuring")
    return _measured(graph, made, laid)


def _laid(graph: Graph, made: Build) -> Laid:
    schedule = Schedule(made.config, data=made.memory.data)
    for role, edges in (("input", graph.inputs), ("output", graph.outputs)):
        for edge in edges:
            schedule.regions += host.regions(role, edge, made.views[edge.tensor].stored)
    return lay_lines(schedule, made.plan.text.lines, made.plan.text.segments())


def _measured(graph: Graph, made: Build, laid: Laid) -> Compiled:
    found = traffic(made.config, made.plan.placed, names_of(graph))
    known = facts(graph, laid, found)
    remarks = json.dumps(meta.record(graph, made, laid, found, known), separators=(",", ":"))
    return Compiled(replace(laid.program, meta=remarks), made, known)
