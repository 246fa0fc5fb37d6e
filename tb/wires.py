"""What runs straight from one instance of a part to another, read off the text of the module that holds them.

At full size a superlane has 150,000 bits of ports, nearly all of them joined to the superlane above or below. As wires
of the rim they would be most of its code, and most of what it does in a cycle. So the inputs of an instance that are
nothing but outputs of other instances are taken out of the rim: ``parts.cpp`` copies them. Where a spare can stand in
there is a multiplexer before such an input; it goes along, and the rim hands over the conditions.

Only what is understood in full is taken out: an assignment of one net to another, and of one of two nets by the
condition of a third. Everything else stays in Verilog.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

_NET = r"(?:\\\S+|[A-Za-z_]\w*)"
_ASSIGN = re.compile(rf"^  assign (?P<net>{_NET})(?P<piece>\s*\[[^\]]*\])?\s*= (?P<value>.*);$", re.MULTILINE)
_CHOICE = re.compile(rf"^(?P<condition>{_NET})\s*\? (?P<first>{_NET})\s*: (?P<second>{_NET})\s*$")
_PLAIN = re.compile(rf"^{_NET}\s*$")
_WIRE = re.compile(rf"^  wire (?:\[[^\]]*\] )?(?P<net>{_NET})\s*;\n", re.MULTILINE)
_PIN = re.compile(r"^    \.(?P<port>\w+)\((?P<net>.*)\),?$", re.MULTILINE)


@dataclass(frozen=True, order=True)
class Pin:
    """A port of an instance, both by their place; ``out`` tells the two directions apart."""

    instance: int
    port: str
    out: bool = False


@dataclass(frozen=True)
class Wire:
    """An input that is one pin where a condition holds (None: always), else another."""

    target: Pin
    condition: int | None
    first: Pin
    second: Pin


class Holder:
    """The module that holds all instances of a part.

    Parameters
    ----------
    text
        Its Verilog, as exported.
    part
        Name of the part.
    inputs, outputs
        Names of the part's ports, the clock aside.

    Attributes
    ----------
    names
        The instances.
    wires
        What need not be in the rim, in an order in which each is known before others depend on it.
    conditions
        A net for each condition.
    """

    def __init__(self, text: str, part: str, inputs: Iterable[str], outputs: Iterable[str]) -> None:
        order = {name: n for n, name in enumerate(inputs)}
        self._text, self._inputs, self._outputs = text, set(order), set(outputs)
        self._instance = re.compile(rf"^  {part} (?P<name>\w+) \(\n(?P<pins>.*?)\n  \);\n", re.MULTILINE | re.DOTALL)
        found = list(self._instance.finditer(text))
        self.names = [match["name"] for match in found]
        self._pins = [{pin["port"]: pin["net"].strip() for pin in _PIN.finditer(match["pins"])} for match in found]
        self._assigned = {match["net"]: match["value"] for match in _ASSIGN.finditer(text) if match["piece"] is None}
        self._entering, self._leaving = self._places(self._inputs), self._places(self._outputs)
        self.conditions: list[str] = []
        self._numbers: dict[str, int] = {}
        wires = {pin: wire for net in self._entering for pin in self._entering[net] if (wire := self._wire(pin, net))}
        self.wires = _ordered(wires, order)

    def _places(self, ports: set[str]) -> dict[str, list[Pin]]:
        """Pins of these ports by the net that they are joined to."""
        found: dict[str, list[Pin]] = {}
        for number, pins in enumerate(self._pins):
            for port, net in pins.items():
                if port in ports and _PLAIN.match(net):
                    found.setdefault(net, []).append(Pin(number, port, port in self._outputs))
        return found

    def _wire(self, pin: Pin, net: str) -> Wire | None:
        """The wire to an input, if it is one of those that are understood."""
        if (source := self._leaf(net, pin, through=True)) is not None:
            return Wire(pin, None, source, source)
        choice = _CHOICE.match(self._assigned.get(net, ""))
        if choice is None:
            return None
        first, second = (self._leaf(choice[name], pin, through=False) for name in ("first", "second"))
        if first is None or second is None:
            return None
        return Wire(pin, self._condition(choice["condition"]), first, second)

    def _leaf(self, net: str, pin: Pin, *, through: bool) -> Pin | None:
        """The pin that has a net's value: an output, or, beyond an assignment, an input of another instance."""
        while net not in self._leaving:
            others = [] if through else [other for other in self._entering.get(net, []) if other != pin]
            if others:
                return others[0]
            value = self._assigned.get(net, "")
            if not _PLAIN.match(value):
                return None
            net, through = value.strip(), False
        return self._leaving[net][0]

    def _condition(self, net: str) -> int:
        """Number of a condition; nets of the same expression are the same."""
        text = " ".join(self._assigned.get(net, net).split())
        if text not in self._numbers:
            self._numbers[text] = len(self.conditions)
            self.conditions.append(net)
        return self._numbers[text]

    @cached_property
    def _fed(self) -> list[dict[str, str]]:
        """By instance: the inputs that the rim drives, with their nets."""
        inside = {wire.target for wire in self.wires}
        return [
            {port: net for port, net in pins.items() if port in self._inputs and Pin(number, port) not in inside}
            for number, pins in enumerate(self._pins)
        ]

    @cached_property
    def _live(self) -> set[str]:
        """Nets that the rim needs."""
        rest = _WIRE.sub("", self._instance.sub("", _ASSIGN.sub("", self._text)))
        rest += " ".join(net for pins in self._fed for net in pins.values()) + " " + " ".join(self.conditions)
        uses: dict[str, list[str]] = {}
        for match in _ASSIGN.finditer(self._text):
            uses.setdefault(match["net"], []).append(match["value"])
        live, waiting = set(), set(re.findall(_NET, rest))
        while waiting:
            net = waiting.pop()
            if net not in live:
                live.add(net)
                waiting.update(name for value in uses.get(net, []) for name in re.findall(_NET, value))
        return live

    def fed(self, number: int) -> set[str]:
        """Inputs of an instance that the rim drives."""
        return set(self._fed[number])

    def shown(self, number: int) -> set[str]:
        """Outputs of an instance that the rim needs."""
        return {port for port, net in self._pins[number].items() if port in self._outputs and net in self._live}

    def rim(self, stubs: Sequence[str], conditions: str) -> str:
        """The module's text with stubs for its instances, the first of which has an input ``conditions``."""
        live = self._live

        def joined(match: re.Match[str]) -> str:
            number = self.names.index(match["name"])
            kept = {"clk", *self._fed[number], *self.shown(number)}
            pins = [f"    .{port}({net} )" for port, net in self._pins[number].items() if port in kept]
            if number == 0 and self.conditions:
                pins.append(f"    .{conditions}({{{' , '.join(reversed(self.conditions))} }})")
            return f"  {stubs[number]} {match['name']} (\n" + ",\n".join(pins) + "\n  );\n"

        text = self._instance.sub(joined, self._text)
        text = re.sub(rf"(?m){_ASSIGN.pattern}\n", lambda m: m[0] if m["net"] in live else "", text)
        return _WIRE.sub(lambda match: match[0] if match["net"] in live else "", text)


