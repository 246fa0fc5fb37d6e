"""Machines on which SXM and C2C are tested."""

from dataclasses import replace

from arch.config import Config, Stages, preset


def machine(superlanes: int, lanes: int, **stages: int) -> Config:
    """A machine with few streams and other pipelines, if asked for."""
    return replace(
        preset("tiny"),
        name=f"{superlanes}x{lanes}",
        superlanes=superlanes,
        lanes=lanes,
        streams=16 if lanes == 16 else 8,
        slices=max(4, lanes),
        stages=Stages(**stages),
    )


#: One superlane; few; an odd number, with longer pipelines; the published width; shortest pipelines.
CONFIGS = (
    machine(1, 4),
    machine(2, 4),
    machine(3, 8, operand=2, result=2, sxm_local=3, sxm_cross=4, c2c=5),
    machine(2, 16),
    machine(4, 8, sxm_cross=1, c2c=2),
)
