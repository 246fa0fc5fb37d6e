"""Inputs and outputs of a compiled network, as its program file names them: checked, for files come from anywhere."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from arch.config import Config
from arch.program import Program
from arch.types import Type
from compiler.schedule.storage import Layout

#: Dtypes of users' arrays.
DTYPES = ("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "float16", "float32")


@dataclass(frozen=True)
class Interface:
    """What the user of a network gives and gets, by name.

    Attributes
    ----------
    network
        Its name.
    inputs, outputs
        Records of :func:`compiler.schedule.host.record`.
    cycles
        Those that the compiler has predicted; None if it has not.
    """

    network: str
    inputs: Mapping[str, Mapping[str, Any]]
    outputs: Mapping[str, Mapping[str, Any]]
    cycles: int | None


def interface(program: Program) -> Interface | None:
    """Inputs and outputs of a program that was compiled from a network; None of any other program.

    Raises
    ------
    ValueError
        In one line, if the file says of them what cannot be.
    """
    found = json.loads(program.meta)
    if "inputs" not in found or "outputs" not in found:
        return None
    rows: dict[str, int] = {}
    for region in program.regions:
        rows[region.name] = rows.get(region.name, 0) + region.rows
    ports = {role: _ports(program.config, found[role], role, rows) for role in ("inputs", "outputs")}
    predicted = found.get("predicted")
    cycles = predicted.get("cycles") if isinstance(predicted, dict) else None
    name = found.get("network")
    return Interface(
        name if isinstance(name, str) else "",
        ports["inputs"],
        ports["outputs"],
        cycles if type(cycles) is int and cycles > 0 else None,
    )


def _ports(config: Config, found: Any, role: str, rows: Mapping[str, int]) -> dict[str, Mapping[str, Any]]:
    if not isinstance(found, list):
        raise ValueError(f"program file is damaged: meta.{role} is no list")
    ports = {}
    for number, one in enumerate(found):
        try:
            _check(config, one, rows)
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
            raise ValueError(
                f"program file is damaged: meta.{role}[{number}] is no {role[:-1]} of a network ({error})"
            ) from None
        ports[one["name"]] = one
    return ports


def _check(config: Config, one: Any, rows: Mapping[str, int]) -> None:
    """Refuse a record by which an array could not be packed."""
    element, block, lane = Type(one["type"]), _whole(one["block"]), one["lane"]
    shape, stored = ([_whole(size) for size in one[name]] for name in ("shape", "stored"))
    if one["dtype"] not in DTYPES or not isinstance(one["name"], str):
        raise ValueError("name or dtype")
    if lane is not None and not 0 <= _whole(lane + 1) - 1 < len(stored):
        raise ValueError("lane")
    if block > config.vector:
        raise ValueError("block")
    last = one.get("last")
    if last is not None and (last == lane or not 0 <= _whole(last + 1) - 1 < len(stored)):
        raise ValueError("last")
    layout = Layout(tuple(stored), lane, block, last)
    size, index = int(np.prod(stored, dtype=object)), one.get("index")
    if (
        not (one["scale"] is None or (isinstance(one["scale"], float) and one["scale"] > 0))
        or type(one["zero"]) is not int
    ):
        raise ValueError("scale or zero")
    if index is None and int(np.prod(shape, dtype=object)) != size:
        raise ValueError("shape")
    if index is not None and (len(index) != np.prod(shape) or not all(0 <= _whole(n + 1) - 1 < size for n in index)):
        raise ValueError("index")
    for piece in one["pieces"]:
        number, byte, first, count = piece
        inside = 0 <= number < layout.blocks and 0 <= byte < element.bytes
        if not inside or not 0 <= first < first + _whole(count) <= layout.rows:
            raise ValueError("pieces")
    if sum(count for *_, count in one["pieces"]) != rows.get(one["name"]):
        raise ValueError("pieces do not fill its regions")


def _whole(value: Any) -> int:
    """A whole number of at least 1."""
    if type(value) is not int or value < 1:
        raise ValueError(f"{value!r} where a number of at least 1 should be")
    return value
