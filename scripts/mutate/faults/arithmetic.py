"""Faults of floating point that several units share."""

from scripts.mutate.fault import Fault

_ROUND = ("tests/hdl/float/test_round.py",)
_ADD = ("tests/hdl/float/test_add.py",)
_CUBIC = ("tests/hdl/float/test_cubic.py",)

FAULTS = (
    Fault(
        "hdl/float/round.py",
        "shifted[guard] & (kept[0] | lost | shifted[:guard].any())",
        "shifted[guard] & (lost | shifted[:guard].any())",
        "a tie beside an odd number rounds down",
        _ROUND,
    ),
    Fault(
        "hdl/float/round.py",
        "over=~zero & (relative > most),",
        "over=~zero & (relative > most + 1),",
        "the least overflow does not become infinite",
        _ROUND,
    ),
    Fault(
        "hdl/float/round.py",
        'above = net(m, "place_above", ~below & ~zero & relative.any())',
        'above = net(m, "place_above", ~below & ~zero)',
        "a subnormal result with a leading zero is moved too far",
        _ROUND,
    ),
    Fault(
        "hdl/float/shift.py",
        "(value[:step].any() & amount[bit]) | lost",
        "(value[: step - 1].any() & amount[bit]) | lost",
        "the sticky bit misses a bit that was shifted out",
        ("tests/hdl/float/test_shift.py",),
    ),
    Fault(
        "hdl/float/unpack.py",
        "unbiased = cat(field[0] | ~kind.normal, field[1:], Const(0, 1)).as_signed()",
        "unbiased = cat(field, Const(0, 1)).as_signed()",
        "subnormals have half their value",
        ("tests/hdl/float/test_unpack.py",),
    ),
    Fault(
        "hdl/float/compare.py",
        'zeros = net(m, "order_zeros", floating & same & keys.nothing)',
        'zeros = net(m, "order_zeros", floating & same & keys.nothing & (sign_a == sign_b))',
        "the two zeros are not equal",
        ("tests/hdl/float/test_compare.py",),
    ),
    Fault(
        "hdl/float/add.py",
        "(small ^ minus.replicate(len(small))) + minus",
        "(small ^ minus.replicate(len(small)))",
        "a difference of fp32 rows drops its carry",
        _ADD,
    ),
    Fault(
        "hdl/float/add.py",
        "increment = moved[_BELOW] & (moved[:_BELOW].any() | kept[0])",
        "increment = moved[_BELOW]",
        "sums of fp32 rows round ties up",
        _ADD,
    ),
    Fault(
        "hdl/float/add.py",
        'number = cat(magnitude, Mux(some, state["sign"], state["both"]))',
        'number = cat(magnitude, state["sign"])',
        "a sum that cancels is minus zero",
        _ADD,
    ),
    Fault(
        "hdl/float/cubic.py",
        "t = t[PATH.t_bits - PATH.t_high_bits :]",
        "t = t[: PATH.t_high_bits]",
        "the cubic's highest coefficient meets the wrong end of the fraction",
        _CUBIC,
    ),
    Fault(
        "hdl/float/cubic.py",
        "now.pop(own) << len(t))",
        "now.pop(own) << (len(t) - 1))",
        "half of a coefficient is lost where a product has cycles of its own",
        _CUBIC,
    ),
    Fault(
        "hdl/float/round.py",
        "(_start(half) - relative)",
        "(1 - relative)",
        "subnormal results of fp16 stand too far up",
        _ROUND,
    ),
    Fault(
        "hdl/float/shift.py",
        "[Mux(chosen, gone, stayed) for stayed, gone in zip(empty[::2]",
        "[Mux(chosen, stayed, gone) for stayed, gone in zip(empty[::2]",
        "leading zeros are looked for in the wrong places",
        ("tests/hdl/float/test_shift.py",),
    ),
    Fault(
        "hdl/float/cubic.py",
        "init=[_packed(row) for row in TABLE]",
        "init=[_packed(row if n != 100 else TABLE[99]) for n, row in enumerate(TABLE)]",
        "one row of the table of exp, rsqrt and tanh is wrong",
        _CUBIC,
    ),
    Fault(
        "hdl/float/reduction.py",
        "Mux(rsqrt, Mux(whole[0], odd, RSQRT.base), base)",
        "Mux(rsqrt, RSQRT.base, base)",
        "rsqrt of odd exponents is off by the root of two",
        ("tests/hdl/vxm/test_alu.py::test_every_kind_of_alu",),
    ),
)
