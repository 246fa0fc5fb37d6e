"""Icarus Verilog: the exported Verilog under a simulator that shares nothing with Verilator but cocotb."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner

from hdl.export import export
from hdl.seam import Block
from tb.frames import Name
from tb.replay import bench
from tb.replay.record import Record
from tb.replay.stimulus import Stimulus
from tb.verilator import MissingToolError


def missing() -> str:
    """What is not installed, in one line; empty if all is there."""
    return "" if shutil.which("iverilog") else "Icarus Verilog is missing: the Debian package iverilog brings it"


def play(top: Block, stimulus: Stimulus, names: Sequence[Name], folder: Path) -> Record:
    """Play a stimulus to a block.

    Parameters
    ----------
    top
        The block.
    stimulus
        What its ports are set to.
    names
        Variables to record.
    folder
        For sources, results and logs.

    Raises
    ------
    MissingToolError
        In one line, if Icarus Verilog is not installed.
    AssertionError
        If the simulation fails; the log is in ``folder``.
    """
    if missing():
        raise MissingToolError(missing())
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for module, text in export(top).items():
        files.append(folder / f"{module}.v")
        files[-1].write_text(text, encoding="utf-8")
    asked = {"rows": [dict(row) for row in stimulus.rows], "names": list(names)}
    (folder / bench.REPLAY).write_text(json.dumps(asked), encoding="utf-8")
    runner, log, results = get_runner("icarus"), folder / "log.txt", folder / "results.xml"
    runner.build(
        sources=files,
        hdl_toplevel=top.module_name,
        build_dir=folder / "model",
        build_args=["-g2012"],
        timescale=("1ns", "1ps"),
        log_file=folder / "build.txt",
    )
    runner.test(
        test_module="tb.replay.bench",
        hdl_toplevel=top.module_name,
        hdl_toplevel_lang="verilog",
        build_dir=folder / "model",
        test_dir=folder,
        results_xml=str(results),
        log_file=log,
        timescale=("1ns", "1ps"),
        extra_env={
            bench.FOLDER: str(folder),
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
            "COCOTB_ANSI_OUTPUT": "0",
        },
    )
    count, failed = get_results(results)
    assert count and not failed, f"the replay failed; the end of {log.name}:\n{log.read_text('utf-8')[-4000:]}"
    with np.load(folder / bench.RECORD) as found:
        widths = tuple(map(int, found["widths"]))
        return Record(tuple(zip(names, widths, strict=True)), found["rows"])
