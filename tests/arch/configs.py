"""Configurations on which the tests of `arch` run: the presets, and odd ones that they do not cover."""

from arch.config import PRESETS, Alu, Config, preset
from arch.types import Type

ALUS_OF_A_ROW = (Alu(large=True), Alu(), Alu(types=(Type.I8, Type.I32)), Alu(types=(Type.F32,), large=True))


def small_config(**changes) -> Config:
    """The smallest machine there is, with some fields changed."""
    fields = {
        "superlanes": 1,
        "lanes": 4,
        "streams": 8,
        "slices": 4,
        "bank_words": 16,
        "planes": 1,
        "mxm_fp16": False,
        "acc_rows": 1,
        "alus": ALUS_OF_A_ROW,
        "vxm_hops": 1,
        "queue_depth": 48,
    }
    return Config(**{**fields, **changes})


#: Two superlanes of published width: 16 lanes, 128 + 9 bits, Rotate 4.
WIDE = small_config(
    name="wide",
    superlanes=2,
    lanes=16,
    streams=32,
    slices=16,
    bank_words=64,
    planes=2,
    mxm_fp16=True,
    acc_rows=8,
    alus=preset("tiny").alus,
    c2c_links=8,
)
ODD = small_config(name="odd", superlanes=3, lanes=8, streams=8, slices=12, vxm_hops=16, alus=ALUS_OF_A_ROW * 2)
SMALLEST = small_config(name="smallest")

CONFIGS = (*PRESETS.values(), WIDE, ODD, SMALLEST)
