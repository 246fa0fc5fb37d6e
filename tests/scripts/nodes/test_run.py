"""The runner of onnx's node tests: constants in place, differences found, a page that says so."""

import numpy as np
import pytest
from onnx import helper

from arch.config import preset
from scripts.nodes import cases, run
from tests.compiler.frontend.models import model, node

SMALL = preset("small")
X = np.float32([[1, -2, 3]])


def case(nodes, inputs, outputs, opset=17, name="test_x"):
    made = model(nodes, inputs, list(outputs), opset=opset)
    for value, array in zip(made.graph.output, outputs.values(), strict=True):
        kind = helper.np_dtype_to_tensor_dtype(array.dtype)
        value.CopyFrom(helper.make_tensor_value_info(value.name, kind, array.shape))
    return cases.bound(name, made, (list(inputs.values()), list(outputs.values())), 0)


def test_inputs_that_must_be_constant_become_so():
    inputs = {"x": X, "s": np.int64([3, 1])}
    made = case([node("Reshape", ["x", "s"])], inputs, {"y": X.T})
    assert list(made.inputs) == ["x"] and [t.name for t in made.model.graph.initializer] == ["s"]
    assert (made.operator, made.single) == ("Reshape", True)
    assert run.run(made, SMALL) == run.Outcome(made, run.PASSED)


def test_old_models_are_renewed():
    made = case([node("Relu", ["x"])], {"x": X}, {"y": np.maximum(X, 0)}, opset=7)
    assert made.model.opset_import[0].version == 13
    assert run.run(made, SMALL).status == run.PASSED


def test_a_wrong_result_and_a_refusal():
    made = case([node("Relu", ["x"])], {"x": X}, {"y": X})
    outcome = run.run(made, SMALL)
    assert (outcome.status, outcome.reason) == (run.FAILED, "y: off by 2, allowed 0.0195")
    made = case([node("Pow", ["x", "e"])], {"x": X, "e": np.float32(7)}, {"y": X**7})
    outcome = run.run(made, SMALL)
    assert outcome.status == run.REFUSED and "exponent must be" in outcome.reason


@pytest.mark.parametrize(
    ("result", "wanted", "reason"),
    [
        (np.int8([1, 2]), np.int8([1, 3]), "1 of 2 integers differ"),
        (np.int8([1, 2]), np.int8([1, 2]), ""),
        (np.int8([[1, 2]]), np.int8([1, 2]), "shape [1, 2], not [2]"),
        (np.float16([1, np.nan]), np.float16([1, np.nan]), ""),
        (np.float16([1, np.inf]), np.float16([1, -np.inf]), "infinities or NaN differ"),
        (np.float16([0.01, 1]), np.float16([0, 1]), "off by 0.01, allowed 0.00195"),
    ],
)
def test_differences(result, wanted, reason):
    assert run.difference(result, wanted, 2.0**-9) == reason


def test_the_page():
    good = case([node("Relu", ["x"])], {"x": X}, {"y": np.maximum(X, 0)})
    outcomes = [run.Outcome(good, *what) for what in ((run.PASSED,), (run.FAILED, "why"), (run.REFUSED, "a|b"))]
    text = run.report(outcomes, "so")
    assert "**Passed: 0 of 0 exact, 1 of 2 cast. Refused: 1 of 3.**" in text
    assert "They are run so." in text
    assert "| Relu |  | 1 of 2 | 1 |" in text
    assert "- `test_x`: why" in text and "| `test_x` | a/b |" in text


@pytest.mark.slow
def test_all_of_onnx_s_tests():
    """The numbers on docs/node_tests.md: none fails."""
    from scripts import node_tests

    assert node_tests.main(["--check"]) == 0, "a test fails, or run python -m scripts.node_tests"
