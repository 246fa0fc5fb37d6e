"""The vertical ways of the chip: superlanes one above the other, any one of which is bypassed where there is a spare.

Sources: ``docs/architecture.md`` (one more superlane than is used, to replace a bad one; published). A superlane gives
what climbs in a register, or expects the next one to have it (``hdl.tiles``): either way a bypass is a multiplexer, and
costs no cycle.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from amaranth import Module, Mux, Value

from arch.config import Config
from arch.conveyor import Hemisphere
from arch.queues import queues
from hdl.superlane import Superlane, plane_names
from hdl.tiles import sxm_name
from hdl.vertical import port_name

#: A port of a superlane: its name, and its place where it is an array.
Place = tuple[str, int | None]
#: Where something enters a superlane and where it leaves it.
Way = tuple[Place, Place]
#: Number of a superlane that is bypassed: no program and no host names it, so that it executes and reports nothing.
NOWHERE = 31


def _way(enters: str, leaves: str, n: int | None = None) -> Way:
    return (enters, n), (leaves, n)


def ways_up(config: Config) -> list[Way]:
    """All that climbs."""
    names = [port_name(queue) for queue in queues(config)] + [sxm_name(side) + "_up" for side in Hemisphere]
    found = [_way("lit", "lit_up"), _way("cycle", "cycle_up"), _way("host", "host_up")]
    found += [_way(f"{name}_in", name if name.endswith("_up") else f"{name}_up") for name in names]
    planes = [(name, n) for name in plane_names(config) for n in range(config.superlanes)]
    return found + [_way(f"{name}_up_in", f"{name}_up", n) for name, n in planes]


def ways_down(config: Config) -> list[Way]:
    """All that descends."""
    names = [f"{port_name(queue)}_bus" for queue in queues(config)] + [f"{sxm_name(s)}_down" for s in Hemisphere]
    found = [_way(f"{name}_in", name) for name in ("host_taken", *names)]
    planes = [(name, n) for name in plane_names(config) for n in range(config.superlanes)]
    return found + [_way(f"{name}_down_in", f"{name}_down", n) for name, n in planes]


def signals(lane: Superlane, place: Place) -> list[Any]:
    """Signals of a port, in the order of its signature."""
    name, n = place
    port: Any = getattr(lane, name)
    port = port if n is None else port[n]
    return [port] if isinstance(port, Value) else [value for _, _, value in port.signature.flatten(port)]


def leaving(lanes: Sequence[Superlane], at: int, way: Way, bypassed: Value | None, step: int) -> list[Any]:
    """What leaves a superlane on a way: its own, or, where it is bypassed, what leaves the one before it.

    That is the other one's own: only one superlane is bypassed. So a bypass is one multiplexer, whatever the number of
    superlanes.

    Parameters
    ----------
    lanes : sequence of Superlane
        All, the lowest first.
    at : int
        Place of the superlane.
    way : Way
        Where it enters, which counts for the first superlane of the way, and where it leaves.
    bypassed : Value or None
        Whether it is; None without a spare.
    step : int
        1 upwards, -1 downwards.
    """
    enters, leaves = way
    own = signals(lanes[at], leaves)
    if bypassed is None:
        return own
    before = at - step
    others = signals(lanes[before], leaves) if 0 <= before < len(lanes) else signals(lanes[at], enters)
    return [Mux(bypassed, other, mine) for other, mine in zip(others, own, strict=True)]


def stack(m: Module, config: Config, lanes: Sequence[Superlane], bypassed: Sequence[Value | None]) -> None:
    """Join superlanes.

    Parameters
    ----------
    m : Module
    config : Config
        The machine.
    lanes : sequence of Superlane
        Those in silicon, the lowest first.
    bypassed : sequence of Value or None
        For each, whether it is; at most one. None without a spare.
    """
    for n, (below, above) in enumerate(pairwise(lanes)):
        for way in ways_up(config):
            _join(m, signals(above, way[0]), leaving(lanes, n, way, bypassed[n], 1))
        for way in ways_down(config):
            _join(m, signals(below, way[0]), leaving(lanes, n + 1, way, bypassed[n + 1], -1))


def _join(m: Module, targets: Sequence[Any], sources: Sequence[Any]) -> None:
    m.d.comb += [target.eq(source) for target, source in zip(targets, sources, strict=True)]
