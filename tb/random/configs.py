"""Machines on which random programs run: the small presets, and odd ones that find what the presets hide."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType

from arch.config import PRESETS, Alu, Config, Stages, preset
from arch.types import Type

_TINY = preset("tiny")


def _variant(name: str, base: Config = _TINY, **changes: object) -> Config:
    return dataclasses.replace(base, name=name, **changes)  # type: ignore[arg-type]


#: Stages that no preset has, each latency different from its neighbors.
_STAGES = Stages(
    operand=2, result=2, mem_access=3, alu=11, mxm_mac=4, mxm_round=3, acc=7, sxm_local=3, sxm_cross=5, fetch=6, c2c=9
)
_NARROW = tuple(t for t in Type if t is not Type.F32)

#: As little as has every unit: its simulator is built in a third of the time of `tiny`'s.
_NANO = _variant("nano", mxm_fp16=False, streams=8, queue_depth=48, alus=tuple(Alu(large=n % 2 == 0) for n in range(4)))

#: Machines by name.
CONFIGS: Mapping[str, Config] = MappingProxyType(
    {
        "tiny": _TINY,
        "small": preset("small"),
        "one": _variant("one", superlanes=1),
        "3x8": _variant("3x8", superlanes=3, lanes=8, slices=8, bank_words=64, acc_rows=5, vxm_hops=3),
        "2x16": _variant("2x16", lanes=16, slices=16, bank_words=64, acc_rows=24, vxm_hops=1, c2c_links=16),
        "nano": _NANO,
        "spare": _variant("spare", _NANO, spare=True),
        "integer": _variant("integer", mxm_fp16=False),
        "single": _variant("single", planes=1, mxm_fp16=False, acc_rows=1, queue_depth=48),
        "row": _variant("row", alus=(Alu(), Alu(types=_NARROW, large=True), Alu(large=True), Alu((Type.I8, Type.U16)))),
        "mute": _variant("mute", c2c_links=0, streams=16),
        "slow": _variant("slow", superlanes=4, slices=8, bank_words=256, stages=_STAGES, vxm_hops=16),
        "fpga": preset("fpga"),
    }
)

#: Odd machines with few ALUs, one row of the mesh: their simulators are built in a fraction of the time.
_FEW = tuple(Alu(large=n % 2 == 0) for n in range(4))
LEAN: Mapping[str, Config] = MappingProxyType(
    {f"{name}-lean": _variant(f"{name}-lean", CONFIGS[name], alus=_FEW) for name in ("one", "3x8", "2x16", "single")}
)


def named(name: str) -> Config:
    """Machine of a name, these or the presets; ``ValueError`` lists the names."""
    table = {**PRESETS, **CONFIGS, **LEAN}
    if name not in table:
        raise ValueError(f"preset must be one of {', '.join(table)}, not {name!r}")
    return table[name]
