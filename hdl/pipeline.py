"""Registers in a row."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from amaranth import Cat, Const, Module, Signal, Value

State = dict[str, Any]
Work = Callable[[Module, Value, State], State]


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


def lingering(m: Module, en: Value, cycles: int) -> Value:
    """Whether ``en`` is high, or was in any of the last ``cycles`` cycles."""
    recent = Signal(cycles, name="recent")
    m.d.sync += recent.eq(Cat(en, recent[:-1]))
    return en | recent.any()


def gated(m: Module, en: Value, name: str, value: Any) -> Signal:
    """Give an expression a wire that is zero without ``en``.

    The wire isolates what follows it from operands that are not meant for it, and a simulator need not work out an
    expression that a whole idle unit would not use.

    Parameters
    ----------
    m : Module
        Where the wire is driven.
    en : Value
        One bit.
    name : str
        Its name in Verilog and in waves.
    value : ValueLike
        What it carries; its shape is the wire's.
    """
    expression = Value.cast(value)
    wire = Signal(expression.shape(), name=name)
    with m.If(en):
        m.d.comb += wire.eq(expression)
    return wire


def restless(still: bool) -> tuple[str, ...]:
    """What tells the name of a module whose registers always move."""
    return () if still else ("restless",)


def registered(
    m: Module, en: Value, rows: Sequence[Mapping[str, Value]], *, still: bool = True
) -> tuple[Signal, list[dict[str, Value]]]:
    """All values of all rows in registers, and ``en`` a cycle later. They load where ``en``, or always if they need not
    keep ``still``."""
    after = Signal(name="en_after")
    m.d.sync += after.eq(en)
    late = [{n: Signal.like(v, name=f"{n}_after", reset_less=True) for n, v in row.items()} for row in rows]
    with m.If(en if still else Const(1)):
        m.d.sync += [late[n][name].eq(value) for n, row in enumerate(rows) for name, value in row.items()]
    return after, [dict(row) for row in late]


def staged(
    m: Module,
    work: Sequence[Work],
    cuts: Mapping[int, tuple[int, ...]],
    ranks: int,
    en: Value,
    rows: list[State],
    *,
    still: bool = True,
) -> tuple[Value, list[State]]:
    """Pieces of work on each row, with ``ranks`` registers between and behind them.

    Parameters
    ----------
    m : Module
    work : sequence of functions
        Each takes a module, one bit without which nothing is to move, and a row's values by name, and gives others.
    cuts : mapping of int to tuple of int
        By the number of registers: the pieces behind which one stands. More registers than that stand at the end.
    ranks : int
        Registers, each of which is a cycle.
    en : Value
        Whether there is something to work on.
    rows : list of dict
        What to start from.
    still : bool
        Whether nothing moves without ``en``. Else the work goes on with whatever stands there.

    Returns
    -------
    en : Value
        The same, ``ranks`` cycles later.
    rows : list of dict
    """
    places = cuts[min(ranks, max(cuts))]
    for number, piece_of_work in enumerate(work):
        # Every wire that the work makes is gated, those of functions that know nothing of ``en`` too.
        moves = en if still else Const(1)
        with m.If(moves):
            rows = [piece_of_work(m, moves, row) for row in rows]
        for _ in range((number in places) + (ranks - len(places) if number == len(work) - 1 else 0)):
            en, rows = registered(m, en, rows, still=still)
    return en, rows


def join(source: Any, target: Any) -> list[Any]:
    """Assignments of every member of ``source`` to that of ``target``, for ports whose signatures say the same."""
    statements = []
    for path, _, value in source.signature.flatten(source):
        member = target
        for step in path:
            member = getattr(member, str(step))
        statements.append(member.eq(value))
    return statements
