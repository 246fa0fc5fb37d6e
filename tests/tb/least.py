"""The machine of tests that need a whole chip and care for little of it."""

from dataclasses import replace

from arch.config import Alu, preset
from arch.types import Type

#: As little as has a chip: what builds fastest.
LEAST = replace(
    preset("tiny"),
    name="least",
    superlanes=1,
    streams=16,
    planes=1,
    mxm_fp16=False,
    acc_rows=1,
    alus=(Alu(types=(Type.I8, Type.I32)),) * 4,
    c2c_links=0,
    queue_depth=48,
)
