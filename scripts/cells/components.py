"""Which parts are synthesized by themselves."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from arch.config import Alu, Config, preset
from arch.features import Features
from arch.queues import Unit, queues
from arch.types import INTEGER_TYPES
from hdl.catalog import unit
from hdl.icu.queue import InstructionQueue
from hdl.mxm.dot import Dot
from hdl.seam import Block
from hdl.vxm.standalone import StandaloneAlu
from hdl.vxm.steps import STEPS, choosing_stages

#: Bytes of an activation that the table's largest parts multiply at once: those of `small`.
_WIDE = preset("small")


@dataclass(frozen=True)
class Component:
    """A part.

    Attributes
    ----------
    name : str
        By which the table calls it, and a command line too.
    what : str
        What it is, with the stages that matter.
    create : callable
        Makes it.
    macs : int
        Multiplications per cycle; 0 for all but supercells.
    timed : bool
        Whether its highest clock is of interest: it has registers at both ends.
    """

    name: str
    what: str
    create: Callable[[], Block]
    macs: int = 0
    timed: bool = False


def components() -> tuple[Component, ...]:
    """All parts of the table, in its order."""
    fpga = preset("fpga")
    wide = replace(_pipelined(_WIDE, mxm_mac=5, alu=STEPS), features=Features(still=False))
    stages = fpga.stages
    # The choice of an ALU's operands is not in it.
    alu_stages = stages.alu - choosing_stages(stages.alu)
    return (
        Component(
            "supercell_4x4",
            f"int8 supercell, {stages.mxm_mac} stages",
            lambda: unit(fpga, "supercell"),
            fpga.lanes**2,
            timed=True,
        ),
        Component(
            "supercell_8x8",
            "the same with 8 lanes, 5 stages",
            lambda: unit(_integers(wide), "supercell"),
            wide.lanes**2,
            timed=True,
        ),
        Component(
            "fp16_dot_8x8",
            "what fp16 adds to a pair of supercells, 5 stages",
            lambda: Dot(config=wide),
            wide.lanes**2 // 2,
            timed=True,
        ),
        Component(
            "vxm_alu",
            f"ALU of one lane, integers and fp32, {alu_stages} stages",
            lambda: StandaloneAlu(alu=fpga.alus[-1], stages=alu_stages, still=False),
            timed=True,
        ),
        Component(
            "vxm_alu_integers",
            "the same, integers only",
            lambda: StandaloneAlu(alu=Alu(types=INTEGER_TYPES), stages=alu_stages, still=False),
            timed=True,
        ),
        Component(
            "vxm_alu_8",
            "integers and fp32 in 8 stages",
            lambda: StandaloneAlu(alu=fpga.alus[-1], stages=8, still=False),
            timed=True,
        ),
        Component(
            "vxm_alu_large",
            f"ALU with fp16, exp, tanh and rsqrt, {STEPS} stages",
            lambda: StandaloneAlu(alu=Alu(large=True), stages=wide.stages.alu, still=False),
            timed=True,
        ),
        Component("mem_tile", "MEM tile", lambda: unit(fpga, "mem_tile")),
        Component("sxm_tile", "SXM tile", lambda: unit(fpga, "sxm_tile")),
        Component("column", "stream registers beside MEM slices", lambda: unit(fpga, "column")),
        Component("accumulator", "accumulator", lambda: unit(fpga, "accumulator")),
        Component("queue_mem", "instruction queue of a MEM slice", lambda: unit(fpga, "queue_mem")),
        Component(
            "queue_vxm",
            "instruction queue of an ALU",
            lambda: InstructionQueue(config=fpga, queue=[q for q in queues(fpga) if q.unit is Unit.VXM][-1]),
        ),
        Component("secded_checker", "SECDED checker of `tiny`", lambda: unit(preset("tiny"), "secded_checker")),
    )


def _pipelined(config: Config, **stages: int) -> Config:
    return replace(config, stages=replace(config.stages, **stages))


def _integers(config: Config) -> Config:
    return replace(config, mxm_fp16=False)
