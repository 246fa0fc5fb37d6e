"""Positions, sites and hops: the published rules of distance and of sides (docs/architecture.md)."""

import pytest

from arch.config import preset
from arch.conveyor import Direction, Hemisphere, Site, column, hops, mem_site, mxm_site, sxm_site, vxm_site
from tests.arch.configs import CONFIGS

EACH = pytest.mark.parametrize("config", CONFIGS, ids=lambda c: c.name)
OUTWARD = {Hemisphere.EAST: Direction.EAST, Hemisphere.WEST: Direction.WEST}
INWARD = {Hemisphere.EAST: Direction.WEST, Hemisphere.WEST: Direction.EAST}


@EACH
@pytest.mark.parametrize("side", Hemisphere)
def test_between_slices_the_published_hops(config, side):
    """|a//4 - b//4| from slice to slice, the last of them inside the producer's d_func."""
    for a in range(config.slices):
        for b in range(config.slices):
            group, other = a // 4, b // 4
            way = OUTWARD[side] if other > group else INWARD[side]
            found = hops(config, mem_site(config, side, a), mem_site(config, side, b), way)
            assert found == (None if group == other else abs(group - other) - 1)


@EACH
@pytest.mark.parametrize("side", Hemisphere)
def test_nothing_flows_upstream(config, side):
    for group in range(config.groups):
        for other in range(config.groups):
            sites = [mem_site(config, side, 4 * g) for g in (group, other)]
            if other > group:
                assert hops(config, *sites, INWARD[side]) is None
            assert hops(config, sites[0], sites[0], OUTWARD[side]) is None


@pytest.mark.parametrize("side", Hemisphere)
def test_eleven_hops_across_a_hemisphere(side):
    full = preset("full")
    assert abs(column(full, side, 0) - column(full, side, full.groups)) == 11
    # From the VXM's result to the SXM's operand, and back.
    assert hops(full, vxm_site(full), sxm_site(full, side), OUTWARD[side]) == 11
    assert hops(full, sxm_site(full, side), vxm_site(full), INWARD[side]) == 11


@EACH
def test_positions_count_from_the_west_edge_without_gap(config):
    west = [column(config, Hemisphere.WEST, n) for n in range(config.groups + 1, -1, -1)]
    east = [column(config, Hemisphere.EAST, n) for n in range(config.groups + 2)]
    assert west == list(range(config.groups + 2))
    assert east == list(range(east[0], config.positions))
    assert east[0] - west[-1] == config.vxm_hops


@EACH
def test_a_unit_samples_where_the_stream_comes_in_and_drives_where_it_goes_out(config):
    for side in Hemisphere:
        for site in (*(mem_site(config, side, n) for n in range(config.slices)), sxm_site(config, side)):
            assert site.sample(Direction.EAST) == site.drive(Direction.WEST) == site.west
            assert site.sample(Direction.WEST) == site.drive(Direction.EAST) == site.east
            assert hops(config, site, site, Direction.EAST) is None and None not in (site.east, site.west)
            assert list(range(site.west or 0, site.east or 0)) == [site.west], "one hop wide"
    site = vxm_site(config)
    assert (site.west, site.east) == (column(config, Hemisphere.WEST, 0), column(config, Hemisphere.EAST, 0))


@EACH
def test_the_mxm_has_the_inner_edge_only(config):
    east, west = (mxm_site(config, side) for side in (Hemisphere.EAST, Hemisphere.WEST))
    assert east == Site(west=config.positions - 1, east=None)
    assert west == Site(west=None, east=0)
    assert east.sample(Direction.WEST) is None and east.drive(Direction.EAST) is None
    assert west.sample(Direction.EAST) is None and west.drive(Direction.WEST) is None
    assert hops(config, east, vxm_site(config), Direction.EAST) is None
    assert hops(config, vxm_site(config), east, Direction.WEST) is None
    assert hops(config, east, vxm_site(config), Direction.WEST) == config.groups + 1


@EACH
def test_chip_from_mxm_to_mxm(config):
    sites = mxm_site(config, Hemisphere.WEST), mxm_site(config, Hemisphere.EAST)
    assert hops(config, *sites, Direction.EAST) == config.positions - 1
    assert hops(config, *reversed(sites), Direction.WEST) == config.positions - 1


@EACH
def test_the_vxm_turns_a_stream_around(config):
    """A result of an eastward operand that leaves westward is driven where the operand came in."""
    site = vxm_site(config)
    assert site.sample(Direction.EAST) == site.drive(Direction.WEST)


def test_letters_and_steps():
    assert [(d.letter, d.step, int(d)) for d in Direction] == [("E", 1, 0), ("W", -1, 1)]
    assert [(h.letter, int(h)) for h in Hemisphere] == [("W", 0), ("E", 1)]
