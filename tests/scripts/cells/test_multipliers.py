"""Registers that go into multipliers, and those that may not."""

import json
from typing import Any

import pytest

from scripts.cells.multipliers import absorbed

CLOCK = 2


class Netlist:
    """A multiplier of two bits each with registers around it, put together cell by cell.

    Factors are nets 10 and 11 (of A) and 12 (of B), from registers with inputs 20, 21 and 22, which are ports; products
    are nets 30 and 31, into registers with outputs 40 and 41, which are ports.
    """

    def __init__(self) -> None:
        self.cells: dict[str, Any] = {}
        for n, (before, after) in enumerate(((20, 10), (21, 11), (22, 12), (30, 40), (31, 41))):
            self.register(f"ff{n}", before, after)
        pins = {"A0": [10], "A1": [11], "A2": ["0"], "B0": [12], "B1": ["0"], "P0": [30], "P1": [31], "P2": [32]}
        self.cell("mult", "MULT18X18D", pins, "P0 P1 P2")
        self.outputs = [40, 41]

    def cell(self, name: str, kind: str, pins: dict[str, list[Any]], outputs: str) -> dict[str, Any]:
        directions = {pin: "output" if pin in outputs.split() else "input" for pin in pins}
        made = {"type": kind, "parameters": {}, "connections": pins, "port_directions": directions}
        self.cells[name] = made
        return made

    def register(self, name: str, before: int, after: int) -> None:
        made = self.cell(name, "TRELLIS_FF", {"CLK": [CLOCK], "DI": [before], "LSR": ["0"], "Q": [after]}, "Q")
        made["parameters"] = {"CEMUX": "1 ", "CLKMUX": "CLK", "LSRMUX": "LSR", "REGSET": "RESET"}

    def after(self) -> dict[str, Any]:
        """Cells of what comes of it."""
        ports = {
            "i": {"direction": "input", "bits": [CLOCK, 20, 21, 22]},
            "o": {"direction": "output", "bits": self.outputs},
        }
        text = json.dumps({"modules": {"top": {"ports": ports, "cells": self.cells, "netnames": {}}}})
        return json.loads(absorbed(text))["modules"]["top"]["cells"]


def sides(cells: dict[str, Any]) -> str:
    """Which sides of the multiplier have registers."""
    settings = cells["mult"]["parameters"]
    assert ("REG_INPUTA_CLK" in settings) == ("REG_INPUTB_CLK" in settings)
    return "factors " * ("REG_INPUTA_CLK" in settings) + "product " * ("REG_OUTPUT_CLK" in settings)


def test_registers_on_both_sides_go_in():
    cells = Netlist().after()
    assert sides(cells) == "factors product " and list(cells) == ["mult"]
    nets = cells["mult"]["connections"]
    assert [nets[pin] for pin in ("A0", "A1", "A2", "B0", "B1")] == [[20], [21], ["0"], [22], ["0"]]
    assert [nets[pin] for pin in ("P0", "P1", "P2")] == [[40], [41], [32]]
    assert [nets[pin] for pin in ("CLK0", "CE0", "RST0")] == [[CLOCK], ["1"], ["0"]]
    assert cells["mult"]["parameters"] == {
        "REG_INPUTA_CLK": "CLK0", "REG_INPUTB_CLK": "CLK0", "REG_OUTPUT_CLK": "CLK0", "GSR": "DISABLED"
    }  # fmt: skip


def test_a_register_that_something_else_needs_stays_too():
    netlist = Netlist()
    netlist.outputs.append(11)
    cells = netlist.after()
    assert sides(cells) == "factors product " and set(cells) == {"mult", "ff1"}


def test_a_product_that_something_else_needs_keeps_its_registers():
    netlist = Netlist()
    netlist.outputs.append(31)
    cells = netlist.after()
    assert sides(cells) == "factors " and set(cells) == {"mult", "ff3", "ff4"}


@pytest.mark.parametrize("which, left", [("ff2", "product "), ("ff4", "factors ")])
@pytest.mark.parametrize(
    "change",
    [
        {"parameters": {"CEMUX": "CE"}},
        {"parameters": {"CEMUX": "0"}},
        {"parameters": {"CLKMUX": "INV"}},
        {"parameters": {"REGSET": "SET"}},
        {"connections": {"LSR": [99]}},
        {"connections": {"LSR": ["1"]}},
        {"connections": {"M": [99]}},
        {"connections": {"CLK": [99]}},
    ],
    ids=lambda change: str(next(iter(change.values()))),
)
def test_registers_that_do_more_than_a_multiplier_s_stay(which: str, left: str, change: dict[str, dict[str, Any]]):
    netlist = Netlist()
    for group, values in change.items():
        netlist.cells[which][group] |= values
    netlist.cells[which]["port_directions"]["M"] = "input"
    assert sides(netlist.after()) == left


@pytest.mark.parametrize("pin, left", [("A1", "product "), ("P1", "factors ")])
def test_a_bit_without_a_register_keeps_all_outside(pin: str, left: str):
    netlist = Netlist()
    netlist.cells["mult"]["connections"][pin] = [98]
    if pin == "P1":
        netlist.cell("lut", "LUT4", {"A": [98], "Z": [97]}, "Z")
    assert sides(netlist.after()) == left


def test_both_sides_have_one_clock():
    netlist = Netlist()
    for name in ("ff3", "ff4"):
        netlist.cells[name]["connections"]["CLK"] = [99]
    cells = netlist.after()
    assert sides(cells) == "factors " and cells["mult"]["connections"]["CLK0"] == [CLOCK]


@pytest.mark.parametrize("pin", ["SIGNEDA", "SOURCEB"])
def test_a_mode_that_changes_keeps_registers_outside(pin: str):
    netlist = Netlist()
    for net, expected in (("1", "factors product "), (20, "")):
        netlist.cells["mult"]["connections"][pin] = [net]
        netlist.cells["mult"]["port_directions"][pin] = "input"
        assert sides(netlist.after()) == expected


def test_a_register_that_is_to_be_kept_is():
    netlist = Netlist()
    netlist.cells["ff0"]["attributes"] = {"keep": "1"}
    assert sides(netlist.after()) == "product "


def test_a_register_before_two_multipliers_goes_into_both_and_one_between_them_into_the_first():
    netlist = Netlist()
    pins = {"A0": [40], "B0": [12], "P0": [50]}
    netlist.cell("behind", "MULT18X18D", pins, "P0")
    netlist.outputs = [41, 50]
    cells = netlist.after()
    assert sides(cells) == "factors product " and set(cells) == {"mult", "behind", "ff2"}
    assert cells["behind"]["parameters"] == {} and cells["behind"]["connections"] == pins


def test_a_constant_one_keeps_the_factors_outside():
    netlist = Netlist()
    netlist.cells["mult"]["connections"]["B1"] = ["1"]
    assert sides(netlist.after()) == "product "


def test_one_lut_may_stand_before_a_factor_and_two_may_not():
    netlist = Netlist()
    netlist.cell("lut", "LUT4", {"A": [21], "B": [20], "C": ["0"], "Z": [50]}, "Z")
    netlist.cells["ff1"]["connections"]["DI"] = [50]
    assert sides(netlist.after()) == "factors product "
    netlist.cell("farther", "LUT4", {"A": [50], "Z": [51]}, "Z")
    netlist.cells["ff1"]["connections"]["DI"] = [51]
    assert sides(netlist.after()) == "product "
