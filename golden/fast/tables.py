"""Forms and words as NumPy columns, indexed by arrays of issues."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from arch.config import OFFSET_BITS
from arch.isa import vxm
from arch.isa.fields import operand_source
from arch.isa.mxm import MODES, SOURCES
from arch.isa.spec import Op
from arch.queues import Unit, mesh_neighbor
from arch.types import Type
from golden.fast.words import Form, WordTable
from golden.units import mxm

__all__ = ["MODE_ADD", "MODE_READ", "MODE_WRITE", "ROLES", "Kind", "Source", "Tables"]

Column = NDArray[np.int64]

#: Operand roles of the VXM in the order of the manual.
ROLES = ("a", "b", "c")
MODE_WRITE, MODE_ADD, MODE_READ = (MODES.index(mode) for mode in ("write", "add", "read"))


class Kind(IntEnum):
    """What becomes of an issue."""

    MEM = 0
    VXM = 1
    LW = 2
    IW_BUFFER = 3
    IW_STREAM = 4
    ABC = 5
    ACC = 6
    SHIFT = 7
    SELECT = 8
    PERMUTE = 9
    DISTRIBUTE = 10
    ROTATE = 11
    TRANSPOSE = 12
    DESKEW = 13
    SEND = 14
    RECEIVE = 15
    IFETCH = 16


class Source(IntEnum):
    """Where a VXM operand comes from."""

    NONE = 0
    STREAM = 1
    IMMEDIATE = 2
    MESH = 3


_KINDS = {kind.name: kind for kind in Kind}
_FORM_COLUMNS = (
    "queue",  # index
    "kind",
    "where",  # MEM: slice of the chip; VXM: ALU; MXM: plane of the chip; C2C: link; else hemisphere
    "group",  # issues of one group and level are evaluated together
    "samples",  # stream registers sampled
    "write_sample",  # MEM: the first of them that belongs to the write part
    "drives",  # stream registers driven
    "read",  # MEM: 1 Read, 2 Gather
    "write",  # MEM: 1 Write, 2 Scatter
    "read_bank",
    "write_bank",
    "mode",  # ACC
    "keep",  # ACC; Latch
    "type",  # ACC, ABC: code of the sums' type
    "paired",  # ABC: form f16
    "amount",  # Shift, Select
)
_ROLE_COLUMNS = ("source", "neighbor", "sample")


class Tables:
    """Columns of all forms and words known so far; :meth:`update` takes in new ones.

    Attributes
    ----------
    form : int64[forms] by name
        See ``_FORM_COLUMNS``; "source_a" and so on for each operand role of the VXM.
    sample_first, drive_first : int64[forms + 1]
        Rows of a form in the tables of stream registers.
    sample_line, sample_position, sample_offset; drive_line, drive_position, drive_offset : int64
        Stream registers: line (direction and stream), progress along it, cycles after issue.
    word_form, number, stride, number2, stride2 : int64[words]
    """

    def __init__(self, words: WordTable) -> None:
        self.words = words
        self.config = words.config
        self.groups: dict[tuple[object, ...], int] = {}
        self.group_form: list[Form] = []
        self._columns: dict[str, list[int]] = {name: [] for name in _FORM_COLUMNS}
        self._columns |= {f"{name}_{role}": [] for name in _ROLE_COLUMNS for role in ROLES}
        self._uses: dict[str, tuple[list[int], list[int], list[int]]] = {n: ([], [], []) for n in ("sample", "drive")}
        self._known = -1
        self._known_words = -1
        self.update()

    def update(self) -> None:
        """Take in the words and forms that are new."""
        words = self.words
        if len(words.value) != self._known_words:
            self._known_words = len(words.value)
            self.word_form = np.array(words.form, np.int64)
            self.number, self.stride = np.array(words.number, np.int64), np.array(words.stride, np.int64)
            self.number2, self.stride2 = np.array(words.number2, np.int64), np.array(words.stride2, np.int64)
        if len(words.forms) == self._known:
            return
        for form in words.forms[max(self._known, 0) :]:
            self._add(form)
        self._known = len(words.forms)
        self.form = {name: np.array(column, np.int64) for name, column in self._columns.items()}
        self.sample_first = np.concatenate([[0], np.cumsum(self.form["samples"])]).astype(np.int64)
        self.drive_first = np.concatenate([[0], np.cumsum(self.form["drives"])]).astype(np.int64)
        sample, drive = ([np.array(c, np.int64) for c in self._uses[name]] for name in ("sample", "drive"))
        self.sample_line, self.sample_position, self.sample_offset = sample
        self.drive_line, self.drive_position, self.drive_offset = drive

    def _add(self, form: Form) -> None:
        row = dict.fromkeys(self._columns, 0)
        op = form.word[0]
        row["queue"] = form.queue.index
        side = int(form.queue.hemisphere or 0)
        for name, uses in (("sample", form.samples), ("drive", form.drives)):
            lines, positions, offsets = self._uses[name]
            for use in uses:
                for number in range(use.stream, use.stream + use.width):
                    lines.append(use.direction * self.config.streams + number)
                    positions.append(self.progress(use.direction, use.position or 0))
                    offsets.append(use.offset)
        row["samples"] = sum(use.width for use in form.samples)
        row["drives"] = sum(use.width for use in form.drives)
        unit = form.queue.unit
        if unit is Unit.MEM and op.mnemonic != "Ifetch":
            self._add_mem(row, form, side)
            key: tuple[object, ...] = (Kind.MEM, form.word[0] if row["read"] == 2 else 0)
        elif op.mnemonic == "Ifetch":
            row["kind"] = Kind.IFETCH
            key = (Kind.IFETCH,)
        elif unit is Unit.VXM:
            key = self._add_vxm(row, form)
        elif unit in (Unit.MXM_WEIGHTS, Unit.MXM_ACTIVATIONS, Unit.MXM_ACCUMULATORS):
            key = self._add_mxm(row, op, side * self.config.planes + form.queue.number)
        else:
            row["kind"] = _KINDS[op.mnemonic.upper()]
            row["where"] = op["link"] if unit is Unit.C2C else side
            north = unit is Unit.SXM_SHIFT_NORTH
            row["amount"] = op.asdict().get("n", 0)
            key = (row["kind"], north, row["amount"])
        row["group"] = self._group(key, form)
        for name, value in row.items():
            self._columns[name].append(int(value))

    def progress(self, direction: int, position: int) -> int:
        """How far along its way a stream is at a position."""
        return self.config.positions - 1 - position if direction else position

    def _group(self, key: tuple[object, ...], form: Form) -> int:
        if key not in self.groups:
            self.groups[key] = len(self.groups)
            self.group_form.append(form)
        return self.groups[key]

    def _add_mem(self, row: dict[str, int], form: Form, side: int) -> None:
        row["kind"], row["where"] = Kind.MEM, side * self.config.slices + form.queue.number
        for op in form.word:
            name = op.mnemonic
            bank = op["a"] >> OFFSET_BITS if name in ("Read", "Write") else 0
            if name in ("Read", "Gather"):
                row["read"], row["read_bank"] = 1 + (name == "Gather"), bank
                row["write_sample"] = int(name == "Gather")
            else:
                row["write"], row["write_bank"] = 1 + (name == "Scatter"), bank

    def _add_vxm(self, row: dict[str, int], form: Form) -> tuple[object, ...]:
        op, at = form.word[0], 0
        row["kind"], row["where"], row["keep"] = Kind.VXM, form.queue.number, op.mnemonic == "Latch"
        fields = op.asdict()
        key: list[object] = [Kind.VXM, op.mnemonic, *(fields.get(name, 0) for name in ("type", "to", "sat"))]
        for role in vxm.OPERATION_OF[op.mnemonic].operands:
            name = operand_source(op[role])
            source = {"none": Source.NONE, "stream": Source.STREAM, "imm": Source.IMMEDIATE}.get(name, Source.MESH)
            row[f"source_{role}"] = source
            if source is Source.STREAM:
                row[f"sample_{role}"] = at
                at += vxm.operand_type(op.mnemonic, role, Type.from_code(op["type"])).bytes
            elif source is Source.MESH:
                alu = form.queue.number
                near = alu if name == "self" else mesh_neighbor(self.config, alu, name)
                row[f"neighbor_{role}"] = alu if near is None else near
            key.append(source)
        return tuple(key)

    @staticmethod
    def _add_mxm(row: dict[str, int], op: Op, plane: int) -> tuple[object, ...]:
        row["where"] = plane
        name = op.mnemonic
        row["kind"] = _KINDS[name] if name != "IW" else Kind.IW_STREAM
        if name == "IW" and SOURCES[op["from"]] == "buffer":
            row["kind"] = Kind.IW_BUFFER
        if name == "ABC":
            element = mxm.sum_type(op["form"])
            row["type"], row["paired"] = element.code, element.floating
            return (Kind.ABC, plane, op["form"], op["half"])
        if name == "ACC":
            row["mode"], row["keep"], row["type"] = op["mode"], op["keep"], op["type"]
            return (Kind.ACC, op["type"], op["mode"])
        return (row["kind"],)
