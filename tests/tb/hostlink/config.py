"""The machine of these tests: `tiny` with little arithmetic: the host does not see it, and it takes long to build."""

from dataclasses import replace

from arch.config import Alu, preset

HOSTED = replace(preset("tiny"), name="hosted", mxm_fp16=False, alus=(Alu(),) * 4)
