"""Shifters: to the right with a sticky bit, and to the left until a number is normalized."""

from collections.abc import Sequence

from amaranth import Const, Module, Mux, Signal, Value

from hdl.float.nets import cat, net


def right_shift(m: Module, name: str, value: Value, amount: Value) -> tuple[Value, Value]:
    """Shift right by 0 to ``2**len(amount) - 1``; a signed value is filled with its sign.

    Parameters
    ----------
    m : Module
    name : str
        Prefix of the wires, one for each bit of the amount.
    value : Value
        n bits.
    amount : Value
        Unsigned; amounts of n and more are fine.

    Returns
    -------
    shifted : Signal
        n bits, of the value's signedness.
    sticky : Value
        Whether a one was shifted out.
    """
    width, signed = len(value), value.shape().signed
    sticky: Value = Const(0)
    for bit in reversed(range(len(amount))):
        step = min(1 << bit, width)
        fill = value[-1].replicate(step) if signed else Const(0, step)
        moved = cat(value[step:], fill)
        lost = value[:step].any() & amount[bit]
        sticky = net(m, f"{name}_lost{step}", lost | sticky)
        chosen = Mux(amount[bit], moved, value.as_unsigned() if signed else value)
        value = net(m, f"{name}_by{step}", chosen.as_signed() if signed else chosen)
    return value, sticky


def normalize(m: Module, name: str, value: Value, steps: Sequence[int]) -> tuple[Value, Value]:
    """Shift left by each step in turn if that many leading bits are zero.

    With the steps ``2**k, ..., 2, 1`` the leading one arrives at the top if it was among the top ``2**(k+1)`` bits. A
    pipeline may take some of the steps in one stage and the rest in the next.

    Parameters
    ----------
    m : Module
    name : str
        Prefix of the wires.
    value : Value
        n bits, unsigned.
    steps : sequence of int
        Powers of two, descending.

    Returns
    -------
    shifted : Signal
        n bits.
    taken : Value
        One bit for each step, the smallest step's first: with all powers of two it is the number of places shifted.
    """
    taken: list[Value] = []
    for step in steps:
        empty = net(m, f"{name}_empty{step}", ~value[-step:].any())
        value = net(m, f"{name}_by{step}", Mux(empty, cat(Const(0, step), value[:-step]), value))
        taken.insert(0, empty)
    return value, cat(taken)


def leading_zeros(m: Module, name: str, value: Value) -> Signal:
    """Number of zeros above the leading one, ``len(value)`` where there is none.

    Parameters
    ----------
    m : Module
    name : str
    value : Value
        n bits, unsigned.

    Returns
    -------
    Signal
    """
    width = len(value)
    size = 1 << width.bit_length()
    # Ones below stop the count at n.
    count: Value = Const(0, 0)
    rest = cat(Const((1 << (size - width)) - 1, size - width), value)
    while size > 1:
        size //= 2
        empty = net(m, f"{name}_empty{size}", ~rest[size:].any())
        rest = net(m, f"{name}_rest{size}", Mux(empty, rest[:size], rest[size:]))
        count = cat(empty, count)
    return net(m, name, count)
