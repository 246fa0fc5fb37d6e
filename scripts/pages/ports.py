"""The table that goes with exported Verilog: the machine's parameters, and each module with its ports."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from inspect import cleandoc
from textwrap import dedent
from types import MappingProxyType
from typing import Any

from arch.config import Alu, Config
from hdl.export import Exported
from hdl.seam import Block

_PORT = re.compile(r"^  (?P<way>input|output) (?:\[(?P<high>\d+):0\] )?\\?(?P<name>\w+) ?;", re.MULTILINE)
_INSTANCE = re.compile(r"^  (?P<module>\w+) (?:\\\S+ |\w+) \($", re.MULTILINE)
_MEMBERS = re.compile(r"^Members\n-+\n(?P<text>.*?)(?=^\S[^\n:]*\n-+$|\Z)", re.MULTILINE | re.DOTALL)
#: What the seam adds to every block with a clock.
_SHARED = MappingProxyType({"clk": "clock, rising edge", "rst": "reset, high, synchronous"})


@dataclass(frozen=True)
class Port:
    """A port of a module: ``way`` is input or output, ``width`` in bits."""

    name: str
    way: str
    width: int


def ports(text: str) -> tuple[Port, ...]:
    """Ports of a module, as its Verilog declares them, by name."""
    found = (Port(p["name"], p["way"], int(p["high"] or 0) + 1) for p in _PORT.finditer(text))
    return tuple(sorted(found, key=lambda port: (port.name not in _SHARED, port.name)))


def instances(text: str, known: Iterable[str]) -> dict[str, int]:
    """How many of which modules stand in a module."""
    names = frozenset(known)
    inside = [found["module"] for found in _INSTANCE.finditer(text) if found["module"] in names]
    return {name: inside.count(name) for name in sorted(set(inside))}


def copies(modules: Mapping[str, Exported]) -> dict[str, int]:
    """How often each module stands in the first one, all levels counted."""
    below = {name: instances(module.text, modules) for name, module in modules.items()}
    top = next(iter(modules))
    above: dict[str, list[tuple[str, int]]] = {name: [] for name in modules}
    for name, inside in below.items():
        for child, count in inside.items():
            above[child].append((name, count))
    counts = {top: 1}

    def count_of(name: str) -> int:
        if name not in counts:
            counts[name] = sum(times * count_of(parent) for parent, times in above[name])
        return counts[name]

    return {name: count_of(name) for name in modules}


def page(config: Config, what: str, modules: Mapping[str, Exported]) -> str:
    """The table, as Markdown.

    Parameters
    ----------
    config : Config
        The machine.
    what : str
        What is exported.
    modules : dict of str to Exported
        Its modules, the top first.
    """
    top = next(iter(modules))
    lines = [
        f"# {top}",
        "",
        f"Machine `{config.name}`: {what}. Written by `make verilog`; how to use it: docs/verilog.md.",
        "",
        "## Parameters",
        "",
        "| parameter | value |",
        "|---|---|",
        *(f"| {field.name} | {_value(getattr(config, field.name))} |" for field in fields(config)),
        "",
        "## Modules",
        "",
        "| module | copies | lines | what it is |",
        "|---|---:|---:|---|",
    ]
    times = copies(modules)
    for name, module in modules.items():
        lines.append(
            f"| [{name}](#{name}) | {times[name]:,} | {module.text.count(chr(10)):,} | {_summary(module.block)} |"
        )
    for name, module in modules.items():
        lines += ["", f"## {name}", "", *_module(module, modules)]
    return "\n".join(lines) + "\n"


def _module(module: Exported, modules: Mapping[str, Exported]) -> list[str]:
    """Section of a module."""
    meanings = {**members(module.block), **(_SHARED if module.block is None or module.block.clocked else {})}
    lines = [_summary(module.block)]
    if inside := instances(module.text, modules):
        lines += ["", "Holds " + ", ".join(f"{count} x `{name}`" for name, count in inside.items()) + "."]
    lines += ["", "| port | way | bits | meaning |", "|---|---|---:|---|"]
    told: set[str] = set()
    for port in ports(module.text):
        name = next((pattern for pattern in meanings if fnmatchcase(port.name.split("__")[0], pattern)), "")
        # A group of ports is explained at its first one.
        meaning = "" if name in told else meanings.get(name, "")
        told.add(name)
        lines.append(f"| {port.name} | {port.way} | {port.width} | {meaning} |")
    return lines


def members(block: Block | None) -> dict[str, str]:
    """What the docstring of a block says of each member; a name may be a pattern, such as ``s_axil_*``."""
    section = _MEMBERS.search(cleandoc(type(block).__doc__ or "")) if block is not None else None
    if section is None:
        return {}
    found: dict[str, str] = {}
    for entry in re.split(r"\n(?=\S)", section["text"].strip()):
        head, _, rest = entry.partition("\n")
        found |= dict.fromkeys(_names(head), _cell(dedent(rest)))
    return found


def _names(head: str) -> list[str]:
    """Members that an entry begins with, as in ``hit : Out(4), failed, corrected : Out(range(3))``."""
    while (shorter := re.sub(r"\([^()]*\)", "", head)) != head:
        head = shorter
    # Behind each colon the type stands first, then what is declared next.
    first, *others = (part.split(",") for part in re.sub(r"<\w+>", "*", head).split(":"))
    return [name.strip() for name in (*first, *(name for part in others for name in part[1:]))]


def _summary(block: Block | None) -> str:
    """First sentence of a block's docstring."""
    if block is None:
        return "A part of the block whose name it starts with."
    text = cleandoc(type(block).__doc__ or "").split("\n\n")[0]
    return _cell(text)


def _cell(text: str) -> str:
    """Text in one cell of a table."""
    text = re.sub(r":\w+:`([^`]+)`", r"`\1`", " ".join(text.split()))
    return text.replace("``", "`").replace("|", "\\|")


def _value(value: Any) -> str:
    """A parameter's value."""
    if isinstance(value, tuple):
        kinds: dict[Alu, int] = {alu: value.count(alu) for alu in value}
        return ", ".join(
            f"{n} {'large' if alu.large else 'plain'} ({' '.join(t.value for t in alu.types)})"
            for alu, n in kinds.items()
        )
    if hasattr(value, "__dataclass_fields__"):
        return ", ".join(f"{field.name} {getattr(value, field.name)}" for field in fields(value))
    return str(value)
