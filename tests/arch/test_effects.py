"""What instructions do to the streams: widths, alignments, places and times."""

import pytest

from arch import effects, text
from arch.config import preset
from arch.conveyor import Direction
from arch.isa.spec import make
from arch.isa.table import TABLE, spec_named
from arch.isa.vxm import OPERATIONS, VXM
from arch.queues import queues_by_name
from arch.timing import table, timing
from arch.types import Type
from tests.arch.configs import WIDE

TINY = preset("tiny")


def uses(config, queue_name, line):
    """(role, first stream, width, align, position, offset) of samples and of drives."""
    queue = queues_by_name(config)[queue_name]
    mnemonic, *rest = line.split()
    spec = spec_named(mnemonic, queue.unit)
    assert spec is not None, mnemonic
    op = make(spec, **{k: spec.by_name[k].parse(v) for k, v in (part.split("=") for part in rest)})

    def row(use):
        return (use.role, f"{use.direction.letter}{use.stream}", use.width, use.align, use.position, use.offset)

    return [row(u) for u in effects.samples(config, queue, op)], [row(u) for u in effects.drives(config, queue, op)]


# At tiny: W.mem in [1, 2], W.sxm in [0, 1], W.mxm at 0, VXM in [2, 4], E.mem in [4, 5], E.sxm in [5, 6], E.mxm at 6.
@pytest.mark.parametrize(
    ("queue", "line", "sampled", "driven"),
    [
        ("E.mem0", "Read a=0:0 s=E3", [], [("s", "E3", 1, 1, 5, 3)]),
        ("E.mem0", "Read a=0:0 s=W3", [], [("s", "W3", 1, 1, 4, 3)]),
        ("W.mem3", "Write a=0:0 s=W31", [("s", "W31", 1, 1, 2, 0)], []),
        ("E.mem0", "Gather map=E1 s=W2 banks=1 hi=0", [("map", "E1", 1, 1, 4, 0)], [("s", "W2", 1, 1, 4, 3)]),
        ("E.mem0", "Scatter map=E1 s=W2 banks=1 hi=0", [("map", "E1", 1, 1, 4, 0), ("s", "W2", 1, 1, 5, 0)], []),
        (
            "vxm0",
            "Add type=f16 a=E2 b=W4 out=W6",
            [("a", "E2", 2, 2, 2, 0), ("b", "W4", 2, 2, 4, 0)],
            [("out", "W6", 2, 2, 2, 10)],
        ),
        ("vxm0", "Add type=i32 a=imm b=self", [], []),
        ("vxm0", "Lt type=f32 a=E4 b=imm out=E1", [("a", "E4", 4, 4, 2, 0)], [("out", "E1", 1, 1, 4, 10)]),
        ("vxm0", "Mask type=i32 a=E4 b=W3", [("a", "E4", 4, 4, 2, 0), ("b", "W3", 1, 1, 4, 0)], []),
        (
            "vxm0",
            "Cast type=f32 to=i8 a=E4 b=E8 out=E1",
            [("a", "E4", 4, 4, 2, 0), ("b", "E8", 4, 4, 2, 0)],
            [("out", "E1", 1, 1, 4, 10)],
        ),
        ("E.mxm0.weights", "LW s=E8 col=0", [("s", "E8", 4, 4, 6, 0)], []),
        ("W.mxm1.weights", "IW from=streams s=W4", [("s", "W4", 4, 4, 0, 0)], []),
        ("W.mxm1.weights", "IW from=buffer", [], []),
        ("E.mxm0.activations", "ABC form=i8u8 s=E7", [("s", "E7", 1, 1, 6, 0)], []),
        ("E.mxm0.activations", "ABC form=f16 s=E6", [("s", "E6", 2, 2, 6, 0)], []),
        ("E.mxm0.accumulators", "ACC type=i32 mode=read row=0 out=W4", [], [("out", "W4", 4, 4, 6, 5)]),
        ("E.mxm0.accumulators", "ACC type=i32 mode=add row=0 keep=1", [], []),
        ("E.sxm.shift_north", "Shift n=1 s=E0 out=W1", [("s", "E0", 1, 1, 5, 0)], [("out", "W1", 1, 1, 5, 6)]),
        ("E.sxm.shift_south", "Shift n=1 s=W0", [("s", "W0", 1, 1, 6, 0)], []),
        (
            "W.sxm.shift_north",
            "Select n=1 s=E0 mask=E9 out=E1",
            [("s", "E0", 1, 1, 0, 0), ("mask", "E9", 1, 1, 0, 0)],
            [("out", "E1", 1, 1, 1, 6)],
        ),
        (
            "E.sxm.permute",
            "Permute s=E5 map=E2 out=E1",
            [("s", "E5", 1, 1, 5, 0), ("map", "E2", 2, 2, 5, 0)],
            [("out", "E1", 1, 1, 6, 6)],
        ),
        (
            "E.sxm.distribute3",
            "Distribute s=E8 map=E1 out=W16",
            [("s", "E8", 8, 8, 5, 0), ("map", "E1", 1, 1, 5, 0)],
            [("out", "W16", 8, 8, 5, 3)],
        ),
        ("E.sxm.transpose0", "Transpose s=W4 out=W8", [("s", "W4", 4, 4, 6, 0)], [("out", "W8", 4, 4, 5, 3)]),
        ("E.c2c0", "Send link=2 s=E3", [("s", "E3", 1, 1, 5, 0)], []),
        ("W.c2c0", "Receive link=0 s=E3", [], [("s", "E3", 1, 1, 1, 1)]),
        ("E.c2c0", "Deskew link=2", [], []),
        ("E.mem0", "NOP n=3", [], []),
        ("E.mem0", "Repeat n=3", [], []),
    ],
)
def test_samples_and_drives_at_tiny(queue, line, sampled, driven):
    assert uses(TINY, queue, line) == (sampled, driven)


