"""How many random programs each machine gets, and what the program of a seed is."""

from collections.abc import Mapping
from types import MappingProxyType

from arch.config import Config
from golden.injection import Injection
from tb.random.generate import generate
from tb.random.inject import injection
from tb.random.schedule import Schedule

#: Programs by machine (``tb.random.configs``), in the order in which they run: what is built soonest comes first.
SHARES: Mapping[str, int] = MappingProxyType(
    {
        "nano": 400,  # no fp16, few streams
        "fpga": 200,  # what a machine may leave out is left out
        "spare": 250,
        "one-lean": 250,  # one superlane
        "single-lean": 250,  # one plane per hemisphere, one accumulator row
        "tiny": 500,
        "3x8-lean": 250,
        "2x16-lean": 200,  # the published 16 lanes, and all links
        "small": 60,  # its model takes longest
    }
)
#: Cycles in which a program's queues draw instructions.
CYCLES = 200
#: Seeds, modulo 8, that have a bit error.
_INJECTED = (2, 3)


def schedule_of(config: Config, seed: int) -> Schedule:
    """Program of a seed; odd ones have faults."""
    return generate(config, seed, cycles=CYCLES, faulty=bool(seed % 2))


def injection_of(schedule: Schedule) -> Injection | None:
    """Bit error for a program: one in four has one, with faults or without."""
    return injection(schedule) if schedule.seed % 8 in _INJECTED else None
