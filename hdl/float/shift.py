"""Shifters: to the right with a sticky bit, and to the left until a number is normalized."""

from collections.abc import Sequence

from amaranth import Const, Module, Mux, Signal, Value

from hdl.float.nets import cat, net

#: Nothing was lost yet.
NONE = Const(0, 1)


def right_shift(
    m: Module, name: str, value: Value, amount: Value, *, unit: int = 1, lost: Value = NONE
) -> tuple[Value, Value]:
    """Shift right by 0 to ``2**len(amount) - 1`` units; a signed value is filled with its sign.

    A pipeline may take the upper bits of an amount in one stage, their lowest being the unit, and the rest in the next.

    Parameters
    ----------
    m : Module
    name : str
        Prefix of the wires, one for each bit of the amount.
    value : Value
        n bits.
    amount : Value
        Unsigned; amounts of n and more are fine.
    unit : int
        Places that the amount counts; a power of two.
    lost : Value
        Whether a one was shifted out before.

    Returns
    -------
    shifted : Signal
        n bits, of the value's signedness.
    sticky : Value
        Whether a one was shifted out.
    """
    width, signed = len(value), value.shape().signed
    for bit in reversed(range(len(amount))):
        step = min(unit << bit, width)
        fill = value[-1].replicate(step) if signed else Const(0, step)
        moved = cat(value[step:], fill)
        lost = net(m, f"{name}_lost{step}", (value[:step].any() & amount[bit]) | lost)
        chosen = Mux(amount[bit], moved, value.as_unsigned() if signed else value)
        value = net(m, f"{name}_by{step}", chosen.as_signed() if signed else chosen)
    return value, lost


def normalize(m: Module, name: str, value: Value, steps: Sequence[int]) -> tuple[Value, Value]:
    """Shift left by each step in turn if that many leading bits are zero: `leading`, then `advance`.

    With the steps ``2**k, ..., 2, 1`` the leading one arrives at the top if it was among the top ``2**(k+1)`` bits. A
    pipeline may take some of the steps in one stage and the rest in the next.

    Returns
    -------
    shifted : Signal
        n bits.
    taken : Value
        See `leading`.
    """
    taken = leading(m, name, value, steps)
    return advance(m, name, value, steps, taken), taken


def leading(m: Module, name: str, value: Value, steps: Sequence[int]) -> Value:
    """Which steps a number is to go left, one after the other, for its leading one to come to the top.

    All places are looked at at once, not behind the shifters.

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
    taken : Value
        One bit for each step, the smallest step's first: with all powers of two it is the number of places shifted.
    """
    width, taken = len(value), list[Value]()
    # By the places that a number has gone so far: whether the bits then at the top are zero.
    offsets = [0]
    for step in steps:
        empty = [~value[max(0, width - gone - step) : max(0, width - gone)].any() for gone in offsets]
        # Offsets are in the order of binary numbers, the first step's bit the highest.
        for chosen in reversed(taken):
            empty = [Mux(chosen, gone, stayed) for stayed, gone in zip(empty[::2], empty[1::2], strict=True)]
        taken.append(net(m, f"{name}_empty{step}", empty[0]))
        offsets = [gone + more for gone in offsets for more in (0, step)]
    return cat(reversed(taken))


def advance(m: Module, name: str, value: Value, steps: Sequence[int], taken: Value) -> Value:
    """Shift left by those of the steps that are ``taken``; as `leading` says."""
    for bit, step in zip(reversed(range(len(steps))), steps, strict=True):
        value = net(m, f"{name}_by{step}", Mux(taken[bit], cat(Const(0, step), value[:-step]), value))
    return value


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
    padded = cat(Const((1 << (size - width)) - 1, size - width), value)
    steps = [1 << bit for bit in reversed(range(width.bit_length()))]
    far, near = steps[: len(steps) // 2], steps[len(steps) // 2 :]
    taken = leading(m, f"{name}_far", padded, far)
    moved = advance(m, f"{name}_far", padded, far, taken)[size - 2 * near[0] :]
    return net(m, name, cat(leading(m, f"{name}_near", moved, near), taken))
