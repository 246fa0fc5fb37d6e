"""The golden model's front door: run a program to idle."""

from collections.abc import Callable, Mapping

from arch.program import Program
from golden.fast import run as fast
from golden.injection import Injection
from golden.lanes import Bytes
from golden.result import Result
from golden.step.chip import Machine

__all__ = ["ENGINES", "LIMIT", "Progress", "run"]

#: Cycles after which the host stops a run, unless told otherwise.
LIMIT = 1_000_000

#: Called now and then with the cycle reached.
Progress = Callable[[int], None]


def _step(
    program: Program,
    inputs: Mapping[str, Bytes] | None,
    injection: Injection | None,
    limit: int,
    trace: bool,
    progress: Progress | None,
) -> Result:
    return Machine(program, inputs, injection, trace=trace).run(limit, progress)


def _fast(
    program: Program,
    inputs: Mapping[str, Bytes] | None,
    injection: Injection | None,
    limit: int,
    trace: bool,
    progress: Progress | None,
) -> Result:
    return fast.run(program, inputs, limit=limit, trace=trace, progress=progress)


#: Engines by name. The step engine is the plain reference, and the only one that knows injections.
ENGINES: dict[str, Callable[..., Result]] = {"fast": _fast, "step": _step}


def run(
    program: Program,
    inputs: Mapping[str, Bytes] | None = None,
    *,
    engine: str = "fast",
    injection: Injection | None = None,
    limit: int = LIMIT,
    trace: bool = False,
    progress: Progress | None = None,
) -> Result:
    """Run a program until the chip is idle.

    Parameters
    ----------
    program
        The program, with the machine that it is for.
    inputs : uint8[rows, vector] by region name
        Every region of role input or inout.
    engine
        One of ``ENGINES``; all give the same result. With an injection it is the step engine, whatever is asked.
    injection
        Bit error to arm.
    limit
        Cycles after which the run is stopped.
    trace
        Whether to record what every queue issued.
    progress
        Called now and then with the cycle reached.

    Raises
    ------
    ValueError
        One line: an unknown engine, a limit below 1, inputs or an injection that do not fit.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine must be one of {', '.join(ENGINES)}, not {engine!r}")
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise ValueError(f"limit must be an integer of at least 1, not {limit!r}")
    chosen = "step" if injection is not None else engine
    return ENGINES[chosen](program, inputs, injection, limit, trace, progress)
