"""A program in the hardware: export, build, boot through AXI, run, read what it left; told step by step on stderr."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from arch.program import Program
from scripts.sim.view import write_views
from scripts.sim.watch import Watch
from tb import hosted, parts, verilator
from tb.hostlink import session
from tb.hostlink.driver import Bytes
from tb.hostlink.session import SessionOutcome, Settings


@dataclass(frozen=True)
class Times:
    """Seconds that it took here: export, build and simulation."""

    export: float
    build: float
    simulation: float


def simulate(
    program: Program,
    inputs: Mapping[str, Bytes],
    folder: Path,
    *,
    settings: Settings | None = None,
    waveform: Path | None = None,
    jobs: int = 1,
    threads: int = 1,
) -> tuple[SessionOutcome, Times]:
    """Export, build and run the hardware, as far as that is not done yet.

    Parameters
    ----------
    program
        The program, with the machine that it is for; the machine's links are looped back.
    inputs : uint8[rows, vector] by region name
        As for the golden model.
    folder
        Where the session's files and its log go.
    settings
        Limit and fuse, and whether what queues issue is recorded; None for the usual ones.
    waveform
        File to write, its ending the format (.fst or .vcd); views for viewers come beside it.
    jobs
        Compilers at a time.
    threads
        On which superlanes are simulated.

    Raises
    ------
    tb.verilator.MissingToolError, tb.verilator.BuildError, AssertionError
        A tool is missing; what was exported does not build; the simulation failed.
    """
    verilator.root()
    config, waves = program.config, "" if waveform is None else waveform.suffix.removeprefix(".")
    with Watch(f"export {config.name} as Verilog") as export:
        texts = hosted.sources(config)
    settings = settings or Settings()
    planned = hosted.plan(texts, waves=waves, trace=settings.trace)
    name = "model is built already" if planned.is_built else "build the model with Verilator: some minutes, once"
    with Watch(name, lambda: verilator.progress(planned)) as build:
        model = verilator.build(planned, jobs=jobs)
    session.prepare(folder, program, inputs, settings)
    options: tuple[str, ...] = ()
    if waveform is not None:
        waveform.unlink(missing_ok=True)
        options = hosted.waveform_options(waveform)
    with Watch("simulate", lambda: _last_line(folder / session.PROGRESS), changes=True) as simulation:
        variables = {session.FOLDER: str(folder), parts.THREADS: str(threads)}
        verilator.run(model, session.__name__, folder, options=options, **variables)
    if waveform is not None:
        write_views(waveform, *hosted.top_ports(config))
    return session.load_outcome(folder), Times(export.seconds, build.seconds, simulation.seconds)


def _last_line(file: Path) -> str:
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return lines[-1] if lines else ""
