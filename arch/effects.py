"""What an instruction does to the streams: which it samples and drives, where and when.

The assembler's checks, the golden model, the random-program generator and the compiler read these; nobody else says
which operand is how wide.
"""

from dataclasses import dataclass

from arch import text
from arch.config import Config
from arch.conveyor import Direction
from arch.features import DISTRIBUTE_GROUP
from arch.isa import vxm
from arch.isa.fields import operand_source, stream_direction, stream_number
from arch.isa.spec import Op
from arch.queues import Queue
from arch.timing import timing
from arch.types import Type


@dataclass(frozen=True)
class StreamUse:
    """A group of adjacent streams that an instruction samples or drives.

    Attributes
    ----------
    role
        Field that names it.
    direction
        Way the streams flow.
    stream
        First stream.
    width
        Streams in the group.
    align
        What the first stream must be a multiple of.
    position
        Where; None where the unit does not meet streams of that direction (then the instruction is illegal).
    offset
        When, cycles after issue.
    """

    role: str
    direction: Direction
    stream: int
    width: int
    align: int
    position: int | None
    offset: int


def samples(config: Config, queue: Queue, op: Op) -> tuple[StreamUse, ...]:
    """Stream groups that an instruction samples."""
    return tuple(
        _use(queue, role, ref, width, offset, driven=False) for role, ref, width, offset in _sampled(config, op)
    )


def drives(config: Config, queue: Queue, op: Op) -> tuple[StreamUse, ...]:
    """Stream groups that an instruction drives."""
    return tuple(_use(queue, role, ref, width, offset, driven=True) for role, ref, width, offset in _driven(config, op))


def _use(queue: Queue, role: str, ref: int, width: int, offset: int, *, driven: bool) -> StreamUse:
    direction = stream_direction(ref)
    position = queue.site.drive(direction) if driven else queue.site.sample(direction)
    align = 1 << (width - 1).bit_length()
    return StreamUse(role, direction, stream_number(ref), width, align, position, offset)


def _sampled(config: Config, op: Op) -> list[tuple[str, int, int, int]]:
    """Role, stream reference, width and offset of every group sampled."""
    name = op.mnemonic
    if op.spec in vxm.VXM:
        element = Type.from_code(op["type"])
        return [
            (role, op[role] >> 3, vxm.operand_type(name, role, element).bytes, 0)
            for role in vxm.OPERATION_OF[name].operands
            if operand_source(op[role]) == "stream"
        ]
    if name == "Ifetch":
        return [("s", op["s"], 1, text.sample_offset(config, n)) for n in range(text.vectors(config))]
    if name in ("Write", "Shift", "Rotate", "Send"):
        return [("s", op["s"], 1, 0)]
    if name == "Gather":
        return [("map", op["map"], 1, 0)]
    if name == "Scatter":
        return [("map", op["map"], 1, 0), ("s", op["s"], 1, 0)]
    if name == "LW" or (name == "IW" and op["from"]):
        return [("s", op["s"], config.lanes, 0)]
    if name == "ABC":
        return [("s", op["s"], 2 if _is_f16(op) else 1, 0)]
    if name == "Select":
        return [("s", op["s"], 1, 0), ("mask", op["mask"], 1, 0)]
    if name == "Permute":
        return [("s", op["s"], 1, 0), ("map", op["map"], 2, 0)]
    if name == "Distribute":
        return [("s", op["s"], DISTRIBUTE_GROUP, 0), ("map", op["map"], 1, 0)]
    if name == "Transpose":
        return [("s", op["s"], config.lanes, 0)]
    return []


def _driven(config: Config, op: Op) -> list[tuple[str, int, int, int]]:
    """Role, stream reference, width and offset of every group driven."""
    name, t = op.mnemonic, timing(config)
    if op.spec in vxm.VXM:
        width = vxm_result(op).bytes
        return [("out", op["out"] >> 1, width, t.vxm)] if op["out"] else []
    if name in ("Read", "Gather"):
        return [("s", op["s"], 1, t.read)]
    if name == "ACC":
        return [("out", op["out"] >> 1, 4, t.acc)] if op["out"] else []
    if name == "Shift":
        return [("out", op["out"] >> 1, 1, t.sxm_cross)] if op["out"] else []
    if name in ("Select", "Permute"):
        return [("out", op["out"], 1, t.sxm_cross)]
    if name == "Distribute":
        return [("out", op["out"], DISTRIBUTE_GROUP, t.sxm_local)]
    if name == "Rotate":
        return [("out", op["out"], op["n"] ** 2, t.sxm_local)]
    if name == "Transpose":
        return [("out", op["out"], config.lanes, t.sxm_local)]
    if name == "Receive":
        return [("s", op["s"], 1, t.receive)]
    return []


def vxm_result(op: Op) -> Type:
    """Type of a VXM instruction's result."""
    to = Type.from_code(op["to"]) if op.mnemonic == "Cast" else None
    return vxm.result_type(op.mnemonic, Type.from_code(op["type"]), to)


def _is_f16(op: Op) -> bool:
    return op.spec.by_name["form"].choices[op["form"]] == "f16"
