"""Saved views name what the waveform has: ports of the top, whose scope is the outermost one."""

from pathlib import Path

from arch.config import preset
from scripts.sim import view
from tb import hosted

TOP, WIDTHS = hosted.top_ports(preset("small"))
WAVEFORM = Path("somewhere/sim.fst")


def test_gtkwave_gets_every_port_with_its_bits():
    lines = view.gtkwave(WAVEFORM, TOP, WIDTHS).splitlines()
    assert lines[0] == '[dumpfile] "sim.fst"'
    assert f"{TOP}.clk" in lines and f"{TOP}.m_axis_tdata[63:0]" in lines
    assert sum(line.startswith(f"{TOP}.") for line in lines) == len(WIDTHS)


def test_surfer_gets_the_same_ports_by_their_paths():
    lines = view.surfer(TOP).splitlines()
    assert lines[0] == "divider_add clock" and lines[-1] == "zoom_fit"
    added = [line.removeprefix("variable_add ") for line in lines if line.startswith("variable_add ")]
    shown = [line.partition("[")[0] for line in view.gtkwave(WAVEFORM, TOP, WIDTHS).splitlines()]
    assert added == [line for line in shown if line.startswith(f"{TOP}.")]
    assert [line for line in lines if line.startswith("divider_add ")][3] == "divider_add register reads"


def test_views_stand_beside_the_waveform(tmp_path: Path):
    view.write_views(tmp_path / "a.vcd", TOP, WIDTHS)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.gtkw", "a.sucl"]
    assert set(view.views(tmp_path / "a.vcd")) == set(tmp_path.iterdir())
    assert '[dumpfile] "a.vcd"' in (tmp_path / "a.gtkw").read_text(encoding="utf-8")
