"""The chip's netlist, the cells that are in the bitstream, beside the RTL: both run a network with the same inputs, and
every output must be the same in every cycle; what comes of it must be what the golden model and onnxruntime say."""

from pathlib import Path

from examples.networks.catalog import Network
from scripts.commands.compare import compare_arrays, compare_runs
from scripts.fpga.design import Design
from scripts.fpga.steps import last_line
from scripts.fpga.synthesis import write_chip
from scripts.sim.case import prepare
from scripts.sim.watch import Watch
from tb import netlist, verilator
from tb.hostlink import session
from tb.hostlink.session import SessionOutcome, Settings


def check(design: Design, network: Network, images: int, folder: Path, *, jobs: int = 1) -> tuple[str, list[str]]:
    """Run a network on the netlist and the RTL, booted through the host's ports.

    Parameters
    ----------
    design
        The machine.
    network, images
        What to run, on the first test images.
    folder
        Where the netlist and the session's files go.
    jobs
        Compilers at a time.

    Returns
    -------
    str, list of str
        What ran, in a line; and in what it differs from what it should be, a line each.

    Raises
    ------
    tb.verilator.MissingToolError, tb.verilator.BuildError, scripts.synthesis.SynthesisError
        A tool is missing or came to a bad end.
    AssertionError
        The netlist differs from the RTL: the message names cycle, port and both values.
    """
    verilator.root()
    cells = write_chip(design, folder)
    with Watch(f"compile {network.name}, golden model and onnxruntime", who="fpga"):
        case = prepare(network, images, design.config)
    planned = netlist.plan(design.inside, design.chip, cells)
    name = "model is built already" if planned.is_built else "build a model of netlist and RTL: some minutes, once"
    with Watch(name, lambda: verilator.progress(planned), who="fpga"):
        model = verilator.build(planned, jobs=jobs)
    run = folder / "check"
    session.prepare(run, case.compiled.program, case.inputs, Settings(limit=2 * case.golden.cycles))
    with Watch("simulate", lambda: last_line(run / session.PROGRESS), changes=True, who="fpga"):
        verilator.run(model, session.__name__, run, **{session.FOLDER: str(run)})
    outcome = session.load_outcome(run)
    wrong = compare_runs(case.golden, outcome)
    wrong += compare_arrays("scores of the netlist and of onnxruntime", case.scores(outcome.regions), case.onnxruntime)
    return _told(network, images, outcome), wrong


def _told(network: Network, images: int, outcome: SessionOutcome) -> str:
    """What ran."""
    clocks = sum(cycles for cycles, _ in outcome.steps.values())
    return f"{network.name}, {images} images: {outcome.cycles:,} cycles of program, {clocks:,} with loading and reading"
