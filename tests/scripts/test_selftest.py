"""`make selftest`: Verilator accepts what it writes; on a chip it passes, and fails where a bit is not as it was."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from amaranth.lib.wiring import In

from arch.config import WORD_BYTES, Config, preset
from arch.host import MAGIC, registers
from golden.result import Result
from golden.run import run
from scripts import selftest
from tb import hosted, verilator, visible
from tb.exports import unmade
from tb.hostlink.bench import drawn
from tb.hostlink.steps import Kind, Step, steps, width
from tb.lint import shell, verilator_complaints
from tb.models import superlane
from tests.scripts import selftest_bench
from tests.scripts.selftest_bench import FAILED, LEDS, PASSED, STARTED
from tests.tb.hostlink.programs import copying
from tests.tb.least import LEAST

#: Of the copy's results the rows that it wholly writes.
PROGRAM = replace(copying(LEAST), regions=tuple(r for n, r in enumerate(copying(LEAST).regions) if n != 2))
INPUTS = drawn(PROGRAM, 1)
CLEAN = "superlane_chip_stub"


@pytest.fixture(scope="module")
def golden() -> Result:
    """The copy on the golden model."""
    return run(PROGRAM, INPUTS)


@pytest.fixture(scope="module")
def chip() -> dict[str, str]:
    """Verilog of the chip."""
    return hosted.sources(LEAST)


def stub(config: Config) -> str:
    """A module with the ports of a chip, of which nothing is inside."""
    top = unmade(selftest.chip(config))
    ways = {str(path[0]): (m.flow == In, len(value)) for (path, m, value) in top.signature.flatten(top)}
    ports = [f"  {'input' if into else 'output'} [{bits - 1}:0] {name};" for name, (into, bits) in ways.items()]
    return "\n".join(
        (f"module {CLEAN}(clk, rst, {', '.join(ways)});", "  input clk;", "  input rst;", *ports, "endmodule\n")
    )


@pytest.mark.rtl
@pytest.mark.parametrize("name", ["tiny", "small", "fpga", "full"])
def test_verilator_has_nothing_to_say(name: str, tmp_path: Path):
    config = preset(name)
    text = f"{selftest.around(config, CLEAN, 7)}{shell(stub(config))}"

    def complaints(text: str) -> str:
        (tmp_path / "selftest.v").write_text(text, encoding="utf-8")
        return verilator_complaints(tmp_path, ["selftest.v"])

    try:
        assert complaints(text) == ""
        assert "PINMISSING" in complaints(text.replace(".rst(rst),", ""))
    except verilator.MissingToolError as error:
        pytest.skip(str(error))


def test_steps_boot_run_and_compare(golden: Result):
    found = steps(golden, INPUTS)
    kinds = [step.kind for step in found]
    assert kinds[-1] is Kind.END and kinds.count(Kind.END) == 1
    words = sum(map(len, PROGRAM.preload))
    rows = sum(map(len, INPUTS.values()))
    beats = (words * WORD_BYTES + rows * LEAST.vector) // LEAST.lanes
    assert kinds.count(Kind.PUSH) == beats
    pulled = b"".join(s.value.to_bytes(LEAST.lanes, "little") for s in found if s.kind is Kind.PULL)
    assert pulled == golden.region("target").tobytes()
    table = registers(LEAST)
    assert Step(Kind.WAIT, golden.cycles, table["CYCLE"].offset, (1 << 32) - 1) in found
    assert Step(Kind.WAIT, MAGIC, table["MAGIC"].offset, (1 << 32) - 1) in found


def test_a_word_has_its_parts_in_their_places():
    step = Step(Kind.WAIT, 0x12345678, 0x084, 0x17, last=True)
    assert width(32) == 80 and step.word(32) == 0x5_084_00000017_12345678
    assert width(128) == 176 and step.word(128) == 0x5_084_00000017_00000000000000000000000012345678


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: replace(p, regions=copying(LEAST).regions), "output 'target' is not wholly defined"),
        (lambda p: replace(p, regions=p.regions[:2]), "the program has no outputs to compare"),
    ],
)
def test_what_cannot_be_compared_is_refused(change, message: str):
    with pytest.raises(ValueError, match=message):
        steps(run(change(PROGRAM), INPUTS), INPUTS)


def test_a_program_without_an_end_is_refused():
    with pytest.raises(ValueError, match="the program does not end within the limit"):
        steps(replace(run(PROGRAM, INPUTS), stopped=True), INPUTS)


def test_the_command_writes_a_folder(tmp_path: Path, monkeypatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(selftest, "export", lambda top: {top.module_name: stub(LEAST)})
    (tmp_path / "copy.slp").write_bytes(PROGRAM.to_bytes())
    np.save(tmp_path / "source.npy", INPUTS["source"])
    command = [
        str(tmp_path / "copy.slp"),
        "--input",
        f"source={tmp_path / 'source.npy'}",
        "--out",
        str(tmp_path / "out"),
    ]
    assert selftest.main(command) == 0
    assert "194 cycles; a ROM of" in capsys.readouterr().out
    listed = (tmp_path / "out" / "files.f").read_text(encoding="utf-8").splitlines()
    assert listed[1] == "selftest.v" and all((tmp_path / "out" / name).exists() for name in listed[1:])
    assert "`" not in (tmp_path / "out" / "selftest.v").read_text(encoding="utf-8").split("module", 1)[1]
    assert selftest.main([str(tmp_path / "none.slp")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.rtl
@pytest.mark.slow
@pytest.mark.parametrize(
    ("wrong", "leds"), [(None, PASSED | STARTED), (Kind.PULL, FAILED | STARTED), (Kind.PUSH, FAILED | STARTED)]
)
def test_it_passes_on_a_chip_and_notices_a_wrong_bit(
    golden: Result, chip: dict[str, str], tmp_path: Path, wrong: Kind | None, leds: int
):
    played = list(steps(golden, INPUTS))
    if wrong is not None:  # the last bit of the last beat that the chip gets, or gives
        at = max(n for n, step in enumerate(played) if step.kind is wrong)
        played[at] = replace(played[at], value=played[at].value ^ 1 << LEAST.word_bits - 1)
    text = selftest.around(LEAST, next(iter(chip)), len(played))
    try:
        verilator.root()
    except verilator.MissingToolError as error:
        pytest.skip(str(error))
    planned = verilator.plan(
        {"selftest": text, **chip}, "selftest", reached=visible.MEMORIES, shared=True, part=superlane(chip)
    )
    (tmp_path / selftest.ROM).write_text(selftest.image(LEAST, tuple(played)), encoding="utf-8")
    verilator.run(verilator.build(planned), selftest_bench.__name__, tmp_path, **{LEDS: str(leds)})
