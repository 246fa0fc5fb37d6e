"""The table: its instructions, their encodings, and the codec of words."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arch.config import WORD_BYTES
from arch.isa.fields import Kind
from arch.isa.spec import OPCODE_BITS, Op, Spec, make
from arch.isa.table import TABLE, decode, encode, is_icu, repeats, spec_named, specs_of
from arch.isa.vxm import OPERATIONS
from arch.queues import Unit
from tests.arch.isa.strategies import READ_SPECS, WRITE_SPECS, ops

SPEC = pytest.mark.parametrize("spec", TABLE, ids=lambda s: f"{s.opcode:02x}-{s.mnemonic}")
WORD_BITS = 8 * WORD_BYTES
PAIRS = tuple(itertools.product(READ_SPECS, WRITE_SPECS))
BY_NAME = {(spec.mnemonic, spec.units[:1]): spec for spec in TABLE}


def named(mnemonic: str, unit: Unit) -> Spec:
    spec = spec_named(mnemonic, unit)
    assert spec is not None
    return spec


def unit_of(spec: Spec) -> Unit:
    return spec.units[0] if spec.units else Unit.MEM


def test_every_published_instruction_is_there():
    published = {
        Unit.MEM: "NOP Ifetch Sync Notify Config Repeat Read Write Gather Scatter",
        Unit.VXM: "Identity Latch ReLU Tanh Exp RSqrt Add Sub Mul Min Max Abs Neg And Or Xor Not Shl Shr "
        "Eq Ne Lt Le Gt Ge Mask Select Cast",
        Unit.MXM_WEIGHTS: "LW IW",
        Unit.MXM_ACTIVATIONS: "ABC",
        Unit.MXM_ACCUMULATORS: "ACC",
        Unit.SXM_SHIFT_NORTH: "Shift Select",
        Unit.SXM_SHIFT_SOUTH: "Shift",
        Unit.SXM_PERMUTE: "Permute",
        Unit.SXM_DISTRIBUTE: "Distribute",
        Unit.SXM_ROTATE: "Rotate",
        Unit.SXM_TRANSPOSE: "Transpose",
        Unit.C2C: "Deskew Send Receive",
    }
    assert set(published) == set(Unit)
    common = {"NOP", "Ifetch", "Sync", "Notify", "Config", "Repeat"}
    for unit, names in published.items():
        assert {spec.mnemonic for spec in specs_of(unit)} == set(names.split()) | common, unit


def test_opcodes_are_unique_and_zero_is_none():
    codes = [spec.opcode for spec in TABLE]
    assert len(set(codes)) == len(codes)
    assert all(0 < code < 1 << OPCODE_BITS for code in codes)


def test_a_mnemonic_is_unique_in_each_unit():
    for unit in Unit:
        names = [spec.mnemonic.lower() for spec in specs_of(unit)]
        assert len(set(names)) == len(names)


def test_mnemonics_are_found_in_any_case_and_only_where_they_belong():
    assert named("lw", Unit.MXM_WEIGHTS).mnemonic == "LW"
    assert named("SELECT", Unit.VXM) is not named("select", Unit.SXM_SHIFT_NORTH)
    assert spec_named("LW", Unit.MEM) is None
    assert spec_named("", Unit.MEM) is None


@SPEC
def test_fields_lie_apart_inside_the_word(spec):
    covered = (1 << OPCODE_BITS) - 1
    for field in spec.fields:
        assert field.width >= 1 and field.lsb + field.width <= WORD_BITS, field.name
        assert covered & field.mask == 0, f"{field.name} overlaps"
        covered |= field.mask
    assert len(spec.by_name) == len(spec.fields)


@pytest.mark.parametrize(("read", "write"), PAIRS)
def test_the_parts_of_a_mem_word_lie_apart(read, write):
    masks = [sum(field.mask for field in spec.fields) for spec in (read, write)]
    assert masks[0] & masks[1] == 0


@SPEC
def test_bounds_and_defaults_fit_the_width(spec):
    for field in spec.fields:
        signed = field.kind is Kind.SINT
        low = -(1 << (field.width - 1)) if signed else 0
        high = (1 << (field.width - signed)) - 1
        assert low <= field.minimum <= field.maximum <= high, field.name
        assert field.default is None or field.legal(field.default), field.name
        assert field.doc and spec.doc


@SPEC
@settings(max_examples=30)
@given(data=st.data())
def test_an_instruction_survives_its_word(spec, data):
    op = data.draw(ops(spec))
    word = encode((op,))
    assert word & ((1 << OPCODE_BITS) - 1) == spec.opcode
    for unit in spec.units or tuple(Unit):
        assert decode(word, unit) == (op,)
    assert make(spec, **op.asdict()) == op
    assert op.replace() == op


@SPEC
@settings(max_examples=30)
@given(data=st.data())
def test_any_unused_bit_makes_a_word_undefined(spec, data):
    word = encode((data.draw(ops(spec)),))
    used = (1 << OPCODE_BITS) - 1 | sum(field.mask for field in spec.fields)
    spare = [bit for bit in range(WORD_BITS + 2) if not used >> bit & 1]
    bit = data.draw(st.sampled_from(spare))
    # A bit of the other half of a MEM word is unused too, as long as the opcode does not name that half.
    assert decode(word | 1 << bit, unit_of(spec)) is None


@SPEC
@settings(max_examples=30)
@given(data=st.data())
def test_a_queue_of_another_unit_does_not_take_it(spec, data):
    word = encode((data.draw(ops(spec)),))
    for unit in set(Unit) - set(spec.units):
        assert (decode(word, unit) is None) == bool(spec.units)


@pytest.mark.parametrize(("read", "write"), PAIRS)
@settings(max_examples=30)
@given(data=st.data())
def test_a_mem_word_holds_a_read_and_a_write_part(read, write, data):
    parts = (data.draw(ops(read)), data.draw(ops(write)))
    word = encode(parts)
    assert decode(word, Unit.MEM) == parts
    assert encode(parts[::-1]) == word
    assert decode(word, Unit.VXM) is None
    used = (1 << OPCODE_BITS) - 1 | sum(field.mask for part in parts for field in part.spec.fields)
    bit = data.draw(st.sampled_from([bit for bit in range(WORD_BITS) if not used >> bit & 1]))
    assert decode(word | 1 << bit, Unit.MEM) is None


@given(st.integers(0, (1 << WORD_BITS) - 1), st.sampled_from(Unit))
def test_what_decodes_encodes_to_the_same_word(noise, unit):
    for spec in TABLE:
        word = noise & ~0xFF | spec.opcode
        defined = decode(word, unit)
        assert defined is None or encode(defined) == word


@given(st.integers(0, (1 << WORD_BITS) - 1), st.sampled_from(TABLE))
def test_a_word_with_the_used_bits_alone_decodes_or_holds_an_illegal_value(noise, spec):
    word = spec.opcode | noise & sum(field.mask for field in spec.fields)
    legal = all(field.legal(field.extract(word)) for field in spec.fields)
    assert (decode(word, unit_of(spec)) is not None) == legal


@pytest.mark.parametrize("opcode", sorted(set(range(256)) - {spec.opcode for spec in TABLE}))
def test_other_opcodes_are_undefined(opcode):
    pairs = {read.opcode | write.opcode for read, write in PAIRS}
    for unit in Unit:
        assert decode(opcode, unit) is None or opcode in pairs


def test_empty_memory_is_no_program():
    assert all(decode(0, unit) is None for unit in Unit)


def _word(*mnemonics: str) -> tuple[Op, ...]:
    fields = {"a": 0, "s": 0, "map": 0, "banks": 1, "hi": 0, "n": 1}
    specs = [named(name, Unit.MEM) for name in mnemonics]
    return tuple(make(spec, **{k: v for k, v in fields.items() if k in spec.by_name}) for spec in specs)


@pytest.mark.parametrize(
    "mnemonics",
    [("Read", "Read"), ("Read", "Gather"), ("Write", "Scatter"), ("Read", "NOP"), ("Read", "Write", "Read")],
)
def test_only_a_read_and_a_write_part_share_a_word(mnemonics):
    listed = r" \| ".join(mnemonics)
    message = f"^a word holds one instruction, or one read part and one write part of MEM, not {listed}$"
    with pytest.raises(ValueError, match=message):
        encode(_word(*mnemonics))


def test_who_executes_a_word():
    assert [is_icu(_word(name)) for name in ("NOP", "Sync", "Read")] == [True, True, False]
    assert repeats(_word("Repeat")) and not repeats(_word("NOP"))


def test_make_refuses_what_is_missing_unknown_or_out_of_range():
    read, sync = named("Read", Unit.MEM), named("Sync", Unit.MEM)
    with pytest.raises(ValueError, match=r"^Read needs s: a stream \(E0\.\.E31 or W0\.\.W31\)$"):
        make(read, a=0)
    with pytest.raises(ValueError, match=r"^Read has no field 'q'; its fields are a, s, stride$"):
        make(read, a=0, s=0, q=1)
    with pytest.raises(ValueError, match=r"^Sync has no field 'n'; its fields are none$"):
        make(sync, n=1)
    with pytest.raises(ValueError, match=r"^stride must be an integer from -4096 to 4095, not 4096$"):
        make(read, a=0, s=0, stride=4096)
    with pytest.raises(KeyError):
        _ = make(sync)["n"]


def test_every_vxm_operation_is_one_instruction():
    assert [op.name for op in OPERATIONS] == [s.mnemonic for s in specs_of(Unit.VXM) if s.units]
    for operation in OPERATIONS:
        assert operation.types and set(operation.operands) <= set(BY_NAME[operation.name, (Unit.VXM,)].by_name)
