"""The instruction set manual against the table, read back from its text."""

import re

import pytest

from arch.config import PRESETS, preset
from arch.isa.fields import Kind
from arch.isa.table import TABLE
from arch.queues import queues
from arch.rates import rates
from scripts.pages import isa, machine
from scripts.pages.markdown import page, table

MANUAL = isa.manual()


def section(spec) -> str:
    return isa.instruction(spec)


def rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


@pytest.mark.parametrize("spec", TABLE, ids=lambda s: f"{s.opcode:02x}-{s.mnemonic}")
def test_every_bit_of_a_word_is_told_once(spec):
    assert section(spec).strip() in MANUAL
    bits: list[int] = []
    for row in rows(section(spec))[2:]:
        high, _, low = row[0].partition(":")
        bits += range(int(low or high), int(high) + 1)
    assert bits == list(range(128))


@pytest.mark.parametrize("spec", TABLE, ids=lambda s: f"{s.opcode:02x}-{s.mnemonic}")
def test_fields_stand_where_the_table_says(spec):
    told = {row[1].strip("`"): row for row in rows(section(spec)) if row[1].startswith("`")}
    assert set(told) == {field.name for field in spec.fields}
    for field in spec.fields:
        bits = field.lsb if field.width == 1 else f"{field.lsb + field.width - 1}:{field.lsb}"
        assert told[field.name][0] == str(bits)
        assert told[field.name][3] == ("" if field.default is None else field.format(field.default))
        if field.kind is Kind.CHOICE:
            assert told[field.name][2] == ", ".join(f"{n} {name}" for n, name in enumerate(field.choices))
    assert f"{spec.opcode:#04x}" in section(spec)
    assert spec.doc in MANUAL


@pytest.mark.parametrize(
    ("mnemonic", "line"),
    [
        ("Read", "- Text: `Read a=... s=... [stride=0]`"),
        ("Read", "- Queues: `H.memN`"),
        ("Send", "- Queues: `H.c2cN`"),
        ("Shift", "- Queues: `H.sxm.shift_north`, `H.sxm.shift_south`"),
        ("Exp", "- Types: f16, f32; large ALUs only"),
        ("Exp", "- Not at: fpga"),
        ("Rotate", "- Not at: tiny, small, fpga"),
        ("ABC", "- Timing: operands at +0; result at +8 (tiny), +12 (small), +7 (fpga), +44 (full): the ACC that "),
        ("Sync", "- Timing: no operands, no result"),
    ],
)
def test_facts_of_an_instruction(mnemonic, line):
    spec = next(spec for spec in TABLE if spec.mnemonic == mnemonic)
    assert any(found.startswith(line) for found in section(spec).splitlines())


@pytest.mark.parametrize("config", PRESETS.values(), ids=PRESETS)
def test_what_a_preset_lacks(config):
    missing = {spec.mnemonic for spec in TABLE if not isa.available(config, spec)}
    has = config.features
    expected = set() if has.rotate and config.lanes >= 9 else {"Rotate"}
    expected |= set() if has.fetch else {"Ifetch"}
    expected |= set() if has.indexed else {"Gather", "Scatter"}
    expected |= set() if has.distributors else {"Distribute"}
    expected |= set() if has.transposers else {"Transpose"}
    expected |= set() if has.shift else {"Shift", "Select"}
    expected |= set() if has.permute else {"Permute"}
    expected |= set() if config.c2c_links else {"Deskew", "Send", "Receive"}
    expected |= set() if any(alu.large for alu in config.alus) else {"Tanh", "Exp", "RSqrt"}
    assert missing == expected


def test_numbers_and_queues_are_those_of_the_presets():
    found = {row[0]: row[1:] for row in rows(machine.numbers())}
    for n, config in enumerate(PRESETS.values()):
        for name, value in rates(config).items():
            assert int(found[machine.label(name)][n].replace(",", "")) == value
    total = rows(machine.queue_list())[-1]
    assert [int(cell) for cell in total[3:]] == [len(queues(config)) for config in PRESETS.values()]
    counts = [[int(cell) for cell in row[3:]] for row in rows(machine.queue_list())[2:-1]]
    assert [sum(column) for column in zip(*counts, strict=True)] == [int(cell) for cell in total[3:]]


def test_timing_names_the_barrier():
    row = next(row for row in rows(machine.timing_list()) if row[0] == "Notify")
    assert row[2:6] == ["9", "17", "8", "35"]
    drain = rows(machine.timing_list())[-1]
    assert int(drain[-2]) == 1 + 68 and preset("full").superlanes == 20


def test_hops_follow_the_published_rule():
    found = {row[0]: row[2:] for row in rows(machine.hop_list())}
    assert found["VXM to SXM"][3] == "11"
    assert found["VXM to last MEM"][3] == "10"


def test_values_of_presets_are_folded():
    assert machine.at_presets({"a": 1, "b": 1}) == "1"
    assert machine.at_presets({"a": 1, "b": 2, "c": 1}) == "1 (a, c), 2 (b)"
    assert machine.note_at_presets({"a": "x; y1", "b": "x; y2"}) == "x; y1 (a), y2 (b)"


def test_markdown():
    assert table(["a|b"], [[1]]) == "| a\\|b |\n| --- |\n| 1 |"
    assert page("a\n", "", "b") == "a\n\nb\n"
    assert not re.search(r"\n\n\n", MANUAL) and MANUAL.endswith("|\n")
