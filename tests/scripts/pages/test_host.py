"""The page of the host interface against the table."""

import pytest

from arch.config import preset
from arch.faults import Fault
from arch.host import Access, Command, Refusal, registers
from scripts.pages import host

MANUAL = host.manual()
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in MANUAL.splitlines() if line.startswith("|")]


@pytest.mark.parametrize("register", registers(preset("full")).values(), ids=lambda r: r.name)
def test_every_register_and_field_is_told(register):
    (row,) = [row for row in ROWS if row[1] == f"`{register.name}`" and row[0].startswith("0x")]
    assert int(row[0], 16) == register.offset and row[2] == register.access.value and row[5] == register.doc
    assert ("running" in row[4]) == (register.access.writable and register.while_running)
    told = {row[0]: row[1] for row in ROWS if row[0].startswith(f"`{register.name}.")}
    wide = len(register.fields) == 1 and register.fields[0].name == "value"
    assert set(told) == (set() if wide else {f"`{register.name}.{f.name}`" for f in register.fields})
    for bits, part in zip(told.values(), register.fields, strict=False):
        high, _, low = bits.partition(":")
        assert (int(low or high), int(high) + 1) == (part.lsb, part.lsb + part.width)


@pytest.mark.parametrize("kind", (Command, Refusal, Fault))
def test_every_code_is_told_with_its_meaning(kind):
    for member in kind:
        if member:
            (row,) = [row for row in ROWS if row[:2] == [str(member.value), f"`{member.name}`"]]
            assert len(row[2]) > 10 and "``" not in row[2] and "#" not in row[2]


def test_the_reset_values_stand_where_they_are_not_zero():
    for register in registers(preset("full")).values():
        if register.access is Access.BOTH and register.reset:
            assert any(row[1] == f"`{register.name}`" and row[3] == hex(register.reset) for row in ROWS)
