"""The data path of decision 0002 once more, for one number and in Python integers, as its text reads.

It follows the text of `docs/decisions/0002-transcendentals.md` and shares nothing with the golden model but the facts
of `arch.transcendental`: it checks that the text says enough. Every intermediate is checked against its width.
"""

from arch.transcendental import EXP, PATH, RSQRT, TABLE, TANH, FloatFormat


def _unsigned(number: int, bits: int) -> int:
    assert 0 <= number < 1 << bits, f"{number} does not fit in {bits} unsigned bits"
    return number


def _signed(number: int, bits: int) -> int:
    assert -(1 << bits - 1) <= number < 1 << bits - 1, f"{number} does not fit in {bits} signed bits"
    return number


def _decode(x: int, fmt: FloatFormat) -> tuple[int, int]:
    """Step 1: exponent and 23-bit fraction of a finite number that is not zero."""
    field, fraction = x >> fmt.fraction_bits & (1 << fmt.exponent_bits) - 1, x & (1 << fmt.fraction_bits) - 1
    if field:
        exponent = field - fmt.bias
    else:
        exponent = fmt.min_exponent
        while not fraction >> fmt.fraction_bits:
            fraction, exponent = fraction << 1, exponent - 1
        fraction &= (1 << fmt.fraction_bits) - 1
    return exponent, _unsigned(fraction << (23 - fmt.fraction_bits), 23)


def _cubic(row: int, t: int) -> int:
    """Step 3."""
    c = TABLE[row]
    _unsigned(c.c0, PATH.c0_bits)
    for number, bits in ((c.c1, PATH.c1_bits), (c.c2, PATH.c2_bits), (c.c3, PATH.c3_bits)):
        _signed(number, bits)
    _unsigned(t, PATH.t_bits)
    s2 = _signed(c.c2 + (c.c3 * (t >> PATH.t_bits - PATH.t_high_bits) >> PATH.t_high_bits), PATH.c2_sum_bits)
    s1 = _signed(c.c1 + (s2 * t >> PATH.t_bits), PATH.c1_sum_bits)
    value = _unsigned(c.c0 + (s1 * t >> PATH.t_bits), PATH.value_bits)
    assert value >= 1 << PATH.fraction_bits - 1
    return value


def _pack(value: int, exponent: int, fmt: FloatFormat) -> int:
    """Step 4."""
    if not value >> PATH.fraction_bits:
        value, exponent = value << 1, exponent - 1
    drop = PATH.fraction_bits - fmt.fraction_bits + max(fmt.min_exponent - exponent, 0)
    kept, rest, half = value >> drop, value & (1 << drop) - 1, 1 << drop - 1
    if rest > half or (rest == half and kept & 1):
        kept += 1
    return min((max(exponent - fmt.min_exponent, 0) << fmt.fraction_bits) + kept, fmt.inf)


def _exp(x: int, fmt: FloatFormat) -> int:
    negative, magnitude = bool(x & fmt.sign), x & fmt.sign - 1
    if magnitude == 0:
        return fmt.one
    exponent, fraction = _decode(x, fmt)
    if magnitude == fmt.inf or exponent >= EXP.overflow_exponent:
        return 0 if negative else fmt.inf
    product = _unsigned((fraction | 1 << 23) * EXP.log2e, 60)
    y = _unsigned(product >> 23 + EXP.log2e_fraction_bits - 28 - exponent, 36)
    y = -y if negative else y
    f = y & (1 << 28) - 1
    return _pack(_cubic(EXP.base + (f >> 23), f & (1 << 23) - 1), y >> 28, fmt)


def _rsqrt(x: int, fmt: FloatFormat) -> int:
    if x & fmt.sign - 1 == 0:
        return x | fmt.inf
    if x & fmt.sign:
        return fmt.nan
    if x == fmt.inf:
        return 0
    exponent, fraction = _decode(x, fmt)
    row = RSQRT.base + 32 * (exponent & 1) + (fraction >> 18)
    return _pack(_cubic(row, (fraction & (1 << 18) - 1) << 5), -(exponent >> 1), fmt)


def _tanh(x: int, fmt: FloatFormat) -> int:
    sign, magnitude = x & fmt.sign, x & fmt.sign - 1
    if magnitude == fmt.inf:
        return sign | fmt.one
    if magnitude == 0:
        return x
    exponent, fraction = _decode(x, fmt)
    if exponent < TANH.binades[0].exponent:
        return x
    if exponent > TANH.one_exponent:
        return sign | fmt.one
    binade = next(b for b in TANH.binades if b.exponent == exponent)
    index = fraction >> 23 - binade.index_bits
    if exponent == TANH.one_exponent and index >= TANH.one_index:
        return sign | fmt.one
    t = fraction << binade.index_bits & (1 << 23) - 1
    return sign | _pack(_cubic(binade.base + index, t), -binade.scale, fmt)


def by_hand(name: str, x: int, fmt: FloatFormat) -> int:
    """exp, rsqrt or tanh of one number's bits."""
    if x & fmt.sign - 1 > fmt.inf:
        return fmt.nan
    return {"exp": _exp, "rsqrt": _rsqrt, "tanh": _tanh}[name](x, fmt)
