"""Places of variables; a model without the probe is refused in a line."""

import ctypes
from typing import Any

import numpy as np
import pytest

from tb import probe
from tb.probe import Gatherer, ProbeError, Variable


class FakeModel:
    """What ``probe.cpp`` offers, with memory of its own."""

    def __init__(self, variables: dict[tuple[str, str], bytes]) -> None:
        self.memory = {name: ctypes.create_string_buffer(data, len(data)) for name, data in variables.items()}
        self.superlane_find = Function(self._find)

    def _find(self, scope: bytes, name: bytes, size: Any) -> int | None:
        found = self.memory.get((scope.decode(), name.decode()))
        if found is None:
            return None
        size._obj.value = len(found)
        return ctypes.addressof(found)


class Function:
    """A function of a library: one whose type of result can be set."""

    def __init__(self, body: Any) -> None:
        self._body, self.restype = body, None

    def __call__(self, *arguments: Any) -> Any:
        return self._body(*arguments)


def model(monkeypatch: pytest.MonkeyPatch, variables: dict[tuple[str, str], bytes]) -> FakeModel:
    fake = FakeModel(variables)
    monkeypatch.setattr(probe, "_library", lambda: fake)
    return fake


def test_a_variable_in_one_piece(monkeypatch: pytest.MonkeyPatch):
    fake = model(monkeypatch, {("top.chip.lane", "here"): b"\1\2\3\4"})
    found = Variable(("top.chip.lane", "here"))
    assert found.size == 4
    rows = found.rows(2)
    assert rows.tolist() == [[1, 2], [3, 4]]
    # Rows are the memory itself.
    rows[1, 0] = 9
    assert fake.memory["top.chip.lane", "here"].raw == b"\1\2\x09\4"


def test_what_the_model_does_not_show(monkeypatch: pytest.MonkeyPatch):
    model(monkeypatch, {("top", "x"): b"\1"})
    with pytest.raises(ProbeError, match=r"^top\.chip\.y must be public in the model, and is not$"):
        Variable(("top.chip", "y"))


def test_a_process_without_a_model():
    with pytest.raises(ProbeError, match=r"^the model must be built with probe=True to be read at once$"):
        Variable(("top", "x"))
    assert issubclass(ProbeError, ValueError)


def test_the_target_must_fit(monkeypatch: pytest.MonkeyPatch):
    model(monkeypatch, {("top", "x"): b"\1\2"})
    gatherer = Gatherer.__new__(Gatherer)
    gatherer.size = 2
    for wrong in (np.zeros(3, np.uint8), np.zeros(2, np.uint16), np.zeros(4, np.uint8)[::2]):
        with pytest.raises(ValueError, match=r"to must be 2 contiguous bytes, not "):
            gatherer.read(wrong)
