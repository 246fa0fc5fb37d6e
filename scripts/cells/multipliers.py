"""Registers around a multiplier go into it: an ECP5's has some before and some behind, of which Yosys makes no use.

Between registers of its own a multiplier takes about 4 ns, between others 4.7 and two wires (Project Trellis).
"""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from scripts.cells.netlist import LUT, MEMORY, MULTIPLIER, REGISTER, changed

#: Kinds of cells whose outputs change at the clock's edge. Multipliers are none, though some do: so what stands between
#: two of them goes into the first only.
_STARTS = (REGISTER, MEMORY)
#: Sides of a multiplier: the pins of its factors, and those of the product.
_FACTORS = ("A", "B")
_PRODUCT = "P"
_BITS = {"A": 18, "B": 18, "P": 36}
#: Those of a multiplier begin with zero, always load, and are never reset: so must be what they replace. A multiplier's
#: product could not have an enable, for nextpnr does not write it.
_ZERO, _ONE = "0", "1"
#: Pins that a register before a multiplier would take in, too, so they must be constant.
_MODES, _FIXED = ("SIGNEDA", "SIGNEDB", "SOURCEA", "SOURCEB"), (_ZERO, _ONE)

Cell = dict[str, Any]
#: A net, or the name of a constant.
Bit = int | str


def absorbed(netlist: str) -> str:
    """A netlist of Yosys whose multipliers have the registers before and behind them inside.

    Those behind go in if they are all that uses the product; those before if every bit of both factors is zero or has
    one, and stay outside as well if something else needs them. Where more than a LUT leads to one of these, all stay: a
    multiplier is far from most logic, and such a path has no time left for the way there, while one from an outer
    register through the multiplier to its inner one has.
    """
    return changed(netlist, _absorb)


def _absorb(module: Mapping[str, Any]) -> None:
    cells: dict[str, Cell] = module["cells"]
    registers = {name: cell for name, cell in cells.items() if _replaceable(cell)}
    by_output: dict[Bit, Cell] = {cell["connections"]["Q"][0]: cell for cell in registers.values()}
    by_input: dict[Bit, Cell] = {cell["connections"]["DI"][0]: cell for cell in registers.values()}
    uses, near = _uses(module), _near(module)
    for cell in cells.values():
        if cell["type"] == MULTIPLIER and all(cell["connections"].get(pin, [_ZERO])[0] in _FIXED for pin in _MODES):
            _absorb_factors(cell, by_output, near)
            _absorb_product(cell, by_input, uses)
    after = _uses(module)
    # What was behind a multiplier has lost its driver, and what was before one perhaps its last user.
    drivers = {bit for cell in cells.values() if cell["type"] == MULTIPLIER for bit in _pins(cell, _PRODUCT)}
    for name, cell in registers.items():
        output = cell["connections"]["Q"][0]
        if output in drivers or (uses[output] and not after[output]):
            del cells[name]


def _absorb_factors(cell: Cell, by_output: Mapping[Bit, Cell], near: Container[Bit]) -> None:
    pins = [pin for side in _FACTORS for pin in _names(cell, side)]
    found = {pin: by_output.get(cell["connections"][pin][0]) for pin in pins if not _is_zero(cell, pin)}
    clock = _clock(found.values())
    if clock is None or any(register and register["connections"]["DI"][0] not in near for register in found.values()):
        return
    for pin, register in found.items():
        assert register is not None
        cell["connections"][pin] = register["connections"]["DI"]
    _enter(cell, clock, [f"REG_INPUT{side}_CLK" for side in _FACTORS])


def _absorb_product(cell: Cell, by_input: Mapping[Bit, Cell], uses: Mapping[Bit, int]) -> None:
    pins = [pin for pin in _names(cell, _PRODUCT) if uses[cell["connections"][pin][0]]]
    found = {pin: by_input.get(cell["connections"][pin][0]) for pin in pins}
    clock = _clock(found.values())
    if clock is None or any(uses[cell["connections"][pin][0]] > 1 for pin in pins):
        return
    if cell["connections"].get("CLK0", [clock]) != [clock]:
        return
    for pin, register in found.items():
        assert register is not None
        cell["connections"][pin] = register["connections"]["Q"]
    _enter(cell, clock, ["REG_OUTPUT_CLK"])


def _enter(cell: Cell, clock: Bit, names: Sequence[str]) -> None:
    """Switch registers on."""
    cell["parameters"] |= {**dict.fromkeys(names, "CLK0"), "GSR": "DISABLED"}
    for pin, bit in (("CLK0", clock), ("CE0", _ONE), ("RST0", _ZERO)):
        cell["connections"][pin] = [bit]
        cell["port_directions"][pin] = "input"


def _clock(registers: Iterable[Cell | None]) -> Bit | None:
    """The clock of all of them; None if one is missing, or they have several."""
    clocks: set[Bit | None] = {cell["connections"]["CLK"][0] if cell else None for cell in registers}
    return clocks.pop() if len(clocks) == 1 else None


def _replaceable(cell: Cell) -> bool:
    """Whether a multiplier's register does the same."""
    if cell["type"] != REGISTER:
        return False
    settings, nets = cell["parameters"], cell["connections"]
    always = settings.get("CEMUX", "").strip() == "1"
    unreset = nets.get("LSR", [_ZERO]) == [_ZERO] and settings.get("LSRMUX", "LSR") == "LSR"
    plain = settings.get("CLKMUX", "CLK") == "CLK" and settings.get("REGSET", "RESET") == "RESET"
    return always and unreset and plain and "M" not in nets and "keep" not in cell.get("attributes", ())


def _names(cell: Cell, side: str) -> list[str]:
    return [f"{side}{n}" for n in range(_BITS[side]) if cell["connections"].get(f"{side}{n}")]


def _pins(cell: Cell, side: str) -> list[Bit]:
    return [cell["connections"][pin][0] for pin in _names(cell, side)]


def _is_zero(cell: Cell, pin: str) -> bool:
    return cell["connections"][pin] == [_ZERO]


def _near(module: Mapping[str, Any]) -> set[Bit]:
    """Nets no more than a LUT away from a register, a memory or a port."""
    cells = module["cells"].values()
    start: set[Bit] = {bit for cell in cells if cell["type"] in _STARTS for bit in _outputs(cell)}
    start |= {bit for port in module["ports"].values() if port["direction"] == "input" for bit in port["bits"]}
    start |= {_ZERO, _ONE, "x"}
    luts = (cell["connections"] for cell in cells if cell["type"] == LUT)
    return start | {nets["Z"][0] for nets in luts if all(bit in start for pin in "ABCD" for bit in nets.get(pin, ()))}


def _outputs(cell: Cell) -> list[Bit]:
    return [
        bit for pin, bits in cell["connections"].items() if cell["port_directions"][pin] == "output" for bit in bits
    ]


def _uses(module: Mapping[str, Any]) -> Counter[Bit]:
    """How often each net is an input, of a cell or of what is around the module."""
    uses: Counter[Bit] = Counter()
    for cell in module["cells"].values():
        for pin, bits in cell["connections"].items():
            if cell["port_directions"][pin] != "output":
                uses.update(bits)
    for port in module["ports"].values():
        if port["direction"] != "input":
            uses.update(port["bits"])
    return uses
