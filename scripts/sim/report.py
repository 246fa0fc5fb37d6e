"""What `make sim` found of a network: a summary for the terminal, a report in Markdown, and a picture."""

from pathlib import Path

import numpy as np

from arch.queues import queues
from golden.result import Result
from scripts.commands.compare import compare_arrays, compare_runs, with_outcome
from scripts.commands.report import CLOCK_HZ, error_line, fault_line, uses
from scripts.commands.tables import columns, percent, unit_name
from scripts.rtl import Times
from scripts.sim.case import Case, accuracy
from tb.hostlink.session import SessionOutcome

#: Images and classes in the picture.
SHOWN = 10
#: Side of an image.
SIDE = 8


def differences(case: Case, outcome: SessionOutcome | None) -> list[str]:
    """All in which onnxruntime, the graph's evaluation, the prediction, the golden model and the hardware differ."""
    golden, predicted = case.golden, case.compiled.cycles
    found = compare_arrays("scores of the graph and of onnxruntime", case.expected, case.onnxruntime)
    found += [f"golden model: {fault_line(golden, entry)}" for entry in golden.faults]
    found += [f"golden model: {error_line(golden, entry)}" for entry in golden.errors]
    if golden.cycles != predicted:
        found.append(f"cycles: the golden model took {golden.cycles:,}, predicted were {predicted:,}")
    scores = case.scores(case.regions)
    found += compare_arrays("scores of the golden model and of onnxruntime", scores, case.onnxruntime)
    if outcome is None:
        return found
    scores = case.scores(outcome.regions)
    found += compare_arrays("scores of the hardware and of onnxruntime", scores, case.onnxruntime)
    return found + compare_runs(golden, outcome)


def measured(case: Case, outcome: SessionOutcome | None) -> Result:
    """The golden run with the hardware's own cycles and counters in it, as far as there are any."""
    return case.golden if outcome is None else with_outcome(case.golden, outcome)


def summary(case: Case, outcome: SessionOutcome | None) -> str:
    """Result, accuracy, cycles, images per second, and use of each unit."""
    run, images, known = measured(case, outcome), len(case.classes), case.compiled.facts
    config, wrong = run.program.config, differences(case, outcome)
    scores = case.scores(case.regions if outcome is None else outcome.regions)
    who = "golden model" if outcome is None else "hardware (RTL)"
    agree = f"the {who} gives onnxruntime's scores, bit for bit, in the predicted cycles"
    if outcome is not None:
        agree += "; faults and all counters are the golden model's"
    facts = [
        f"network   {case.network.name}, int8, {images} test images from pixels to class",
        f"machine   {config.name}: {config.superlanes} x {config.lanes}, {len(queues(config))} queues",
        f"result    {'DIFFERENT, see below' if wrong else agree}",
        f"accuracy  {accuracy(scores, case.classes):.2%} of the images "
        f"(the network in floating point: {case.network.record()['accuracy']:.2%} of all test images)",
        f"cycles    {run.cycles:,}, {run.cycles / CLOCK_HZ * 1e6:.3f} us at {CLOCK_HZ // 10**6} MHz",
        f"speed     {images * CLOCK_HZ / run.cycles:,.0f} images/s at {CLOCK_HZ // 10**6} MHz",
        f"MXM       {known.macs:,} multiplications of the network, "
        f"{percent(known.macs, known.peak * run.cycles)} % of what all planes can do in this time",
    ]
    rows = [
        [unit_name(u.unit), str(u.queues), str(u.used), f"{u.issued:,}", percent(u.issued, u.queues * run.cycles)]
        for u in uses(run)
        if u.issued
    ]
    table = columns(["unit", "queues", "used", "instructions", "busy %"], rows)
    return "\n\n".join(["\n".join(facts), table, *(["\n".join(["differences:", *wrong])] if wrong else [])])


def effort(outcome: SessionOutcome, times: Times) -> str:
    """What it took: cycles of the simulated machine in each step of the host, and seconds here."""
    cycles = sum(taken for taken, _ in outcome.steps.values())
    steps = ", ".join(f"{name} {taken:,}" for name, (taken, _) in outcome.steps.items())
    seconds = sum(spent for _, spent in outcome.steps.values())
    return "\n".join(
        (
            f"host      clock cycles through AXI: {steps}",
            f"seconds   export {times.export:.0f}, build {times.build:.0f}, simulation {times.simulation:.0f}: "
            f"{cycles / max(seconds, 1e-9):,.0f} cycles/s",
        )
    )


def markdown(case: Case, outcome: SessionOutcome | None, details: str, picture: str) -> str:
    """A network's part of the report."""
    return "\n".join(
        (
            f"## {case.network.name}",
            "",
            "```",
            summary(case, outcome),
            "",
            details,
            "```",
            "",
            f"![images, and what each queue did when]({picture})",
            "",
            "Above: the first test images and what the machine takes them for. Below: the cycles in which each queue",
            "issued an instruction to its unit (from the golden model, whose counters are those of the hardware).",
            "",
            "```",
            queue_table(measured(case, outcome)),
            "```",
            "",
        )
    )


def queue_table(run: Result) -> str:
    """Use of each queue that issued anything."""
    issued = run.counters.issued
    rows = [
        [q.name, f"{int(issued[q.index]):,}", percent(int(issued[q.index]), run.cycles)]
        for q in queues(run.program.config)
        if issued[q.index]
    ]
    return columns(["queue", "instructions", "busy %"], rows)


def draw(case: Case, target: Path) -> None:
    """Write the picture, PNG."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    golden = case.golden
    chip = [q for q in queues(golden.program.config) if golden.counters.issued[q.index]]
    row = {queue.index: n for n, queue in enumerate(chip)}
    busy = np.zeros((len(chip), golden.cycles), np.bool_)
    for entry in golden.trace:
        if entry.queue in row and entry.cycle < golden.cycles:
            busy[row[entry.queue], entry.cycle] = True
    figure = pyplot.figure(figsize=(10, 9), dpi=110)
    grid = figure.add_gridspec(2, SHOWN, height_ratios=(1, 8))
    for n in range(min(SHOWN, len(case.classes))):
        axes = figure.add_subplot(grid[0, n])
        axes.imshow(case.pixels[n].reshape(SIDE, SIDE), cmap="gray_r")
        axes.set_title(str(int(np.argmax(case.expected[n]))), fontsize=10)
        axes.set_axis_off()
    axes = figure.add_subplot(grid[1, :])
    axes.imshow(busy, aspect="auto", interpolation="nearest", cmap="Blues")
    axes.set_yticks(range(len(chip)), [queue.name for queue in chip], fontsize=6)
    axes.set_xlabel("cycle")
    figure.tight_layout()
    figure.savefig(target, metadata={"Software": None})
    pyplot.close(figure)
