"""Ways through a block that no register interrupts, found in Amaranth's netlist, in which every bit has its cell.

The netlist is no public part of Amaranth; its version is pinned.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from amaranth.hdl import _nir
from amaranth.hdl._ir import Fragment, build_netlist

from hdl.seam import Block

#: What holds a bit over the end of a cycle.
_STORES = (_nir.FlipFlop, _nir.SyncReadPort, _nir.Memory)
_BITWISE = ("~", "&", "|", "^")


def direct(block: Block) -> Mapping[str, frozenset[str]]:
    """By output, the inputs on which it depends in the same cycle; outputs without any are left out."""
    ports = [("__".join(map(str, path)), value, None) for path, _, value in block.signature.flatten(block)]
    netlist = build_netlist(Fragment.get(block, None), ports=ports)
    top = netlist.cells[0]
    inputs = {start + n: name for name, (start, width) in top.ports_i.items() for n in range(width)}
    known: dict[Any, frozenset[str]] = {}
    found = {}
    for name, value in top.ports_o.items():
        reached = frozenset().union(*(_reached(netlist, inputs, known, net) for net in value))
        if reached:
            found[name] = reached
    return found


def _reached(netlist: Any, inputs: Mapping[int, str], known: dict[Any, frozenset[str]], start: Any) -> frozenset[str]:
    """Inputs in front of a net; written without recursion, for chains of cells are long."""
    waiting = [start]
    while waiting:
        net = waiting[-1]
        before = [n for n in _before(netlist, net) if not n.is_const]
        missing = [n for n in before if n not in known]
        if net not in known and missing:
            waiting += missing
            continue
        waiting.pop()
        if net not in known:
            cell = None if net.is_const else netlist.cells[net.cell]
            own = {inputs[net.bit]} if isinstance(cell, _nir.Top) else set()
            known[net] = frozenset(own).union(*(known[n] for n in before))
    return known[start]


def _before(netlist: Any, net: Any) -> Iterator[Any]:
    """Nets on which a net depends in the same cycle."""
    cell = None if net.is_const else netlist.cells[net.cell]
    if cell is None or isinstance(cell, (_nir.Top, *_STORES)):
        return
    if isinstance(cell, _nir.Operator) and cell.operator in _BITWISE:
        yield from (operand[net.bit] for operand in cell.inputs)
    elif isinstance(cell, _nir.Operator) and cell.operator == "m":
        yield from (*cell.inputs[0], cell.inputs[1][net.bit], cell.inputs[2][net.bit])
    elif isinstance(cell, _nir.AssignmentList):
        yield cell.default[net.bit]
        for part in cell.assignments:
            if part.start <= net.bit < part.start + len(part.value):
                yield from (part.cond, part.value[net.bit - part.start])
    else:
        yield from cell.input_nets()
