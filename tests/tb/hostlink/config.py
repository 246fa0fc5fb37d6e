"""The machine of these tests: `tiny` with a spare superlane, and little arithmetic: the host does not see it, and it
takes long to build."""

from dataclasses import replace

from arch.config import Alu, preset
from arch.types import Type

_ALU = Alu(types=(Type.I8, Type.I32))

HOSTED = replace(preset("tiny"), name="hosted", spare=True, mxm_fp16=False, alus=(_ALU,) * 4)
