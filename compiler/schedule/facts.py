"""What is known of a network's run before it runs: cycles, use of every unit, memory, and what decides the end."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from arch.config import BANKS, OFFSET_BITS, Config
from arch.conveyor import Hemisphere
from arch.isa.table import is_icu
from arch.queues import Unit, queues
from arch.rates import rates
from compiler.asm.lower import Laid
from compiler.graph import ir
from compiler.schedule.traffic import Span, Traffic, critical_path


@dataclass(frozen=True)
class Operator:
    """An operator of the network.

    Attributes
    ----------
    name
        Label of its instructions.
    span
        First and last issue.
    macs
        Multiplications that its definition asks for.
    """

    name: str
    span: Span
    macs: int


@dataclass(frozen=True)
class Step:
    """An operator on the critical path.

    Attributes
    ----------
    name
        The operator.
    first, last
        Cycles of the Read of the latest result that it needs (or of its first issue), and of the Write that the next
        one needs (or of its last issue).
    cycles
        From the end of the one before it (or cycle 0) to its own: what it adds to the run.
    """

    name: str
    first: int
    last: int
    cycles: int


@dataclass(frozen=True)
class Use:
    """Issues of the queues of one unit: queues, those that issue anything, and instructions."""

    queues: int
    used: int
    issued: int


@dataclass(frozen=True)
class Side:
    """Memory of one hemisphere: slices in use, rows of the host, of constants, results and text, and rows in all."""

    slices: int
    host: int
    constants: int
    results: int
    text: int
    capacity: int

    @property
    def used(self) -> int:
        """Rows in use."""
        return self.host + self.constants + self.results + self.text


@dataclass(frozen=True)
class Facts:
    """Predictions for a program.

    Attributes
    ----------
    cycles
        Cycles of a run, exactly.
    drain
        How many of them the chip waits behind the last Sync before it is idle.
    macs
        Multiplications that the network asks for.
    peak
        Those of all planes in one cycle, in the type of the network's products (int8 if it has none).
    units
        Use of each unit that the machine has.
    passes
        Vectors that the planes multiply: issues of ABC.
    reads, writes
        Issues of the parts of MEM words.
    memory
        By hemisphere.
    words, preloaded, blocks, text_bytes
        Words of all queues, those that they hold at boot, blocks fetched later, and the bytes of these in memory.
    operators
        In the order of their first issues.
    path
        The critical path.
    """

    cycles: int
    drain: int
    macs: int
    peak: int
    units: Mapping[Unit, Use]
    passes: int
    reads: int
    writes: int
    memory: Mapping[Hemisphere, Side]
    words: int
    preloaded: int
    blocks: int
    text_bytes: int
    operators: tuple[Operator, ...]
    path: tuple[Step, ...]


def facts(graph: ir.Graph, laid: Laid, found: Traffic) -> Facts:
    """Predictions for a program of a network.

    Parameters
    ----------
    laid
        What the assembler has made of the schedule.
    found
        Who does what when, by names of :func:`names_of`.
    """
    config, cycles = laid.program.config, laid.cycles
    assert cycles is not None
    operators = _operators(graph, found)
    units, names = _issues(laid)
    lines = laid.lines.values()
    return Facts(
        cycles,
        cycles - 1 - max(line.at[-1] for line in lines),
        sum(operator.macs for operator in operators),
        _peak(graph, config),
        units,
        names.get("ABC", 0),
        names.get("Read", 0) + names.get("Gather", 0),
        names.get("Write", 0) + names.get("Scatter", 0),
        {side: _side(laid, found, side) for side in Hemisphere},
        sum(len(line.at) for line in lines),
        sum(len(words) for words in laid.program.preload),
        sum(len(line.fetches) for line in lines),
        sum(len(segment.data) for segment in laid.text),
        operators,
        _path(found),
    )


def label_of(node: ir.Node) -> str:
    """What the instructions of a node are called."""
    return node.source or node.output


def names_of(graph: ir.Graph) -> dict[str, str]:
    """Operators by the names with which labels begin: their own, and those of the tensors that they make."""
    found = {edge.tensor: edge.tensor for edge in graph.inputs}
    found |= {node.output: label_of(node) for node in graph.nodes}
    return found | {label_of(node): label_of(node) for node in graph.nodes}


def macs_of(node: ir.Node, graph: ir.Graph) -> int:
    """Multiplications that a node's definition asks for, those of zeros at borders among them."""
    out = graph.tensors[node.output]
    if isinstance(node, ir.MatMul):
        return out.size * graph.tensors[node.inputs[0]].shape[-1]
    if isinstance(node, ir.Conv):
        return out.size * int(np.prod(graph.tensors[node.inputs[1]].shape[1:], dtype=np.int64))
    return 0


def _operators(graph: ir.Graph, found: Traffic) -> tuple[Operator, ...]:
    macs: dict[str, int] = {}
    for node in graph.nodes:
        macs[label_of(node)] = macs.get(label_of(node), 0) + macs_of(node, graph)
    return tuple(Operator(label, found.spans[label], macs.get(label, 0)) for label in found.labels)


def _peak(graph: ir.Graph, config: Config) -> int:
    products = [n for n in graph.nodes if isinstance(n, ir.MatMul | ir.Conv)]
    floating = bool(products) and all(graph.tensors[n.inputs[0]].type.floating for n in products)
    return rates(config)["fp16_macs_per_cycle" if floating else "int8_macs_per_cycle"]


def _issues(laid: Laid) -> tuple[dict[Unit, Use], dict[str, int]]:
    """Use of each unit, and issues of each instruction."""
    chip, names = queues(laid.program.config), {}
    issued = dict.fromkeys(range(len(chip)), 0)
    for index, line in laid.lines.items():
        for item in line.items():
            if not is_icu(item.word):
                issued[index] += item.n
                for op in item.word:
                    names[op.mnemonic] = names.get(op.mnemonic, 0) + item.n
    units = {}
    for unit in Unit:
        own = [issued[q.index] for q in chip if q.unit is unit]
        if own:
            units[unit] = Use(len(own), sum(n > 0 for n in own), sum(own))
    return units, names


def _side(laid: Laid, found: Traffic, side: Hemisphere) -> Side:
    config, program = laid.program.config, laid.program
    kinds = ("results", "constants", "text", "host")
    shape = (config.slices, BANKS << OFFSET_BITS)
    rows = {kind: np.zeros(shape, bool) for kind in kinds}
    rows["results"][:] = found.writer[side] >= 0
    text = {(s.hemisphere, s.mem_slice, s.address) for s in laid.text}
    places = [(r.mem_slice, r.address, r.rows, "host") for r in program.regions if r.hemisphere == side]
    for segment in program.data:
        if segment.hemisphere == side:
            kind = "text" if (side, segment.mem_slice, segment.address) in text else "constants"
            places.append((segment.mem_slice, segment.address, len(segment.data) // config.vector, kind))
    for mem_slice, address, count, kind in places:
        rows[kind][mem_slice, address : address + count] = True
    # What the host reads is a result, too, and results may lie where text or inputs have been: each row counts once.
    every, count = np.zeros(shape, bool), {}
    for kind in ("host", "text", "constants", "results"):
        count[kind] = int((rows[kind] & ~every).sum())
        every |= rows[kind]
    capacity = config.slices * BANKS * config.bank_words
    return Side(int(every.any(axis=1).sum()), **count, capacity=capacity)


def _path(found: Traffic) -> tuple[Step, ...]:
    steps, before = [], -1
    for link in critical_path(found):
        steps.append(Step(link.label, link.first, link.last, link.last - before))
        before = link.last
    return tuple(steps)
