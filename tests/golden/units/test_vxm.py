"""Every VXM instruction against plain Python on values that Python computes exactly."""

import math
import struct

import numpy as np
import pytest

from arch.isa import vxm as isa
from arch.isa.spec import Op
from arch.types import Type
from golden.units.vxm import MEANING, compute, immediate

_IMM = 6
_SAMPLES = (0, 1, 2, 3, 5, 31, 64, 100, 127)


def _op(name: str, kind: Type, **fields: int) -> Op:
    spec = next(s for s in isa.VXM if s.mnemonic == name)
    defaults = {f.name: f.default if f.default is not None else 0 for f in spec.fields}
    defaults |= {role: _IMM for role in isa.OPERATION_OF[name].operands}
    return Op(spec, tuple((defaults | {"type": kind.code} | fields)[f.name] for f in spec.fields))


def _numbers(kind: Type) -> list[float]:
    if kind.floating:
        return [0.0, 1.0, -1.0, 2.5, -3.25, 96.0, -64.0]
    low = -(1 << kind.bits - 1) if kind.signed else 0
    high = (1 << kind.bits - kind.signed) - 1
    return [low, low + 1, high - 1, high, *_SAMPLES, *([-n for n in _SAMPLES] if kind.signed else [])]


def _bits(value: float, kind: Type) -> int:
    if kind.floating:
        code = "<e" if kind is Type.F16 else "<f"
        return int.from_bytes(struct.pack(code, value), "little")
    return int(value) & ((1 << kind.bits) - 1)


def _clamp(value: float, kind: Type) -> float:
    low = -(1 << kind.bits - 1) if kind.signed else 0
    return min(max(value, low), (1 << kind.bits - kind.signed) - 1)


_RELATIONS = {
    "Eq": lambda a, b: a == b,
    "Ne": lambda a, b: a != b,
    "Lt": lambda a, b: a < b,
    "Le": lambda a, b: a <= b,
    "Gt": lambda a, b: a > b,
    "Ge": lambda a, b: a >= b,
}
_UNARY = {
    "Identity": lambda a: a,
    "Latch": lambda a: a,
    "Neg": lambda a: -a,
    "Abs": abs,
    "ReLU": lambda a: max(a, 0),
}
_BINARY = {
    "Add": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mul": lambda a, b: a * b,
    "Min": min,
    "Max": max,
}
_LOGIC = {"And": lambda a, b: a & b, "Or": lambda a, b: a | b, "Xor": lambda a, b: a ^ b}
_TRANSCENDENTAL = {"Tanh": math.tanh, "Exp": math.exp, "RSqrt": lambda a: 1 / math.sqrt(a)}
_OTHERS = {"Not", "Shl", "Shr", "Mask", "Select", "Cast"}


def _run(op: Op, **operands: list[int]) -> list[int]:
    found = compute(op, {role: np.array(values, np.uint32) for role, values in operands.items()})
    assert found.dtype == np.uint32
    return found.tolist()


def _kinds(*names: str) -> list:
    return [pytest.param(n, k, id=f"{n}-{k.value}") for n in names for k in isa.OPERATION_OF[n].types]


def _pairs(kind: Type) -> list[tuple[float, float]]:
    return [(a, b) for a in _numbers(kind) for b in _numbers(kind)]


def test_every_spec_has_exactly_one_meaning():
    assert sorted(MEANING) == sorted(spec.mnemonic for spec in isa.VXM)


def test_every_instruction_is_tested_here():
    tested = {*_RELATIONS, *_UNARY, *_BINARY, *_LOGIC, *_TRANSCENDENTAL, *_OTHERS}
    assert tested == set(MEANING)


@pytest.mark.parametrize(("name", "kind"), _kinds(*_UNARY))
@pytest.mark.parametrize("sat", [0, 1])
def test_unary(name, kind, sat):
    saturates = isa.OPERATION_OF[name].saturates and not kind.floating
    op = _op(name, kind, **({"sat": sat and saturates} if isa.OPERATION_OF[name].saturates else {}))
    numbers = _numbers(kind)
    exact = [_UNARY[name](a) for a in numbers]
    if name == "Neg" and kind.floating:
        exact = [math.copysign(e, -a if a else -1.0) for e, a in zip(exact, numbers, strict=True)]
    expected = [_bits(_clamp(e, kind) if sat and saturates else e, kind) for e in exact]
    assert _run(op, a=[_bits(a, kind) for a in numbers]) == expected


@pytest.mark.parametrize(("name", "kind"), _kinds(*_BINARY))
@pytest.mark.parametrize("sat", [0, 1])
def test_binary(name, kind, sat):
    saturates = isa.OPERATION_OF[name].saturates and not kind.floating
    op = _op(name, kind, **({"sat": sat and saturates} if isa.OPERATION_OF[name].saturates else {}))
    pairs = [(a, b) for a, b in _pairs(kind) if not (kind.floating and a == b == 0)]
    exact = [_BINARY[name](a, b) for a, b in pairs]
    expected = [_bits(_clamp(e, kind) if sat and saturates else e, kind) for e in exact]
    found = _run(op, a=[_bits(a, kind) for a, _ in pairs], b=[_bits(b, kind) for _, b in pairs])
    assert found == expected


