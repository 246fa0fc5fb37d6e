"""Models of whole chips, built once per machine."""

import re
from collections.abc import Mapping

from arch.config import Config
from hdl.looped import LoopedChip
from tb import verilator, visible
from tb.exports import kept


def superlane(sources: Mapping[str, str]) -> str:
    """Module of a superlane in a chip's export: the part of a chip's model that is a model of its own."""
    (found,) = (name for name in sources if re.fullmatch(r"superlane_[0-9a-f]{8}", name))
    return found


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
    return verilator.build(lockstep_plan(config), jobs=jobs)


def lockstep_plan(config: Config) -> verilator.Plan:
    """What :func:`lockstep_model` builds."""
    verilator.root()
    top = LoopedChip(config=config)
    sources = kept(top, config.to_json(), checks=True)
    top, part = next(iter(sources)), superlane(sources)
    return verilator.plan(sources, top, visible=visible.LOCKSTEP, probe=True, shared=True, part=part)
