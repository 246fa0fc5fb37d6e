"""A saved view of the waveform for GTKWave: the host's bus, stream by stream."""

from collections.abc import Mapping
from pathlib import Path

#: Groups of the view: title, then ports of the top.
_GROUPS = (
    ("clock", ("clk", "rst")),
    ("register writes", ("awaddr", "awvalid", "awready", "wdata", "wvalid", "wready", "bresp", "bvalid")),
    ("register reads", ("araddr", "arvalid", "arready", "rdata", "rresp", "rvalid")),
    ("data to the chip", ("tdata", "tvalid", "tready", "tlast")),
    ("data from the chip", ("tdata", "tvalid", "tready", "tlast")),
)
_PREFIXES = ("", "s_axil_", "s_axil_", "s_axis_", "m_axis_")


def view(waveform: Path, top: str, widths: Mapping[str, int]) -> str:
    """Text of the view (.gtkw) for a waveform of the module ``top``, whose ports have so many bits."""
    lines = [f'[dumpfile] "{waveform.name}"', "[timestart] 0", "[sst_expanded] 1"]
    for (title, ports), prefix in zip(_GROUPS, _PREFIXES, strict=True):
        lines.append(f"-{title}")
        for port in (f"{prefix}{port}" for port in ports):
            bits = widths[port]
            lines.append(f"TOP.{top}.{port}" + (f"[{bits - 1}:0]" if bits > 1 else ""))
    return "\n".join((*lines, ""))
