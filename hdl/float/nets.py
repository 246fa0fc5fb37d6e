"""Named wires and typed concatenations."""

from collections.abc import Iterable

from amaranth import Cat, Module, Signal, Value
from amaranth.hdl import ValueLike


def net(m: Module, name: str, value: ValueLike) -> Signal:
    """Give an expression a wire, so that it is written once however often it is used.

    Parameters
    ----------
    m : Module
        Where the wire is driven.
    name : str
        Its name in Verilog and in waves.
    value : ValueLike
        What it carries; its shape is the wire's.

    Returns
    -------
    Signal
    """
    expression = Value.cast(value)
    wire = Signal(expression.shape(), name=name)
    m.d.comb += wire.eq(expression)
    return wire


def cat(*parts: ValueLike | Iterable[ValueLike]) -> Value:
    """`Cat`, lowest part first; its own type is not known to be a value of bits."""
    return Value.cast(Cat(*parts))
