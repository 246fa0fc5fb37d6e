"""Model of a whole chip behind its host interface, for long runs: only the top's ports are visible, and the code of
what stands in many places is made once (``tb.sharing``).

Nothing is exported or built again while the hardware's sources, the machine and the tools are the same.
"""

import hashlib
import importlib.metadata
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import cocotb_tools.config

from arch.config import Config
from hdl.host.top import HostedChip
from tb import sharing
from tb.exports import kept
from tb.fold import fold
from tb.verilator import BUILDS, LINT, OPTIONS, Model, environment, root

#: Options for waveforms by format: the top, the host's side, the chip, its queues and superlanes. What is deeper would
#: be most of the model.
_DEPTH = ("--trace-depth", "3")
_WAVES = {"": (), "fst": ("--trace-fst", *_DEPTH), "vcd": ("--trace-vcd", *_DEPTH)}
_TOP = "superlane_chip_"


class BuildError(RuntimeError):
    """Verilator or the compiler refuses what was exported: a mistake of this project, not of its user."""


def sources(config: Config) -> dict[str, str]:
    """Verilog of the hosted chip, the top first; kept, since the export takes a minute where the machine is large.

    Its links are looped back, as they are in the golden model.
    """
    top = _chip(config)
    return kept(top, config.to_json())


def _chip(config: Config) -> HostedChip:
    top = HostedChip(config=config, looped=bool(config.c2c_links))
    # Often only its name and ports are wanted; Amaranth would warn that nothing was made of it.
    top._MustUse__silence = True
    return top


def folder_of(texts: Mapping[str, str], *, waves: str = "") -> Path:
    """Where the model of these sources is, or will be."""
    digest = hashlib.sha256()
    tools = _versions("verilator", "cocotb")
    options = (*OPTIONS, *sharing.OPTIONS, *_WAVES[waves], sharing.OPTIMIZE, tools, LINT.read_text("utf-8"))
    rules = sharing.rules(texts, next(iter(texts)))
    for part in (*options, *rules, *(f"{name}\n{fold(text)}" for name, text in sorted(texts.items()))):
        digest.update(hashlib.sha256(part.encode()).digest())
    return BUILDS / f"{next(iter(texts))}_{waves and f'{waves}_'}{digest.hexdigest()[:16]}"


def is_built(folder: Path) -> bool:
    """Whether a model is there, whole."""
    return (folder / "built").exists()


def build(texts: Mapping[str, str], *, waves: str = "", jobs: int = 2) -> Model:
    """Build the model, unless it is there.

    Parameters
    ----------
    texts
        What :func:`sources` gives.
    waves
        Format of the waveforms that it can write, which makes it larger and slower: "fst", "vcd", or "" for none.
    jobs
        Compilers at a time.

    Raises
    ------
    tb.verilator.MissingToolError
        In one line, if a tool is missing.
    BuildError
        If Verilator or the compiler fails; the message ends with the log's last lines.
    """
    root()
    top, folder = next(iter(texts)), folder_of(texts, waves=waves)
    if is_built(folder):
        return Model(folder, top)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, text in texts.items():
        (folder / f"{name}.v").write_text(fold(text), encoding="utf-8")
    rules = [f'public_flat_rw -module "{top}" -var "*"', *sharing.rules(texts, top)]
    (folder / "watch.vlt").write_text("\n".join(("`verilator_config", *rules, "")), encoding="utf-8")
    shutil.copy(LINT, folder / LINT.name)
    _compile(folder, top, [LINT.name, "watch.vlt", *(f"{name}.v" for name in texts)], waves, jobs)
    (folder / "built").touch()
    return Model(folder, top)


def top_ports(config: Config) -> tuple[str, dict[str, int]]:
    """Name of the uppermost module, and the bits of each of its ports, clock and reset included."""
    top = _chip(config)
    ports = {"__".join(map(str, path)): len(value) for path, _, value in top.signature.flatten(top)}
    return top.module_name, {"clk": 1, "rst": 1, **ports}


def waveform_format() -> str:
    """Format in which a model can write waveforms here: "fst", or "vcd" where headers of lz4 or zlib are missing."""
    command = ["g++", "-E", "-x", "c++", "-include", "lz4.h", "-include", "zlib.h", os.devnull]
    return "vcd" if subprocess.run(command, capture_output=True, check=False).returncode else "fst"


def waveform_options(waveform: Path) -> tuple[str, ...]:
    """Command line with which a model that was built for it writes a waveform."""
    return ("--trace", "--trace-file", str(waveform))


def progress(folder: Path) -> str:
    """How far a build has come, in a few words."""
    made, wanted = len(list(folder.glob("Vtop*.o"))), len(list(folder.glob("Vtop*.cpp")))
    return f"{made} of {wanted} files compiled" if wanted else "Verilator reads the export"


def _versions(*packages: str) -> str:
    return " ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)


def _compile(folder: Path, top: str, files: Sequence[str], waves: str, jobs: int) -> None:
    libraries = cocotb_tools.config.libs_dir
    main = Path(cocotb_tools.config.share_dir) / "lib" / "verilator" / "verilator.cpp"
    linking = f"-Wl,-rpath,{libraries} -L{libraries} -lcocotbvpi_verilator"
    command = ["verilator", *OPTIONS, *sharing.OPTIONS, *_WAVES[waves], "--top-module", top]
    command += ["-Mdir", ".", "-o", top, "-LDFLAGS", linking, str(main), *files]
    make = ["make", "-j", str(jobs), "-f", "Vtop.mk", f"OPT_FAST={sharing.OPTIMIZE}", "CFG_CXXFLAGS_PCH_I=-include"]
    with (folder / "build.txt").open("w", encoding="utf-8") as log:
        for step in (command, make):
            done = subprocess.run(
                step, cwd=folder, env=environment(), stdout=log, stderr=subprocess.STDOUT, check=False
            )
            if done.returncode:
                log.flush()
                text = (folder / "build.txt").read_text(encoding="utf-8", errors="replace")
                raise BuildError(f"building {top} failed at {step[0]}; its log ends:\n{text[-3000:]}")
