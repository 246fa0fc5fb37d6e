"""Exported Verilog as Verilator likes it: a choice among equal pieces of a vector as one indexed piece.

Where a stream is picked by its number, or replaced, the hardware is a multiplexer, written as a case for each stream.
Verilator makes code of every case; of ``vector[number * width +: width]`` it makes one access. The two mean the same:
cases that are not there become a condition. What is not such a choice stays as it is.
"""

import re

_CASE = re.compile(
    r"^(?P<indent> +)(?:\(\* full_case = 32'd1 \*\)\n +)?casez \((?P<selector>[^()\n]+)\)\n"
    r"(?P<items>(?: +\d+'h[0-9a-f]+:\n +[^ ;\n][^;\n]*;\n)+)"
    r" +endcase\n",
    re.MULTILINE,
)
_ITEM = re.compile(r" +(?P<bits>\d+)'h(?P<key>[0-9a-f]+):\n +(?P<statement>[^ ;\n][^;\n]*;)\n")
_RANGE = re.compile(r"\[(?P<high>\d+)(?::(?P<low>\d+))?\]")
#: Cases that are worth it.
_FEWEST = 3


def fold(module: str) -> str:
    """A module's text with such choices folded."""
    return _CASE.sub(_folded, module)


def _folded(match: re.Match[str]) -> str:
    items = [(int(item["bits"]), int(item["key"], 16), item["statement"]) for item in _ITEM.finditer(match["items"])]
    bits, first, head = items[0]
    keys = [key for _, key, _ in items]
    step = keys[1] - first if len(keys) >= _FEWEST else 0
    # The first case is that of zero, the others follow in equal steps, up to any end.
    if first or step < 1 or step & (step - 1) or keys != list(range(0, step * len(keys), step)):
        return match[0]
    places = [_Place(match) for match in _RANGE.finditer(head)]
    others = [_Place(match) for match in _RANGE.finditer(items[1][2])]
    if len(places) != len(others):
        return match[0]
    strides = [other.low - place.low for place, other in zip(places, others, strict=True)]
    fixed = _RANGE.split(head)[:: _RANGE.groups + 1]
    for n, (_, _, statement) in enumerate(items):
        wanted = [place.moved(n * stride) for place, stride in zip(places, strides, strict=True)]
        if statement != _joined(fixed, wanted):
            return match[0]
    if not any(strides) or any(stride < 0 or stride % step for stride in strides):
        return match[0]
    selector = match["selector"].strip() + (" " if match["selector"].startswith("\\") else "")
    indexed = [
        f"[32'd{stride // step} * {selector} + 32'd{place.low} +: {place.width}]" if stride else place.moved(0)
        for place, stride in zip(places, strides, strict=True)
    ]
    return f"{match['indent']}{_condition(selector, bits, step, keys[-1])}{_joined(fixed, indexed)}\n"


class _Place:
    """A constant piece of a vector, such as ``[15:8]`` or ``[3]``."""

    def __init__(self, match: re.Match[str]):
        high, low = match["high"], match["low"]
        self.low, self.single = int(low or high), low is None
        self.width = int(high) - self.low + 1

    def moved(self, by: int) -> str:
        """The text of the piece so many bits higher."""
        low = self.low + by
        return f"[{low}]" if self.single else f"[{low + self.width - 1}:{low}]"


def _joined(fixed: list[str], places: list[str]) -> str:
    return "".join(text + place for text, place in zip(fixed, [*places, ""], strict=True))


def _condition(selector: str, bits: int, step: int, last: int) -> str:
    """What holds of the selector in one of the cases; nothing if it always does."""
    parts = []
    if last + step < 1 << bits:
        parts.append(f"{selector} <= {bits}'d{last}")
    if step > 1:
        parts.append(f"({selector} & {bits}'d{step - 1}) == {bits}'d0")
    return f"if ({' && '.join(parts)}) " if parts else ""
