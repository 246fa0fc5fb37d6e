"""Sizes and rates of a machine, the published ones (docs/architecture.md) among them."""

from collections.abc import Mapping
from types import MappingProxyType

from arch.config import BANKS, WORD_BYTES, Config
from arch.queues import queues
from arch.timing import timing, weight_transit

#: What the papers say of `full` in cycles and hops (docs/architecture.md), by the names of :func:`rates`. Loading all
#: planes takes "under 40" cycles: a bound.
PUBLISHED: Mapping[str, int] = MappingProxyType(
    {
        "dot_product_cycles": 20,
        "plane_load_cycles": 20,
        "all_planes_load_cycles": 39,
        "hemisphere_hops": 11,
        "barrier_cycles": 35,
        "int8_macs_per_cycle": 409_600,
    }
)


def rates(config: Config) -> dict[str, int]:
    """Derived sizes and rates by name, in the units that the names give."""
    planes, vector = 2 * config.planes, config.vector
    return {
        "superlanes": config.superlanes,
        "lanes": config.lanes,
        "vector_bytes": vector,
        "queues": len(queues(config)),
        "int8_macs_per_cycle": planes * vector * vector,
        "fp16_macs_per_cycle": config.mxm_fp16 * planes // 2 * vector * vector // 2,
        "int8_ops_per_second_at_900_mhz": planes * vector * vector * 2 * 900_000_000,
        "int8_ops_per_second_at_1_ghz": planes * vector * vector * 2 * 1_000_000_000,
        "alus": len(config.alus) * vector,
        "stream_bytes_per_cycle": 2 * config.streams * vector,
        "sram_bytes_per_cycle": 2 * config.slices * BANKS * vector,
        "sram_bytes": 2 * config.slices * BANKS * config.bank_words * vector,
        "fetch_bytes_per_cycle": config.features.fetch * len(queues(config)) * WORD_BYTES,
        "plane_load_cycles": config.superlanes,
        "all_planes_load_cycles": weight_transit(config),
        "dot_product_cycles": config.superlanes,
        "hemisphere_hops": config.groups,
        "barrier_cycles": timing(config).barrier,
        "positions": config.positions,
    }