def instances(text: str, part: str) -> list[str]:
    """Names of a part's instances in the text of the module that holds them, in their order there."""
    return re.findall(rf"^  {part} (\w+) \($", text, re.MULTILINE)


def holder(sources: Mapping[str, str], part: str) -> str:
    """Name of the one module that holds instances of a part; ``ValueError`` if there is not just one."""
    found = [name for name, text in sources.items() if re.search(rf"(?m)^  {part} \w+ \($", text)]
    if len(found) != 1:
        raise ValueError(f"{part} must stand in one module, not in {', '.join(found) or 'none'}")
    return found[0]


def _ordered(wires: Mapping[Pin, Wire], order: Mapping[str, int]) -> list[Wire]:
    """Wires in levels, each behind those that its sources are the targets of; in a level in the order of ports."""
    levels: dict[Pin, int] = {}
    for pin in wires:
        path = [pin]
        while path:
            wire = wires[path[-1]]
            missing = [p for p in (wire.first, wire.second) if p in wires and p not in levels]
            if missing and len(path) > len(wires):
                raise ValueError(f"{pin.port} of {pin.instance} depends on itself")
            path += missing
            if not missing:
                before = [levels[p] for p in (wire.first, wire.second) if p in wires]
                levels[path.pop()] = 1 + max(before, default=0)

    def place(wire: Wire) -> tuple[int, int, int]:
        return levels[wire.target], wire.target.instance, order[wire.target.port]

    return sorted(wires.values(), key=place)
