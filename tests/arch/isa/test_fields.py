"""Fields: their spelling, what they take, and what they say when they do not."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arch.conveyor import Direction
from arch.isa.fields import (
    Field,
    Kind,
    operand_source,
    parse_integer,
    parse_stream,
    stream_direction,
    stream_name,
    stream_number,
    stream_operand,
    stream_ref,
)
from arch.isa.table import TABLE
from tests.arch.isa.strategies import values

FIELDS = [(spec.mnemonic, field) for spec in TABLE for field in spec.fields]
STREAMS = "a stream (E0..E31 or W0..W31)"


def sample(kind: Kind) -> Field:
    """A field of the table of a kind."""
    return next(field for _, field in FIELDS if field.kind is kind)


def test_every_kind_is_in_the_table():
    assert {field.kind for _, field in FIELDS} == set(Kind)


@pytest.mark.parametrize("field", [f for _, f in FIELDS], ids=[f"{m}.{f.name}" for m, f in FIELDS])
@settings(max_examples=20)
@given(data=st.data())
def test_text_and_bits_give_a_value_back(field, data):
    value = data.draw(values(field))
    assert field.legal(value)
    assert field.parse(field.format(value)) == value
    assert field.extract(field.insert(value)) == value
    assert field.extract(field.insert(value) | ~field.mask) == value
    assert field.insert(value) & ~field.mask == 0


@pytest.mark.parametrize(
    ("kind", "text", "allowed"),
    [
        (Kind.STREAM, "E32", STREAMS),
        (Kind.STREAM, "N0", STREAMS),
        (Kind.STREAM, "e0", STREAMS),
        (Kind.STREAM, "none", STREAMS),
        (Kind.STREAM, "", STREAMS),
        (Kind.OUT, "imm", f"{STREAMS} or none"),
        (Kind.OUT, "W32", f"{STREAMS} or none"),
        (Kind.OPERAND, "stream", f"{STREAMS}, N, E, S, W, imm, self or none"),
        (Kind.OPERAND, "n", f"{STREAMS}, N, E, S, W, imm, self or none"),
        (Kind.ADDRESS, "0:4096", "bank:offset, 0:0 to 1:4095"),
        (Kind.ADDRESS, "2:0", "bank:offset, 0:0 to 1:4095"),
        (Kind.ADDRESS, "0:-1", "bank:offset, 0:0 to 1:4095"),
        (Kind.ADDRESS, "8192", "bank:offset, 0:0 to 1:4095"),
        (Kind.ADDRESS, ":", "bank:offset, 0:0 to 1:4095"),
        (Kind.TYPE, "i64", "one of i8, i16, i32, u8, u16, u32, f16, f32"),
        (Kind.CHOICE, "heap", "one of buffer, streams"),
        (Kind.FLAG, "2", "0 or 1"),
        (Kind.FLAG, "yes", "0 or 1"),
        (Kind.UINT, "0", "an integer from 1 to 65535"),
        (Kind.UINT, "65536", "an integer from 1 to 65535"),
        (Kind.UINT, "1.0", "an integer from 1 to 65535"),
        (Kind.SINT, "-4097", "an integer from -4096 to 4095"),
        (Kind.SINT, "4096", "an integer from -4096 to 4095"),
    ],
)
def test_a_wrong_spelling_is_refused_with_what_is_allowed(kind, text, allowed):
    field = sample(kind)
    with pytest.raises(ValueError, match=f"^{re.escape(f'{field.name} must be {allowed}, not {text!r}')}$"):
        field.parse(text)


@given(st.text(max_size=20), st.sampled_from(FIELDS))
def test_garbage_gives_a_legal_value_or_one_line(text, entry):
    field = entry[1]
    try:
        assert field.legal(field.parse(text))
    except ValueError as error:
        assert str(error).startswith(f"{field.name} must be ") and "\n" not in str(error)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("007", 7),
        ("-12", -12),
        ("+3", 3),
        ("0x1F", 31),
        ("-0x10", -16),
        ("0b101", 5),
        ("", None),
        ("-", None),
        ("0x", None),
        ("1_000", None),
        (" 1", None),
        ("1\n", None),
        ("\u0663", None),
        ("0b2", None),
        ("9" * 40, None),
        ("1e3", None),
    ],
)
def test_integers(text, value):
    assert parse_integer(text) == value


@pytest.mark.parametrize(("text", "ref"), [("E0", 0), ("E31", 31), ("W0", 32), ("W31", 63), ("E07", 7)])
def test_streams(text, ref):
    assert parse_stream(text) == ref
    assert stream_ref(stream_direction(ref), stream_number(ref)) == ref
    assert parse_stream(stream_name(ref)) == ref


@pytest.mark.parametrize("text", ["E", "32", "E-1", "E100", "W 3", "E\u0663"])
def test_no_streams(text):
    assert parse_stream(text) is None


def test_operands():
    assert operand_source(stream_operand(stream_ref(Direction.WEST, 5))) == "stream"
    operand = sample(Kind.OPERAND)
    assert operand.format(stream_operand(37)) == "W5"
    assert not operand.legal(operand.parse("N") | 1 << 3), "a stream number beside a neighbor is undefined"
    assert not sample(Kind.OUT).legal(2), "a stream number without the flag is undefined"
