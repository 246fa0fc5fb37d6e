"""The trace of the hardware under Verilator is what the program promises, issue by issue."""

from pathlib import Path

import pytest

from arch.isa.table import is_icu
from arch.program import Program
from arch.queues import Unit, queues
from compiler.asm import trace
from hdl.icu.layout import layout_of
from scripts.timeline.compare import FAULT, compare
from scripts.timeline.extract import promise
from tb import issues, verilator
from tb.random.configs import named
from tb.random.generate import generate
from tests.tb import programs

NANO = named("nano")


@pytest.fixture(scope="module")
def model() -> verilator.Model:
    """The least machine that has every unit."""
    try:
        return issues.traced_model(NANO)
    except verilator.MissingToolError as error:
        pytest.skip(str(error))


def recorded(model: verilator.Model, folder: Path, program: Program) -> trace.Happened:
    """Trace of a program in the hardware."""
    file, target = folder / "program.slp", folder / "trace.jsonl"
    file.write_bytes(program.to_bytes())
    issues.record(model, file, target, folder)
    return trace.read(NANO, target.read_text(encoding="utf-8"), name=target.name, form=target.suffix)


@pytest.mark.rtl
@pytest.mark.slow
@pytest.mark.parametrize("name", ["copy", "fetch", "legal", "faulty"])
def test_the_hardware_does_what_is_promised(model: verilator.Model, tmp_path: Path, name: str):
    makers = {"copy": programs.copy, "fetch": programs.fetch}
    made = makers[name](NANO) if name in makers else generate(NANO, 2, cycles=150, faulty=name == "faulty").program()
    happened, promised = recorded(model, tmp_path, made), promise(made)
    found = compare(promised, happened)
    # Which addresses a Gather gets, and what a map holds, is data: such faults are not foreseen.
    data = [d for d in found.differences if d.kind == FAULT and d.happened.startswith(("INDEX", "MAP"))]
    assert bool(data) == (name == "faulty")
    assert [d for d in found.differences if d not in data] == []
    assert found.cycles == ()
    assert len(happened.cycle) == promised.runs.n.sum() > 0
    if name == "fetch":
        assert any(is_icu(word) and word[0].mnemonic == "Ifetch" for word in promised.runs.words)


@pytest.mark.rtl
@pytest.mark.slow
def test_another_program_is_not_what_was_promised(model: verilator.Model, tmp_path: Path):
    happened = recorded(model, tmp_path, programs.copy(NANO))
    assert compare(promise(programs.fetch(NANO)), happened).count > 20


@pytest.mark.parametrize("unit", list(Unit))
def test_a_packed_word_is_unpacked(unit: Unit):
    queue = next((q for q in queues(named("tiny")) if q.unit is unit), None)
    assert queue is not None
    used = layout_of(unit).used
    assert issues.full_word(queue, layout_of(unit).pack_int(used)) == used
    word = used & 0x5A5A_5A5A_5A5A_5A5A_5A5A_5A5A_5A5A_5A5A
    assert issues.full_word(queue, layout_of(unit).pack_int(word)) == word