def test_wide_groups_follow_the_lanes():
    # 4 groups: W.c5..c0 are 0..5, E.c0..c5 are 6..11, and E.sxm stands in [10, 11].
    assert uses(WIDE, "E.sxm.transpose0", "Transpose s=E16 out=W0") == (
        [("s", "E16", 16, 16, 10, 0)],
        [("out", "W0", 16, 16, 10, 3)],
    )
    (sampled,), _ = uses(WIDE, "E.mxm0.weights", "LW s=E16 col=0")
    assert sampled[2:4] == (16, 16)


@pytest.mark.parametrize(("n", "width"), [(3, 9), (4, 16)])
def test_rotate_drives_a_stream_for_each_rotation(n, width):
    sampled, driven = uses(WIDE, "E.sxm.rotate", f"Rotate n={n} s=E1 out=E16")
    assert [row[:4] for row in sampled] == [("s", "E1", 1, 1)]
    assert [row[:4] for row in driven] == [("out", "E16", width, 16)]


@pytest.mark.parametrize("config", [TINY, WIDE, preset("full")], ids=lambda c: c.name)
def test_ifetch_samples_a_block_at_the_queues_own_site(config):
    sampled, driven = uses(config, "vxm0", "Ifetch s=W5")
    site = queues_by_name(config)["vxm0"].site.sample(Direction.WEST)
    offsets = [text.sample_offset(config, n) for n in range(text.vectors(config))]
    assert sampled == [("s", "W5", 1, 1, site, offset) for offset in offsets]
    assert driven == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.name)
def test_every_vxm_result_is_as_wide_as_its_type(operation):
    queue = queues_by_name(TINY)["vxm0"]
    spec = next(s for s in VXM if s.mnemonic == operation.name)
    for element in operation.types:
        for to in Type if operation.name == "Cast" else (element,):
            values = {f.name: f.default or 0 for f in spec.fields}
            values |= {"type": element.code, "a": 6, "out": 1}
            values |= {"to": to.code} if operation.name == "Cast" else {}
            (driven,) = effects.drives(TINY, queue, make(spec, **values))
            boolean = operation.name in ("Eq", "Ne", "Lt", "Le", "Gt", "Ge")
            assert driven.width == (1 if boolean else to.bytes)
            assert driven.offset == timing(TINY).vxm


def test_times_of_the_timing_table_are_those_of_the_effects():
    rows = table(TINY)
    for spec in TABLE:
        if spec.mnemonic in ("Read", "Gather", "Permute", "Distribute", "Transpose", "Receive"):
            unit = spec.units[0]
            queue = next(q for q in queues_by_name(TINY).values() if q.unit is unit)
            op = make(spec, **{f.name: f.minimum if f.default is None else f.default for f in spec.fields})
            assert {u.offset for u in effects.drives(TINY, queue, op)} == {rows[spec.mnemonic].d_func}
            assert {u.offset for u in effects.samples(TINY, queue, op)} <= {rows[spec.mnemonic].d_skew}
