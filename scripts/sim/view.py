"""Saved views of a waveform: the host's bus, stream by stream, for GTKWave (.gtkw) and for Surfer (.sucl)."""

from collections.abc import Iterator, Mapping
from pathlib import Path

#: Groups of a view: title, beginning of the ports' names, and the rest of each.
_GROUPS = (
    ("clock", "", ("clk", "rst")),
    ("register writes", "s_axil_", ("awaddr", "awvalid", "awready", "wdata", "wstrb", "wvalid", "wready")),
    ("answers to writes", "s_axil_", ("bresp", "bvalid", "bready")),
    ("register reads", "s_axil_", ("araddr", "arvalid", "arready", "rdata", "rresp", "rvalid", "rready")),
    ("data to the chip", "s_axis_", ("tdata", "tvalid", "tready", "tlast")),
    ("data from the chip", "m_axis_", ("tdata", "tvalid", "tready", "tlast")),
)


def gtkwave(waveform: Path, top: str, widths: Mapping[str, int]) -> str:
    """Text of GTKWave's view for a waveform of the module ``top``, whose ports have so many bits."""
    lines = [f'[dumpfile] "{waveform.name}"', "[timestart] 0", "[sst_expanded] 1"]
    for title, ports in _groups():
        lines.append(f"-{title}")
        for port in ports:
            bits = widths[port]
            lines.append(f"{top}.{port}" + (f"[{bits - 1}:0]" if bits > 1 else ""))
    return "\n".join((*lines, ""))


def surfer(top: str) -> str:
    """Text of a command file of Surfer for the same; Surfer runs it once it has loaded the waveform."""
    lines = []
    for title, ports in _groups():
        lines.append(f"divider_add {title}")
        lines += [f"variable_add {top}.{port}" for port in ports]
    return "\n".join((*lines, "zoom_fit", ""))


def views(waveform: Path) -> tuple[Path, Path]:
    """Where the views of a waveform are: GTKWave's and Surfer's."""
    return waveform.with_suffix(".gtkw"), waveform.with_suffix(".sucl")


def write_views(waveform: Path, top: str, widths: Mapping[str, int]) -> None:
    """Write both views beside a waveform."""
    for file, text in zip(views(waveform), (gtkwave(waveform, top, widths), surfer(top)), strict=True):
        file.write_text(text, encoding="utf-8")


def _groups() -> Iterator[tuple[str, list[str]]]:
    for title, prefix, ports in _GROUPS:
        yield title, [prefix + port for port in ports]
