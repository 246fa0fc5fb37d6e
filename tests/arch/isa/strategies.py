"""Random legal values of fields, and instructions made of them."""

from hypothesis import strategies as st

from arch.isa.fields import SOURCES, Field, Kind, stream_operand
from arch.isa.mem import MEM, READ_PART
from arch.isa.spec import Op, Spec, make

STREAM_REFS = st.integers(0, 63)


def values(field: Field) -> st.SearchStrategy[int]:
    """Legal values of a field, as its documentation gives them, not as `Field.legal` does."""
    if field.kind is Kind.STREAM:
        return STREAM_REFS
    if field.kind is Kind.OUT:
        return st.just(0) | STREAM_REFS.map(lambda ref: ref << 1 | 1)
    if field.kind is Kind.OPERAND:
        plain = [code for code, source in enumerate(SOURCES) if source != "stream"]
        return st.sampled_from(plain) | STREAM_REFS.map(stream_operand)
    low, high = field.minimum, field.maximum
    return st.sampled_from((low, high)) | st.integers(low, high)


def ops(spec: Spec) -> st.SearchStrategy[Op]:
    """Instructions of a specification."""
    return st.fixed_dictionaries({f.name: values(f) for f in spec.fields}).map(lambda row: make(spec, **row))


READ_SPECS = tuple(spec for spec in MEM if spec.opcode & READ_PART)
WRITE_SPECS = tuple(spec for spec in MEM if not spec.opcode & READ_PART)
