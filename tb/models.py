"""Models of whole chips, built once per machine."""

from arch.config import Config
from hdl.looped import LoopedChip
from tb import verilator, visible
from tb.exports import kept


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
    top = LoopedChip(config=config)
    # Often it was exported before; Amaranth would warn that nothing was made of it.
    top._MustUse__silence = True
    sources = kept(top, config.to_json(), checks=True)
    return verilator.build(sources, next(iter(sources)), visible=visible.LOCKSTEP, probe=True, shared=True, jobs=jobs)
