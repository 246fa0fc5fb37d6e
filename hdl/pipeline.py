"""Registers in a row."""

from typing import Any

from amaranth import Module, Signal, Value


def delay(m: Module, value: Value, cycles: int, *, reset_less: bool = False) -> Value:
    """``value``, ``cycles`` cycles later.

    Parameters
    ----------
    m : Module
        Where the registers are put.
    value : Value
        What is delayed.
    cycles : int
        Registers, none for 0.
    reset_less : bool
        Whether they are left alone by a reset; for data.
    """
    for _ in range(cycles):
        stage = Signal.like(value, name="delayed", reset_less=reset_less)
        m.d.sync += stage.eq(value)
        value = stage
    return value


def join(source: Any, target: Any) -> list[Any]:
    """Assignments of every member of ``source`` to that of ``target``, for ports whose signatures say the same."""
    statements = []
    for path, _, value in source.signature.flatten(source):
        member = target
        for step in path:
            member = getattr(member, str(step))
        statements.append(member.eq(value))
    return statements
