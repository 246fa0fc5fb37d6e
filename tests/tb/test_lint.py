"""Verilator and Yosys take what is exported; memories become block RAM; both tools do complain of what is wrong."""

import re
from pathlib import Path

import pytest

from arch.config import preset
from hdl.catalog import unit
from hdl.export import export
from tb.lint import LintError, shell, verilator_complaints, yosys, yosys_complaints
from tb.verilator import LINT, MissingToolError

#: Units that both tools read in a second or two.
QUICK = ("mem_tile", "supercell", "c2c_tile", "queue_mem", "mxm_cap")
TINY = preset("tiny")


def put(folder: Path, texts: dict[str, str]) -> list[str]:
    """Write files; their names, the top's first."""
    for name, text in texts.items():
        (folder / f"{name}.v").write_text(text, encoding="utf-8")
    return [f"{name}.v" for name in texts]


@pytest.fixture(scope="module")
def tools() -> None:
    """Skip where a tool is missing, and say which."""
    try:
        verilator_complaints(Path(), ())
        yosys(Path(), ["none.v"], ())
    except MissingToolError as error:
        pytest.skip(str(error))
    except LintError:
        pass


@pytest.mark.usefixtures("tools")
@pytest.mark.parametrize("name", QUICK)
def test_a_unit_is_accepted_by_both(name: str, tmp_path: Path):
    names = put(tmp_path, export(unit(TINY, name)))
    assert verilator_complaints(tmp_path, names) == ""
    assert yosys_complaints(tmp_path, names) == ""


@pytest.mark.usefixtures("tools")
def test_memories_become_block_ram(tmp_path: Path):
    names = put(tmp_path, export(unit(TINY, "mem_tile")))
    log = yosys(tmp_path, names, ("synth_ecp5 -run begin:map_ffs", "stat"))
    report = log[log.rindex("Printing statistics") :]
    cells = {name: int(count) for count, name in re.findall(r"^ +(\d+) +(\$?\w+)$", report, re.M)}
    assert cells["DP16KD"] >= 2
    # All else that remembers is the pipeline: far less than one row of words.
    registers = sum(count for name, count in cells.items() if "DFF" in name)
    assert 0 < registers < TINY.bank_words


@pytest.mark.usefixtures("tools")
def test_no_memory_starts_as_something_where_it_is_synthesized(tmp_path: Path):
    texts = export(unit(TINY, "sram"))
    steps, undefined = ("proc", "memory_collect", "dump"), re.compile(r"parameter \\INIT \d+'x$", re.M)
    assert undefined.search(yosys(tmp_path, put(tmp_path, texts), steps))
    simulated = {name: text.replace("`ifndef SYNTHESIS", "`ifdef SYNTHESIS") for name, text in texts.items()}
    assert not undefined.search(yosys(tmp_path, put(tmp_path, simulated), steps))


@pytest.mark.usefixtures("tools")
def test_what_is_wrong_is_found(tmp_path: Path):
    texts = export(unit(TINY, "mem_tile"))
    top = next(iter(texts))
    names = put(tmp_path, {**texts, top: texts[top].replace("sram1_128x39 bank_0", "sram1_128x40 bank_0")})
    assert "sram1_128x40" in verilator_complaints(tmp_path, names)
    with pytest.raises(LintError, match="sram1_128x40"):
        yosys_complaints(tmp_path, names)
    unused = {"half": "module half(input a, output y, output z);\n  assign y = a;\nendmodule\n"}
    assert "UNDRIVEN" in verilator_complaints(tmp_path, put(tmp_path, unused))
    loop = "module loop(output y);\n  wire a, b;\n  assign a = ~b;\n  assign b = a;\n  assign y = a;\nendmodule\n"
    with pytest.raises(LintError, match="problem"):
        yosys_complaints(tmp_path, put(tmp_path, {"loop": loop}))


def test_a_shell_is_a_module_s_head_and_ports():
    text = "module a(x,\n  y);\n  input [1:0] x;\n  wire [1:0] x;\n  output \\bit ;\n  assign y = x;\nendmodule\n"
    assert shell(text).splitlines()[1:-1] == [
        "module a(x,",
        "  y);",
        "  input [1:0] x;",
        "  output \\bit ;",
        "endmodule",
    ]


def test_every_waiver_has_a_reason_above_it():
    lines = LINT.read_text(encoding="utf-8").splitlines()
    waivers = [n for n, line in enumerate(lines) if line.startswith("lint_off")]
    assert waivers
    for n in waivers:
        assert re.fullmatch(r"lint_off -rule [A-Z]+", lines[n])
        # Rules that stand together share a reason.
        above = next(line for line in reversed(lines[:n]) if not line.startswith("lint_off"))
        assert re.fullmatch(r"// [A-Z].{20,}\.", above), lines[n]
