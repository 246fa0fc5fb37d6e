"""Coverage counts what is drawn, knows what is possible, and random programs leave no holes."""

import pytest

from arch.config import preset
from arch.isa import mem, sxm
from arch.isa.spec import make
from arch.isa.table import TABLE
from arch.queues import queues, queues_by_name
from tb.random.classify import possible
from tb.random_programs import CONFIGS, Coverage, Entry, Schedule, coverage, generate

#: Programs that together draw every kind and every source; rare ones (a Cast of one pair of types) need so many.
PROGRAMS = {"tiny": 30, "2x16": 30}


def hand_made() -> Schedule:
    config = preset("tiny")
    entries: list[tuple[Entry, ...]] = [()] * len(queues(config))
    read, write = make(mem.READ, a=1 << 12, s=33), make(mem.WRITE, a=3, s=2)
    entries[queues_by_name(config)["E.mem0"].index] = (Entry(4, (read, write), ((2, 3),)),)
    entries[queues_by_name(config)["E.sxm.transpose0"].index] = (Entry(7, (make(sxm.TRANSPOSE, s=0, out=32),)),)
    return Schedule(config, 0, tuple(entries), {})


def test_a_program_is_counted():
    found = coverage([hand_made()])
    assert found.kinds == {
        ("Read", "", ""): 3,
        ("Write", "", ""): 3,
        ("Read | Write", "", "banks=2 | banks=1"): 3,
        ("Repeat", "", ""): 1,
        ("Transpose", "", ""): 1,
    }
    assert found.sources == {
        ("Read", "s", "stream W"): 3,
        ("Write", "s", "stream E"): 3,
        ("Transpose", "s", "stream E"): 1,
        ("Transpose", "out", "stream W"): 1,
    }
    assert found.pairs == {("mem", "transpose"): 1}
    assert found.repeated["Read"] == 2


def test_holes_are_named():
    holes = coverage([hand_made()]).holes(preset("tiny"))
    assert "ABC form=f16 half=1" in holes
    assert "Cast i8>f32 sat=0" not in holes
    assert "Add f16 sat=0" in holes
    assert "Add: a from stream W" in holes
    assert "Read" not in holes


def test_what_a_machine_lacks_is_no_hole():
    names = {name: {" ".join(filter(None, k)) for k in possible(CONFIGS[name])[0]} for name in ("tiny", "2x16", "fpga")}
    assert {"Rotate n=3", "Rotate n=4"} <= names["2x16"]
    assert not {"Rotate n=3", "Rotate n=4"} & names["tiny"]
    assert "ABC form=f16 half=0" not in names["fpga"]
    assert "Exp f32" not in names["fpga"]
    assert "Send" not in names["fpga"]
    assert "Add f32 sat=1" not in names["tiny"]


def test_every_instruction_of_the_table_is_possible_at_2x16():
    possible_names = {name.partition(" (")[0] for name, _, _ in possible(CONFIGS["2x16"])[0]}
    assert {spec.mnemonic for spec in TABLE} <= possible_names


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_few_random_programs_leave_few_holes(name: str):
    config = CONFIGS[name]
    found = coverage(generate(config, seed) for seed in range(6))
    # Seldom: a Cast of one pair of types, a word of two parts in one pair of banks, some source of some operand.
    holes = found.holes(config)
    assert [hole for hole in holes if not hole.startswith("Cast") and " | " not in hole and " from " not in hole] == []
    assert len(holes) <= 20
    assert len(found.idle_pairs()) <= 3


@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMS)
def test_random_programs_leave_no_holes(name: str):
    config = CONFIGS[name]
    found = coverage(generate(config, seed) for seed in range(PROGRAMS[name]))
    assert found.holes(config) == []
    assert found.idle_pairs() == []
    assert len(found.active) == len({q.unit for q in queues(config)}) - (name == "tiny")  # no Rotate at 4 lanes


def test_the_table_names_every_kind():
    found = coverage([generate(CONFIGS["tiny"], 1, cycles=60)])
    lines = list(found.table())
    assert any(line.startswith("Read ") for line in lines)
    assert len(lines) == len(found.kinds) + len(found.pairs)


def test_nothing_is_covered_by_nothing():
    assert Coverage().holes(preset("tiny")) != []
    assert list(Coverage().table()) == []
