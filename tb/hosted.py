"""Model of a whole chip behind its host interface, for long runs: only the top's ports and the memories are visible,
and a superlane is a model of its own (``tb.parts``).

Nothing is exported or built again while the hardware's sources, the machine and the tools are the same.
"""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from arch.config import Config
from hdl.host.top import HostedChip
from tb import issues, verilator, visible
from tb.exports import file_of, kept, unmade
from tb.models import superlane


def sources(config: Config) -> dict[str, str]:
    """Verilog of the hosted chip, the top first; kept, since the export takes a minute where the machine is large.

    Its links are looped back, as they are in the golden model.
    """
    top = _chip(config)
    return kept(top, config.to_json())


def exported(config: Config) -> bool:
    """Whether :func:`sources` finds what it gives."""
    return file_of(unmade(_chip(config)), config.to_json()).exists()


def _chip(config: Config) -> HostedChip:
    top = HostedChip(config=config, looped=bool(config.c2c_links))
    return top


def plan(texts: Mapping[str, str], *, waves: str = "", trace: bool = False) -> verilator.Plan:
    """The model of what :func:`sources` gives.

    Parameters
    ----------
    texts
        The sources.
    waves
        Format of the waveforms that it can write, "fst" or "vcd", or "" for none.
    trace
        Whether is seen what its queues issue (``tb.issues``).
    """
    seen = issues.HOSTED if trace else ()
    top, part = next(iter(texts)), superlane(texts)
    return verilator.plan(
        texts, top, around=seen, reached=visible.MEMORIES, probe=True, shared=True, part=part, waves=waves
    )


def top_ports(config: Config) -> tuple[str, dict[str, int]]:
    """Name of the uppermost module, and the bits of each of its ports, clock and reset included."""
    top = unmade(_chip(config))
    ports = {"__".join(map(str, path)): len(value) for path, _, value in top.signature.flatten(top)}
    return top.module_name, {"clk": 1, "rst": 1, **ports}


def waveform_format() -> str:
    """Format in which a model can write waveforms here: "fst", or "vcd" where headers of lz4 or zlib are missing."""
    command = ["g++", "-E", "-x", "c++", "-include", "lz4.h", "-include", "zlib.h", os.devnull]
    return "vcd" if subprocess.run(command, capture_output=True, check=False).returncode else "fst"


def waveform_options(waveform: Path) -> tuple[str, ...]:
    """Command line with which a model that was built for it writes a waveform."""
    return ("--trace", "--trace-file", str(waveform))
