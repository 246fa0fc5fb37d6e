"""Models of whole chips, built once per machine."""

from arch.config import Config
from hdl.export import export
from hdl.looped import LoopedChip
from tb import verilator, visible


def lockstep_model(config: Config, *, jobs: int = 2) -> verilator.Model:
    """A chip with its links looped back, and visible what ``tb.lockstep`` compares; it stops where a program does what
    none may (:mod:`hdl.checks`).

    Parameters
    ----------
    config
        The machine.
    jobs
        Compilers at a time.

    Raises
    ------
    verilator.MissingToolError
        In one line, if a tool is missing.
    """
    verilator.root()
    sources = export(LoopedChip(config=config), checks=True)
    return verilator.build(sources, next(iter(sources)), visible=visible.LOCKSTEP, probe=True, jobs=jobs)
