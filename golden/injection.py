"""Bit errors that a test arms: one XOR mask at one place and cycle (docs/architecture.md, Errors and faults)."""

from dataclasses import dataclass

from arch.config import Config
from arch.conveyor import Direction, Hemisphere

__all__ = ["Injection", "InjectionError", "MemoryInjection", "StreamInjection", "check"]


class InjectionError(ValueError):
    """An injection that names what the machine lacks."""


@dataclass(frozen=True)
class StreamInjection:
    """Error in a stream register as it is loaded for a cycle.

    Attributes
    ----------
    position, direction, stream, superlane
        The register.
    cycle
        Real cycle in which the register holds the damaged word; at least ``superlane``, the first of its own time.
    mask
        Bits to flip: data bits, bit 0 of lane 0 the lowest, and the check bits above them.
    """

    position: int
    direction: Direction
    stream: int
    superlane: int
    cycle: int
    mask: int


@dataclass(frozen=True)
class MemoryInjection:
    """Error in the word that a Write or Scatter stores; nothing happens if none does in that cycle.

    Attributes
    ----------
    hemisphere, mem_slice, superlane
        The tile.
    cycle
        Cycle in which the superlane executes the instruction: issue + superlane.
    mask
        Bits to flip, as in :class:`StreamInjection`.
    """

    hemisphere: Hemisphere
    mem_slice: int
    superlane: int
    cycle: int
    mask: int


Injection = StreamInjection | MemoryInjection


def check(config: Config, injection: Injection) -> None:
    """Raise :class:`InjectionError` naming the first field that this machine does not have, or if nothing in it would
    find an error."""
    if not config.features.ecc:
        raise InjectionError("an injection needs a machine with check bits (features.ecc)")
    bits = config.code_bits
    _within("superlane", injection.superlane, 0, config.superlanes - 1)
    _within("mask", injection.mask, 1, (1 << bits) - 1)
    if isinstance(injection, StreamInjection):
        _within("position", injection.position, 0, config.positions - 1)
        _within("direction", injection.direction, 0, len(Direction) - 1)
        _within("stream", injection.stream, 0, config.streams - 1)
    else:
        _within("hemisphere", injection.hemisphere, 0, len(Hemisphere) - 1)
        _within("mem_slice", injection.mem_slice, 0, config.slices - 1)
    if not isinstance(injection.cycle, int) or injection.cycle < injection.superlane:
        raise InjectionError(
            f"injection cycle must be at least its superlane ({injection.superlane}), not {injection.cycle!r}"
        )


def _within(name: str, value: int, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InjectionError(f"injection {name} must be from {low} to {high}, not {value!r}")
