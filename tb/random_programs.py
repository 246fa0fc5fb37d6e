"""Random legal programs over all units together, each replayable from its seed.

``generate`` draws a schedule, whose ``program()`` is ready to boot; ``shrink`` makes a failing one small. To see what a
seed is: ``python -m tb.random_programs --preset tiny --seed 7``.
"""

import argparse
import sys
from collections.abc import Sequence

from tb.random.configs import CONFIGS, named
from tb.random.coverage import Coverage, coverage
from tb.random.generate import generate
from tb.random.listing import listing, summary
from tb.random.schedule import Entry, Schedule, ScheduleError
from tb.random.shrink import shrink

__all__ = [
    "CONFIGS",
    "named",
    "generate",
    "Schedule",
    "Entry",
    "ScheduleError",
    "shrink",
    "coverage",
    "Coverage",
    "listing",
    "summary",
    "main",
]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a random program; 0, or 2 with one line on standard error for what the options do not allow."""
    parser = argparse.ArgumentParser(prog="random_programs", description="Print the random program of a seed.")
    parser.add_argument("--preset", default="tiny", help=f"machine: {', '.join(CONFIGS)}")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cycles", type=int, default=300, help="cycles before the queues park for good")
    parser.add_argument("--density", type=float, default=0.2, help="chance that an idle queue draws, per cycle")
    parser.add_argument("--faulty", action="store_true", help="with faults that the hardware reports")
    parser.add_argument("--summary", action="store_true", help="counts only")
    parser.add_argument("--out", help="write the program file here")
    options = parser.parse_args(arguments)
    try:
        schedule = generate(
            named(options.preset),
            options.seed,
            cycles=options.cycles,
            density=options.density,
            faulty=options.faulty,
        )
        if options.out:
            with open(options.out, "wb") as file:
                file.write(schedule.program().to_bytes())
    except (ValueError, OSError) as error:
        print(f"random_programs: {error}", file=sys.stderr)
        return 2
    lines = [*summary(schedule), *([] if options.summary else listing(schedule))]
    try:
        print("\n".join(lines), flush=True)
    except BrokenPipeError:
        sys.stderr.close()  # the reader has seen enough; Python would complain at exit
    return 0


if __name__ == "__main__":
    sys.exit(main())
