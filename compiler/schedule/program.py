"""The program file of a network, and what is known of its run before it runs."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from arch.config import Config
from arch.program import Program
from compiler.asm.errors import AssemblyError
from compiler.asm.lower import Laid, lay_out
from compiler.asm.schedule import Schedule
from compiler.graph.ir import Graph
from compiler.schedule import host, meta
from compiler.schedule.build import Build, Slack
from compiler.schedule.emit import items
from compiler.schedule.facts import Facts, facts, names_of
from compiler.schedule.network import build
from compiler.schedule.traffic import traffic

#: How much room for the fetching of text is left, tried in this order.
SLACKS = (Slack(), Slack(1, 8), Slack(1, 1, 1), Slack(2, 1, 2), Slack(4, 1, 4), Slack(8, 1, 8))


class TextError(ValueError):
    """A network whose queues cannot fetch their text in time."""


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
        In one line, if it cannot be scheduled, does not fit, or has more text than its queues can fetch.
    """
    why = ""
    for number, slack in enumerate(SLACKS, 1):
        attempt = f", attempt {number} of {len(SLACKS)}" if number > 1 else ""
        tell(f"scheduling {len(graph.nodes)} operators{attempt}")
        made = build(graph, config, slack)
        tell(f"writing the text of the queues{attempt}")
        try:
            laid = _laid(graph, made)
        except AssemblyError as error:
            why = why or str(error).splitlines()[0]
            continue
        tell("measuring")
        return _measured(graph, made, laid)
    raise TextError(f"the network has more text than the queues of {config.name!r} can fetch in time: {why}")


def _laid(graph: Graph, made: Build) -> Laid:
    schedule = Schedule(made.config, items(made.plan), data=made.memory.data)
    for role, edges in (("input", graph.inputs), ("output", graph.outputs)):
        for edge in edges:
            schedule.regions += host.regions(role, edge, made.views[edge.tensor].stored)
    return lay_out(schedule)


def _measured(graph: Graph, made: Build, laid: Laid) -> Compiled:
    found = traffic(made.config, made.plan.placed, names_of(graph))
    known = facts(graph, laid, found)
    remarks = json.dumps(meta.record(graph, made, laid, found, known), separators=(",", ":"))
    return Compiled(replace(laid.program, meta=remarks), made, known)
