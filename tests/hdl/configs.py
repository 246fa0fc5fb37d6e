"""Small machines for hardware tests: the presets are too uniform to show a size that is taken for another."""

from dataclasses import replace

from arch.config import Stages, preset

#: The preset itself.
TINY = preset("tiny")
#: One superlane, one plane without fp16, few streams.
ONE = replace(
    TINY, name="one", superlanes=1, lanes=8, streams=8, slices=8, bank_words=16, planes=1, mxm_fp16=False, acc_rows=5
)
#: An odd number of superlanes of the published width, pairs of planes without fp16, and longer pipelines.
ODD = replace(
    TINY,
    name="odd",
    mxm_fp16=False,
    superlanes=3,
    lanes=16,
    slices=16,
    bank_words=64,
    acc_rows=7,
    stages=Stages(operand=2, result=2, mem_access=2, mxm_mac=3, acc=5, fetch=4),
)
SMALL_CONFIGS = (TINY, ONE, ODD)
