"""Random programs on the chip under Verilator, in lockstep with the golden model: many seeds, resumable.

Each machine is built once. What has passed is kept in ``build/regress/passed.json`` under the name of the model, which
is that of its contents: after a change of the hardware everything runs anew, after an interruption only the rest.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from arch.config import Config
from arch.program import Program
from golden.run import run as run_golden
from tb import lockstep, verilator
from tb.models import lockstep_model
from tb.random.configs import CONFIGS, named
from tb.random.generate import generate
from tb.random.listing import listing
from tb.random.schedule import Schedule
from tb.random.shrink import shrink

#: Machines that run if none is named: `small` compares megabytes in every cycle, so it is for those who ask.
MACHINES = ("nano", "spare", "tiny", "integer", "one", "3x8", "2x16", "single", "row", "mute", "slow", "fpga")
#: Programs of one simulation: starting it costs as much as a program does.
BATCH = 8
#: Cycles in which a program's queues draw instructions.
CYCLES = 200
#: Programs that a search for a smaller one may run.
TRIALS = 120
FOLDER = Path(__file__).resolve().parent.parent / "build" / "regress"


def schedule_of(config: Config, seed: int) -> Schedule:
    """Program of a seed; odd ones have faults."""
    return generate(config, seed, cycles=CYCLES, faulty=bool(seed % 2))


def difference(model: verilator.Model, folder: Path, programs: Sequence[Program], fuse: int) -> str:
    """Run programs on one model; the end of the log if one differs, else nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number, program in enumerate(programs):
        files.append(folder / f"{number}.slp")
        files[-1].write_bytes(program.to_bytes())
    try:
        variables = {lockstep.PROGRAM: os.pathsep.join(map(str, files)), lockstep.FUSE: str(fuse)}
        verilator.run(model, "tb.lockstep", folder, **variables)
    except AssertionError as error:
        return str(error)
    return ""


def regress(name: str, seeds: Sequence[int]) -> list[int]:
    """Run the seeds of a machine that have not passed yet; those that fail."""
    config, started = named(name), time.monotonic()
    model = lockstep_model(config)
    print(f"{name}: model after {time.monotonic() - started:.0f} s", flush=True)
    passed = _load()
    done = set(passed.get(model.folder.name, ()))
    left = [seed for seed in seeds if seed not in done]
    failed: list[int] = []
    for start in range(0, len(left), BATCH):
        batch = left[start : start + BATCH]
        good = batch
        # Every batch of a machine with a spare bypasses another superlane.
        fuse = start // BATCH % config.physical_superlanes
        if difference(model, FOLDER / name, [schedule_of(config, seed).program() for seed in batch], fuse):
            bad = [seed for seed in batch if _fails(model, name, seed, fuse)]
            good, failed = [seed for seed in batch if seed not in bad], failed + bad
        done |= set(good)
        passed[model.folder.name] = sorted(done)
        _save(passed)
        rate = (start + len(batch)) / (time.monotonic() - started)
        print(
            f"{name}: {len(done & set(seeds))} of {len(seeds)} passed, {len(failed)} failed, {rate:.2f}/s", flush=True
        )
    return failed


def _fails(model: verilator.Model, name: str, seed: int, fuse: int) -> bool:
    found = difference(model, FOLDER / name, [schedule_of(named(name), seed).program()], fuse)
    if found:
        print(f"{name}: seed {seed} differs:\n{_last(found)}")
        again = f"--machine {name} --seed {seed} --fuse {fuse}"
        print(f"  replay or shrink: python -m scripts.regress {again} [--shrink]", flush=True)
    return bool(found)


def _last(text: str) -> str:
    """What a log says of the difference."""
    lines = text.splitlines()
    at = max((n for n, line in enumerate(lines) if "cycle " in line or "at the end" in line), default=0)
    return "\n".join(lines[at : at + 8])


def _smaller(model: verilator.Model, name: str, seed: int, fuse: int) -> Schedule:
    return shrink(
        schedule_of(named(name), seed),
        lambda program: bool(difference(model, FOLDER / name, [program], fuse)),
        legal=lambda program: run_golden(program).errors == (),
        trials=TRIALS,
    )


def _load() -> dict[str, list[int]]:
    try:
        return json.loads((FOLDER / "passed.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _save(passed: dict[str, list[int]]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    new = FOLDER / "passed.new"
    new.write_text(json.dumps(passed), encoding="utf-8")
    new.replace(FOLDER / "passed.json")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; 0 if all agree, 1 if some differ, 2 with one line for what cannot be."""
    parser = argparse.ArgumentParser(prog="regress", description="Random programs on the chip and the golden model.")
    parser.add_argument("--machine", action="append", help=f"one of {', '.join(CONFIGS)}; may be repeated")
    parser.add_argument("--seeds", type=int, default=200, help="seeds 0 to this, for each machine")
    parser.add_argument("--seed", type=int, help="this one only, with the end of its log")
    parser.add_argument(
        "--fuse", type=int, default=0, help="with --seed: the superlane bypassed, where there is a spare"
    )
    parser.add_argument("--shrink", action="store_true", help="with --seed: make the program that differs small")
    options = parser.parse_args(arguments)
    machines = options.machine or list(MACHINES)
    try:
        if options.seed is not None:
            model = lockstep_model(named(machines[0]))
            differs = _fails(model, machines[0], options.seed, options.fuse)
            if differs and options.shrink:
                print("\n".join(listing(_smaller(model, machines[0], options.seed, options.fuse))))
            return int(differs)
        failed = {name: regress(name, range(options.seeds)) for name in machines}
    except (ValueError, RuntimeError) as error:
        print(f"regress: {error}", file=sys.stderr)
        return 2
    count = options.seeds * len(machines)
    bad = sum(map(len, failed.values()))
    print(f"regress: {count - bad} of {count} random programs on {len(machines)} machines agree")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
