"""Layouts, views, and the host's side: every element comes back from where it was put."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arch.config import preset
from arch.program import Program, Region
from arch.queues import queues
from arch.types import Type
from compiler.graph.ir import Edge, Tensor
from compiler.schedule import host, views
from compiler.schedule.access import BORDER
from compiler.schedule.interface import interface
from compiler.schedule.place import Memory
from compiler.schedule.storage import Layout, Stored, planes, unplanes
from compiler.schedule.views import View

SMALL = preset("small")
TYPES = {Type.I8: np.int8, Type.U8: np.uint8, Type.F16: np.float16, Type.I32: np.int32, Type.F32: np.float32}
SHAPES = st.lists(st.integers(1, 40), min_size=0, max_size=3).map(tuple)


def random(shape: tuple[int, ...], dtype: type, seed: int = 0) -> np.ndarray:
    """Any bits."""
    count = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return np.random.default_rng(seed).integers(0, 256, count, np.uint8).view(dtype).reshape(shape)


@settings(max_examples=60, deadline=None)
@given(SHAPES, st.sampled_from(list(TYPES)), st.data())
def test_planes_and_back(shape: tuple[int, ...], element: Type, data):
    lane = data.draw(st.sampled_from([None, *range(len(shape))]))
    layout = Layout(shape, lane, data.draw(st.sampled_from([1, 8, SMALL.vector])))
    values = random(shape, TYPES[element])
    raw = planes(SMALL, values, layout, element)
    assert raw.shape == (layout.blocks, element.bytes, layout.rows, SMALL.vector)
    assert unplanes(raw, layout, np.dtype(TYPES[element])).tobytes() == values.tobytes()
    assert not raw[..., layout.block :].any()


def test_an_element_is_where_the_layout_says():
    values = np.arange(3 * 70, dtype=np.int32).reshape(3, 70) * 1000
    layout = Layout((3, 70), 1, SMALL.vector)
    raw = planes(SMALL, values, layout, Type.I32)
    r, c = 2, 65
    block, lane = divmod(c, SMALL.vector)
    assert int.from_bytes(raw[block, :, r, lane].tobytes(), "little") == values[r, c]


def stored(shape: tuple[int, ...], lane: int | None, element: Type = Type.F16) -> Stored:
    """A tensor of the host in memory."""
    return Memory(SMALL).put(Tensor("x", shape, element), Layout(shape, lane, SMALL.vector), None, chunk=7)


@pytest.mark.parametrize("lane", [0, 1, 2])
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_what_the_host_packs_it_unpacks(lane: int, dtype: str):
    shape, quantized = (5, 37, 3), dtype == "float32"
    one = stored(shape, lane, Type.U8 if quantized else Type.F16)
    edge = Edge("x", "x", dtype, 0.25 if quantized else None, 7 if quantized else 0)
    known = json.loads(json.dumps(host.record(edge, views.whole(one))))
    steps = np.random.default_rng(1).integers(-7, 240, shape) * 0.25
    values = steps.astype(dtype)
    rows = host.pack(SMALL, known, values)
    assert rows.shape == (sum(r.rows for r in host.regions("input", edge, one)), SMALL.vector)
    assert known["index"] is None and host.unpack(SMALL, known, rows).tobytes() == values.tobytes()
    with pytest.raises(ValueError, match=r"^input x must be .* not int8 \[5, 37, 3\]$"):
        host.pack(SMALL, known, values.astype(np.int8))
    with pytest.raises(ValueError, match=r"^input x must be .* not .* \[5, 37\]$"):
        host.pack(SMALL, known, values[..., 0])


def test_an_output_that_is_a_view_comes_in_its_order():
    one = stored((5, 37), 1)
    values = random((5, 37), np.float16)
    whole = views.whole(one)
    rows = host.pack(SMALL, host.record(Edge("x", "x", "float16"), whole), values)
    turned = View(one, whole.index.T[3:20:4])
    known = host.record(Edge("y", "y", "float16"), turned)
    assert host.unpack(SMALL, known, rows).tobytes() == np.ascontiguousarray(values.T[3:20:4]).tobytes()


def test_columns_of_a_matrix_lie_in_one_lane_each():
    view = views.whole(stored((6, 70), 1))
    matrix = np.concatenate([view.index[:4], view.index[2:]], axis=1)
    found = views.columns(view, matrix)
    seen = np.sort(np.concatenate([column.columns for column in found]))
    assert np.array_equal(seen, np.arange(140))
    for column in found:
        numbers = column.rows[:, None] * 70 + column.block * SMALL.vector + column.lanes
        assert np.array_equal(numbers, matrix[:, column.columns])
    padded = np.where(np.arange(4)[:, None] == 1, BORDER, view.index[:4])
    assert all(column.rows[1] == BORDER for column in views.columns(view, padded))
    with pytest.raises(views.MovementError, match="lie in several lanes"):
        views.columns(view, view.index[:, :2].T)


def test_operands_are_aligned_or_refused():
    view, layout = views.whole(stored((6, 70), 1)), Layout((6, 70), 1, SMALL.vector)
    for block in range(layout.blocks):
        owner, rows = views.aligned(view, layout, block)
        assert owner == block and rows.tolist() == list(range(6))
    backwards = View(view.stored, view.index[::-1])
    assert views.aligned(backwards, layout, 0)[1].tolist() == list(range(6))[::-1]
    with pytest.raises(views.MovementError, match="other lanes"):
        views.aligned(View(view.stored, view.index[:, ::-1]), layout, 0)


def test_nan_counts_as_zero_and_infinities_saturate():
    one = stored((1, 4), 1, Type.I8)
    known = host.record(Edge("x", "x", "float32", 0.5, -3), views.whole(one))
    rows = host.pack(SMALL, known, np.array([[np.nan, np.inf, -np.inf, 0.75]], np.float32))
    assert rows[0, :4].view(np.int8).tolist() == [-3, 127, -128, -1]


BAD = [
    ("dtype", "float128"),
    ("type", "i9"),
    ("shape", [2, 3]),
    ("shape", "many"),
    ("stored", [0, 4]),
    ("lane", 5),
    ("block", 1 << 20),
    ("scale", "big"),
    ("zero", 0.5),
    ("pieces", [[0, 0, 0, 3]]),
    ("pieces", [[9, 0, 0, 1]]),
    ("pieces", 7),
    ("index", [99, 0, 0, 0]),
    ("name", 4),
]


@pytest.mark.parametrize(("key", "value"), BAD)
def test_records_that_cannot_be_are_refused_in_a_line(key: str, value: object):
    one, edge = stored((1, 4), 1, Type.I8), Edge("x", "x", "int8")
    named = host.regions("input", edge, one)

    regions = tuple(Region(r.name, r.role, r.hemisphere, r.mem_slice, r.address, r.rows) for r in named)
    record = host.record(edge, views.whole(one))

    def program(inputs: object) -> Program:
        meta = json.dumps({"inputs": inputs, "outputs": []})
        return Program(SMALL, ((),) * len(queues(SMALL)), regions=regions, meta=meta)

    found = interface(program([record]))
    assert found is not None and list(found.inputs) == ["x"] and found.cycles is None
    for inputs in ([{**record, key: value}], [{k: v for k, v in record.items() if k != key}], 5, [None]):
        if inputs == [{k: v for k, v in record.items() if k != "index"}]:
            continue
        with pytest.raises(ValueError, match=r"^program file is damaged: meta\.inputs[^\n]*$"):
            interface(program(inputs))
    assert interface(Program(SMALL, ((),) * len(queues(SMALL)))) is None
