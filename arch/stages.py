"""Pipeline stages per operator class: the part of a configuration that the timing table reads."""

from dataclasses import dataclass
from types import MappingProxyType

from arch.checks import check_range

#: Allowed range of each field of :class:`Stages`, inclusive.
STAGE_RANGES = MappingProxyType(
    {
        "operand": (1, 4),
        "result": (1, 4),
        "mem_access": (1, 4),
        "alu": (8, 32),
        "mxm_mac": (1, 8),
        "mxm_round": (1, 8),
        "acc": (2, 16),
        "sxm_local": (1, 8),
        "sxm_cross": (1, 16),
        "fetch": (3, 16),
        "c2c": (2, 64),
    }
)


@dataclass(frozen=True)
class Stages:
    """Pipeline stages per operator class, in cycles (our decision; the timing table turns them into latencies).

    Attributes
    ----------
    operand
        From sampling a stream register to the checked and corrected operand.
    result
        From an operator's last register to the stream register, check bits included.
    mem_access
        SRAM access, from the registered address to its data.
    alu
        Every operation of every VXM ALU; up to 19 each takes two steps of its work apart, but the twelfth, which takes
        the choice of the operands from the first.
    mxm_mac
        Inside a supercell, from activation and weight to the sum over its lanes; up to 5 each takes its work apart.
    mxm_round
        From the exact fp16 sum to its fp32 rounding; spent only where ``mxm_fp16`` is set.
    acc
        An accumulator's read, add and write: a row may be touched again this many cycles later.
    sxm_local
        Operators inside a superlane: Distribute, Rotate, Transpose.
    sxm_cross
        Operators across superlanes (Shift, Select, Permute), beside the 2(S-1) cycles of vertical travel.
    fetch
        From a text word's sampling at superlane 0 to its earliest issue.
    c2c
        A link looped back: from Send to the Receive that takes its vector; more than ``operand``.
    """

    operand: int = 1
    result: int = 1
    mem_access: int = 1
    alu: int = 8
    mxm_mac: int = 2
    mxm_round: int = 2
    acc: int = 4
    sxm_local: int = 1
    sxm_cross: int = 2
    fetch: int = 3
    c2c: int = 4

    def __post_init__(self) -> None:
        for name, (low, high) in STAGE_RANGES.items():
            check_range(f"stages.{name}", getattr(self, name), low, high)
        if self.c2c <= self.operand:
            raise ValueError(f"stages.c2c must be more than stages.operand ({self.operand}), not {self.c2c!r}")
