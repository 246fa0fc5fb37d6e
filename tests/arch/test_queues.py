"""The queues: how many, what they are called, what they feed."""

from collections import Counter
from dataclasses import replace

import pytest

from arch.config import preset
from arch.conveyor import Hemisphere, mem_site, mxm_site, sxm_site, vxm_site
from arch.queues import Unit, links_of, mesh_neighbor, queues, queues_by_name
from tests.arch.configs import CONFIGS, ODD, SMALLEST

EACH = pytest.mark.parametrize("config", CONFIGS, ids=lambda c: c.name)

SXM_NAMES = [
    *(f"sxm.distribute{n}" for n in range(4)),
    "sxm.transpose0",
    "sxm.transpose1",
    "sxm.shift_north",
    "sxm.shift_south",
    "sxm.permute",
    "sxm.rotate",
]


def test_the_published_machine_has_144_queues():
    chip = queues(preset("full"))
    assert len(chip) == 144
    kinds = Counter((q.hemisphere, q.unit.value.split("_")[0] if q.unit is not Unit.MEM else "mem") for q in chip)
    for side in Hemisphere:
        units = Counter(q.unit for q in chip if q.hemisphere is side)
        assert units[Unit.MEM] == 44
        assert sum(n for unit, n in units.items() if unit.name.startswith("MXM")) == 6
        assert sum(n for unit, n in units.items() if unit.name.startswith("SXM")) + units[Unit.C2C] == 14
        assert units[Unit.C2C] == 4
    assert kinds[None, "vxm"] == 16


def test_names_of_the_published_machine():
    names = [q.name for q in queues(preset("full"))]
    half = [f"mem{n}" for n in range(44)]
    half += [f"mxm{p}.{part}" for p in (0, 1) for part in ("weights", "activations", "accumulators")]
    half += SXM_NAMES + [f"c2c{n}" for n in range(4)]
    assert names == [f"W.{n}" for n in half] + [f"vxm{n}" for n in range(16)] + [f"E.{n}" for n in half]


def test_a_small_machine_has_fewer():
    assert [q.name for q in queues(SMALLEST) if q.hemisphere is Hemisphere.EAST] == [
        "E.mem0",
        "E.mem1",
        "E.mem2",
        "E.mem3",
        "E.mxm0.weights",
        "E.mxm0.activations",
        "E.mxm0.accumulators",
        *(f"E.{name}" for name in SXM_NAMES),
    ]


@EACH
def test_indices_and_names_are_unique_and_in_order(config):
    chip = queues(config)
    assert [q.index for q in chip] == list(range(len(chip)))
    assert queues_by_name(config) == {q.name: q for q in chip}
    assert len(queues_by_name(config)) == len(chip)


@EACH
def test_each_queue_stands_where_its_unit_does(config):
    sites = {"mxm": mxm_site, "sxm": sxm_site, "c2c": sxm_site}
    for queue in queues(config):
        if queue.unit is Unit.VXM:
            assert (queue.hemisphere, queue.site) == (None, vxm_site(config))
        elif queue.unit is Unit.MEM:
            assert queue.site == mem_site(config, queue.hemisphere, queue.number)
        else:
            assert queue.site == sites[queue.name[2:5]](config, queue.hemisphere)


@EACH
def test_every_link_has_one_queue(config):
    links = [link for q in queues(config) if q.unit is Unit.C2C for link in links_of(config, q)]
    assert links == list(range(config.c2c_links))


def test_the_mesh_is_four_by_four_without_wrap():
    full = preset("full")
    assert {way: mesh_neighbor(full, 5, way) for way in "NESW"} == {"N": 1, "E": 6, "S": 9, "W": 4}
    assert [n for n in range(16) if mesh_neighbor(full, n, "N") is None] == [0, 1, 2, 3]
    assert [n for n in range(16) if mesh_neighbor(full, n, "S") is None] == [12, 13, 14, 15]
    assert [n for n in range(16) if mesh_neighbor(full, n, "W") is None] == [0, 4, 8, 12]
    assert [n for n in range(16) if mesh_neighbor(full, n, "E") is None] == [3, 7, 11, 15]


def test_fewer_alus_are_fewer_rows_the_last_one_perhaps_short():
    assert [mesh_neighbor(ODD, n, "S") for n in range(8)] == [4, 5, 6, 7, None, None, None, None]
    short = replace(ODD, alus=ODD.alus[:6])
    assert [mesh_neighbor(short, n, "S") for n in range(6)] == [4, 5, None, None, None, None]
    assert [mesh_neighbor(short, n, "E") for n in range(6)] == [1, 2, 3, None, 5, None]


@EACH
def test_neighborhood_is_mutual(config):
    back = {"N": "S", "E": "W", "S": "N", "W": "E"}
    for alu in range(len(config.alus)):
        for way, other in back.items():
            neighbor = mesh_neighbor(config, alu, way)
            assert neighbor is None or mesh_neighbor(config, neighbor, other) == alu


@pytest.mark.parametrize("name", ["tiny", "small", "full"])
def test_every_small_alu_has_a_large_neighbor(name):
    config = preset(name)
    for alu, kind in enumerate(config.alus):
        near = [mesh_neighbor(config, alu, way) for way in "NESW"]
        assert kind.large or any(n is not None and config.alus[n].large for n in near)
