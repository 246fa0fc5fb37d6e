"""Machines between `small` and `full`: each takes one size of the published chip, to tell what that costs."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from arch.config import PRESETS, Config, preset

_SMALL, _FULL = PRESETS["small"], PRESETS["full"]

#: By name.
SIZES: Mapping[str, Config] = MappingProxyType(
    {
        config.name: config
        for config in (
            replace(_SMALL, name="superlanes", superlanes=_FULL.superlanes),
            replace(_SMALL, name="lanes", lanes=_FULL.lanes),
            replace(_SMALL, name="slices", slices=_FULL.slices),
            replace(_SMALL, name="half", superlanes=10, lanes=_FULL.lanes, slices=24),
        )
    }
)


def machine(name: str) -> Config:
    """A preset, or one of those between; ``ValueError`` lists the names."""
    return SIZES[name] if name in SIZES else preset(name)