@pytest.mark.parametrize(("name", "kind"), _kinds(*_LOGIC))
def test_logic(name, kind):
    bits = [(_bits(a, kind), _bits(b, kind)) for a, b in _pairs(kind)]
    assert _run(_op(name, kind), a=[a for a, _ in bits], b=[b for _, b in bits]) == [
        _LOGIC[name](a, b) for a, b in bits
    ]


@pytest.mark.parametrize(("name", "kind"), _kinds("Not"))
def test_not(name, kind):
    bits = [_bits(a, kind) for a in _numbers(kind)]
    assert _run(_op(name, kind), a=bits) == [b ^ ((1 << kind.bits) - 1) for b in bits]


@pytest.mark.parametrize(("name", "kind"), _kinds("Shl", "Shr"))
def test_shifts(name, kind):
    amounts = [0, 1, kind.bits - 1, kind.bits, (1 << kind.bits) - 1]
    cases = [(a, n) for a in _numbers(kind) for n in amounts]
    exact = [int(a) << min(n, 64) if name == "Shl" else int(a) >> min(n, 64) for a, n in cases]
    found = _run(_op(name, kind), a=[_bits(a, kind) for a, _ in cases], b=[n for _, n in cases])
    assert found == [_bits(e, kind) for e in exact]


@pytest.mark.parametrize(("name", "kind"), _kinds(*_RELATIONS))
def test_relations_give_0_or_1(name, kind):
    pairs = _pairs(kind)
    found = _run(_op(name, kind), a=[_bits(a, kind) for a, _ in pairs], b=[_bits(b, kind) for _, b in pairs])
    assert found == [int(_RELATIONS[name](a, b)) for a, b in pairs]


@pytest.mark.parametrize(("name", "kind"), _kinds("Mask", "Select"))
def test_conditions_are_one_byte(name, kind):
    conditions = [0, 1, 255, 0x100]
    a, b = [_bits(n, kind) for n in _numbers(kind)[1:5]], [_bits(n, kind) for n in _numbers(kind)[2:6]]
    operands = {"a": a, "b": conditions} if name == "Mask" else {"a": a, "b": b, "c": conditions}
    other = [0] * 4 if name == "Mask" else b
    # 0x100 has a zero in the byte that counts.
    assert _run(_op(name, kind), **operands) == [other[0], a[1], a[2], other[3]]


@pytest.mark.parametrize(("name", "kind"), _kinds(*_TRANSCENDENTAL))
def test_transcendentals_are_the_right_functions(name, kind):
    numbers = [0.25, 0.5, 1.0, 2.0, 4.0]
    found = _run(_op(name, kind), a=[_bits(a, kind) for a in numbers])
    expected = [_bits(_TRANSCENDENTAL[name](a), kind) for a in numbers]
    assert all(abs(f - e) <= (kind is Type.F32) for f, e in zip(found, expected, strict=True))


@pytest.mark.parametrize("source", list(Type))
@pytest.mark.parametrize("to", list(Type))
def test_cast(source, to):
    numbers = [n for n in _numbers(source) if to is not Type.F16 or abs(n) <= 2048]
    if to is Type.F32:
        numbers = [n for n in numbers if abs(n) <= 1 << 24]
    found = _run(_op("Cast", source, to=to.code), a=[_bits(n, source) for n in numbers])
    exact = numbers if to.floating else [_clamp(round(n), to) for n in numbers]
    assert found == [_bits(e, to) for e in exact]


def test_cast_adds_its_offset_before_saturation():
    op = _op("Cast", Type.F32, to=Type.I8.code)
    found = _run(op, a=[_bits(n, Type.F32) for n in (2.5, 3.5, 200.0, -200.0)], b=[10, 0xFFFFFFFF, 0xFFFFFF00, 100])
    assert found == [12, 3, _bits(-56, Type.I8), _bits(-100, Type.I8)]


def test_what_lies_above_the_type_is_ignored():
    op = _op("Add", Type.I16)
    assert _run(op, a=[0xABCD0001], b=[0x12340002]) == [3]


def test_any_batch_shape_and_scalars_broadcast():
    op = _op("Sub", Type.U8)
    a = np.arange(24, dtype=np.uint32).reshape(2, 3, 4)
    assert np.array_equal(compute(op, {"a": a, "b": np.array(5, np.uint32)}), (a - np.uint32(5)) & np.uint32(255))


def test_immediate_has_the_operands_type():
    assert immediate(_op("Add", Type.I8, imm=0x1FF), "b") == 0xFF
    assert immediate(_op("Select", Type.F32, imm=0xABCDEF12), "c") == 0x12
    assert immediate(_op("Cast", Type.I8, to=Type.I8.code, imm=0xABCDEF12), "b") == 0xABCDEF12
