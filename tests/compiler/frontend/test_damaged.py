"""Damaged models: whatever is changed in one, it is compiled or refused in one line."""

import random
from collections.abc import Iterator

import numpy as np
import onnx
import pytest
from onnx import AttributeProto, numpy_helper

from compiler.frontend.errors import NetworkError
from compiler.frontend.load import load_network
from compiler.frontend.quantize import quantize
from tests.compiler.frontend.test_static_quantizer import network, samples

INTEGERS = (-3, -1, 0, 1, 2, 7, 100, 1 << 40)
OPERATORS = (
    "Softmax",
    "Div",
    "Erf",
    "Reshape",
    "Slice",
    "Gather",
    "ReduceMean",
    "Clip",
    "Cast",
    "Split",
    "Pad",
    "Where",
)
TYPES = (np.float32, np.float16, np.int8, np.uint8, np.int32, np.int64, np.float64, np.bool_)
DAMAGED = 60


def _array(array: np.ndarray, choice: random.Random) -> np.ndarray:
    """A constant of another type, rank, size or value."""
    kind = choice.choice(TYPES)
    with np.errstate(all="ignore"):
        changed = (
            array.reshape(-1),
            array[..., None],
            array.reshape(-1)[:0],
            np.zeros_like(array),
            np.nan_to_num(array).astype(kind),
            (array * choice.choice([-1.0, 1e30, 1e-40])).astype(array.dtype),
        )
    return np.ascontiguousarray(choice.choice(changed))


def damage(model: onnx.ModelProto, choice: random.Random) -> None:
    """Change one thing."""
    graph = model.graph
    node = choice.choice(graph.node)
    names = [*(t.name for t in graph.initializer), *(o for n in graph.node for o in n.output), "x", ""]
    what = choice.randrange(8)
    if what == 0:
        node.op_type = choice.choice(OPERATORS)
    elif what == 1:
        node.input[choice.randrange(len(node.input))] = choice.choice(names)
    elif what == 2:
        node.input.append(choice.choice(names))
    elif what == 3:
        del node.input[choice.randrange(len(node.input))]
    elif what == 4:
        tensor = choice.choice(graph.initializer)
        tensor.CopyFrom(numpy_helper.from_array(_array(numpy_helper.to_array(tensor), choice), tensor.name))
    elif what == 5:
        graph.node.remove(node)
    elif what == 6 and node.attribute:
        attribute = choice.choice(node.attribute)
        if attribute.type == AttributeProto.INTS and attribute.ints:
            attribute.ints[choice.randrange(len(attribute.ints))] = choice.choice(INTEGERS)
        elif attribute.type == AttributeProto.INT:
            attribute.i = choice.choice(INTEGERS)
        else:
            node.attribute.remove(attribute)
    else:
        dims = graph.input[0].type.tensor_type.shape.dim
        dims[choice.randrange(len(dims))].dim_value = choice.choice((-1, 0, 1, 2, 5))


@pytest.fixture(scope="module")
def forms(tmp_path_factory) -> Iterator[list[bytes]]:
    """A quantized network in both forms."""
    path = tmp_path_factory.mktemp("plain") / "plain.onnx"
    onnx.save(network(), str(path))
    yield [quantize(path, {"": samples()}, form).SerializeToString() for form in ("qdq", "qoperator")]


@pytest.mark.parametrize("form", [0, 1])
def test_what_is_changed_is_refused_in_one_line_or_compiled(forms, form, tmp_path):
    choice = random.Random(form)
    path = tmp_path / "damaged.onnx"
    refused = 0
    for _ in range(DAMAGED):
        model = onnx.ModelProto.FromString(forms[form])
        for _ in range(choice.randint(1, 2)):
            damage(model, choice)
        path.write_bytes(model.SerializeToString())
        try:
            load_network(path)
        except NetworkError as error:
            refused += 1
            assert str(error).startswith(f"{path}: ") and "\n" not in str(error)
    assert DAMAGED // 2 < refused < DAMAGED


@pytest.mark.parametrize("form", [0, 1])
def test_bytes_changed_at_random(forms, form, tmp_path):
    choice = random.Random(form)
    path = tmp_path / "damaged.onnx"
    for _ in range(DAMAGED):
        data = bytearray(forms[form])
        place = choice.randrange(len(data))
        data[place : place + choice.randint(0, 3)] = bytes(choice.randrange(256) for _ in range(choice.randint(0, 3)))
        path.write_bytes(data)
        try:
            load_network(path)
        except NetworkError as error:
            assert "\n" not in str(error)
