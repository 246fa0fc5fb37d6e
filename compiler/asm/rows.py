"""Rows of initial memory as program text spells them."""

from collections.abc import Callable, Sequence
from types import MappingProxyType

import numpy as np

from arch.config import BYTE_BITS, Config
from arch.isa.fields import parse_integer
from arch.types import Type
from compiler.asm.clos import permute_map
from compiler.asm.values import element_bits

Bytes = np.ndarray


def rows(config: Config, kind: str, arguments: Sequence[str]) -> Bytes:
    """Rows of one line of a data section: uint8[rows, vector].

    Raises
    ------
    ValueError
        Saying what the line must be.
    """
    if kind in _KINDS:
        return _KINDS[kind](config, arguments)
    name, dot, plane = kind.partition(".")
    element = next((t for t in Type if t.value == name), None)
    if element is None:
        kinds = ", ".join([*_KINDS, *(t.value for t in Type)])
        raise ValueError(f"data must be {kinds}, not {kind!r}")
    found = typed(config, element, arguments)
    if not dot:
        return found
    number = parse_integer(plane)
    if number is None or not 0 <= number < element.bytes:
        raise ValueError(f"{name} has the bytes 0 to {element.bytes - 1}, not {plane!r}")
    return found[number : number + 1]


def typed(config: Config, element: Type, arguments: Sequence[str]) -> Bytes:
    """Vectors of typed elements, a row for each byte of the element: uint8[bytes, vector]; one element fills all."""
    if len(arguments) not in (1, config.vector):
        raise ValueError(f"{element.value} takes 1 or {config.vector} elements, not {len(arguments)}")
    values = [element_bits(element, text) for text in arguments] * (config.vector // len(arguments))
    return np.array([[value >> BYTE_BITS * n & 0xFF for value in values] for n in range(element.bytes)], dtype=np.uint8)


def _hex(config: Config, arguments: Sequence[str]) -> Bytes:
    digits = "".join(arguments)
    count, rest = divmod(len(digits), 2 * config.vector)
    try:
        if rest or not count or not digits.isascii():
            raise ValueError
        return np.frombuffer(bytes.fromhex(digits), dtype=np.uint8).reshape(count, config.vector)
    except ValueError:
        raise ValueError(f"hex takes whole rows of {2 * config.vector} hexadecimal digits") from None


def _zeros(config: Config, arguments: Sequence[str]) -> Bytes:
    numbers = _integers("zeros", "one number of rows", arguments, 1, 1)
    if not 1 <= numbers[0] <= config.bank_words:
        raise ValueError(f"zeros takes 1 to {config.bank_words} rows, not {numbers[0]}")
    return np.zeros((numbers[0], config.vector), dtype=np.uint8)


def _iota(config: Config, arguments: Sequence[str]) -> Bytes:
    given = _integers("iota", "a start and a step at most", arguments, 0, 2)
    start, step = (*given, *(0, 1)[len(given) :])
    values = [(start + n * step) & 0xFF for n in range(config.vector)]
    return np.array([values], dtype=np.uint8)


def _permute(config: Config, arguments: Sequence[str]) -> Bytes:
    what = f"{config.vector} integers"
    order = _integers("permute", what, arguments, config.vector, config.vector)
    if any(abs(number) >> 32 for number in order):
        raise ValueError(f"permute takes integers from 0 to {config.vector - 1}")
    return permute_map(config, np.array(order, dtype=np.int64))


def _integers(kind: str, what: str, arguments: Sequence[str], least: int, most: int) -> tuple[int, ...]:
    numbers = [parse_integer(text) for text in arguments]
    if not least <= len(numbers) <= most or None in numbers:
        raise ValueError(f"{kind} takes {what}")
    return tuple(number for number in numbers if number is not None)


_KINDS: MappingProxyType[str, Callable[[Config, Sequence[str]], Bytes]] = MappingProxyType(
    {"hex": _hex, "zeros": _zeros, "iota": _iota, "permute": _permute}
)
