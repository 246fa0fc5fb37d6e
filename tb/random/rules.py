"""Whether an instruction may issue now, and what it changes: one check and one commit per kind of instruction.

A check answers from the state of the machine alone. What holds for all instructions is asked once, in :func:`admits`:
that the streams sampled are defined and the registers driven are free. That a word is one of this configuration,
:func:`plan` asks before.
"""

from collections.abc import Callable
from dataclasses import dataclass

from arch import effects
from arch.config import BANKS, OFFSET_BITS
from arch.effects import StreamUse
from arch.isa import legal, vxm
from arch.isa.fields import operand_source
from arch.isa.mxm import FORMS, MODES
from arch.isa.spec import Op
from arch.isa.table import Word
from arch.queues import Queue, Unit, mesh_neighbor
from arch.types import Type
from tb.random.machine import Machine, Plane
from tb.random.schedule import Place
from tb.random.values import Tag


@dataclass(frozen=True)
class Part:
    """An instruction with the stream groups that it samples and drives."""

    queue: Queue
    op: Op
    samples: tuple[StreamUse, ...]
    drives: tuple[StreamUse, ...]

    def use(self, role: str) -> StreamUse:
        """Group that a field names to be sampled."""
        return next(use for use in self.samples if use.role == role)


#: A word, ready to be asked whether it may issue.
Plan = tuple[Part, ...]


def plan(machine: Machine, queue: Queue, word: Word) -> Plan | None:
    """The word with its stream groups; None if this configuration's queue does not take it."""
    config = machine.config
    if legal.problem(config, queue, word):
        return None
    return tuple(Part(queue, op, effects.samples(config, queue, op), effects.drives(config, queue, op)) for op in word)


def admits(machine: Machine, word: Plan, repeat: int = 0) -> bool:
    """Whether the word, issued for the ``repeat``-th time again, is legal in this cycle."""
    streams = machine.streams
    return all(
        all(streams.holds(use) for use in part.samples)
        and all(streams.free(use, machine.now) for use in part.drives)
        and _rule(part)[0](machine, part, repeat)
        for part in word
    )


def commit(machine: Machine, word: Plan, repeat: int = 0) -> None:
    """Issue the word."""
    for part in word:
        tags = _rule(part)[1](machine, part, repeat)
        for use in part.drives:
            machine.streams.drive(use, machine.now, tags)


def strided(op: Op, name: str, repeat: int) -> int:
    """Value of a field that Repeat strides; it wraps at the width of the field."""
    return (op[name] + repeat * op["stride"]) & ((1 << op.spec.by_name[name].width) - 1)


def place(part: Part, repeat: int) -> tuple[int, int]:
    """Bank and offset of a Read or Write; the bank stays."""
    address = part.op["a"]
    offset = (address + repeat * part.op["stride"]) & ((1 << OFFSET_BITS) - 1)
    return address >> OFFSET_BITS, offset


_Tags = tuple[Tag | None, ...]
_Check = Callable[[Machine, Part, int], bool]
_Commit = Callable[[Machine, Part, int], _Tags]


def _key(part: Part) -> tuple:
    return part.queue.hemisphere, part.queue.number


def _banks(machine: Machine, part: Part) -> list[bytearray]:
    return machine.memory[_key(part)]  # type: ignore[index]


def _read(machine: Machine, part: Part, repeat: int) -> bool:
    bank, offset = place(part, repeat)
    if offset >= machine.config.bank_words:
        return machine.tolerant
    return _banks(machine, part)[bank][offset] >= machine.lit


def _read_now(machine: Machine, part: Part, repeat: int) -> _Tags:
    bank, offset = place(part, repeat)
    tag = machine.contents.get((*_key(part), bank << OFFSET_BITS | offset))
    return (tag.within(machine.lit) if tag else None,)


def _write(machine: Machine, part: Part, repeat: int) -> bool:
    bank, offset = place(part, repeat)
    if offset >= machine.config.bank_words:
        return machine.tolerant
    return (*_key(part), bank << OFFSET_BITS | offset) not in machine.protected


def _write_now(machine: Machine, part: Part, repeat: int) -> _Tags:
    bank, offset = place(part, repeat)
    if offset < machine.config.bank_words:
        words = _banks(machine, part)[bank]
        words[offset] = max(words[offset], machine.lit)
        where: Place = (*_key(part), bank << OFFSET_BITS | offset)
        machine.contents.pop(where, None)
        tag = machine.streams.tag(part.use("s"))
        kept = tag.within(machine.lit) if tag else None
        if kept:
            machine.contents[where] = kept
    return ()


def _mapped(machine: Machine, part: Part) -> bool:
    tag, op = machine.streams.tag(part.use("map")), part.op
    if machine.tolerant:
        return True
    if tag is None or tag.kind != "map" or tag.lit < machine.lit:
        return False
    return not tag.banks & ~op["banks"] and op["lo"] <= tag.low and tag.high <= op["hi"]


def _gather(machine: Machine, part: Part, _repeat: int) -> bool:
    op, banks = part.op, _banks(machine, part)
    span = slice(op["lo"], op["hi"] + 1)
    defined = all(min(banks[b][span]) >= machine.lit for b in range(BANKS) if op["banks"] >> b & 1)
    return defined and _mapped(machine, part)


def _scatter(machine: Machine, part: Part, _repeat: int) -> bool:
    return _mapped(machine, part)


def _scatter_now(machine: Machine, part: Part, _repeat: int) -> _Tags:
    op, key = part.op, _key(part)
    for where in [w for w in machine.contents if w[:2] == key]:
        bank, offset = where[2] >> OFFSET_BITS, where[2] % (1 << OFFSET_BITS)
        if op["banks"] >> bank & 1 and op["lo"] <= offset <= op["hi"]:
            del machine.contents[where]
    return ()


def _vxm(machine: Machine, part: Part, _repeat: int) -> bool:
    for role in vxm.OPERATION_OF[part.op.mnemonic].operands:
        source = operand_source(part.op[role])
        if source in ("N", "E", "S", "W", "self"):
            alu = part.queue.number
            if not machine.mesh_ready(alu if source == "self" else mesh_neighbor(machine.config, alu, source)):
                return False
    return True


def _vxm_now(machine: Machine, part: Part, _repeat: int) -> _Tags:
    machine.mesh[part.queue.number].append((machine.now, part.op.mnemonic == "Latch", machine.lit))
    return ()


def _plane(machine: Machine, part: Part, partner: int = 0) -> Plane:
    return machine.planes[part.queue.hemisphere, part.queue.number + partner]  # type: ignore[index]


def _lw(machine: Machine, part: Part, repeat: int) -> bool:
    return strided(part.op, "col", repeat) < machine.config.superlanes or machine.tolerant


def _lw_now(machine: Machine, part: Part, repeat: int) -> _Tags:
    column, plane = strided(part.op, "col", repeat), _plane(machine, part)
    if column < machine.config.superlanes:
        machine.load(plane.array if part.op.mnemonic == "IW" else plane.buffer, column, machine.lit)
    return ()


def _iw(machine: Machine, part: Part, repeat: int) -> bool:
    if part.op["from"]:
        return _lw(machine, part, repeat)
    return min(_plane(machine, part).buffer) >= machine.lit


def _iw_now(machine: Machine, part: Part, repeat: int) -> _Tags:
    if part.op["from"]:
        return _lw_now(machine, part, repeat)
    plane = _plane(machine, part)
    for column in range(machine.config.superlanes):
        machine.load(plane.array, column, machine.lit)
    return ()


def _pair(machine: Machine, part: Part) -> list[Plane]:
    partners = (0, 1) if FORMS[part.op["form"]] == "f16" else (0,)
    return [_plane(machine, part, partner) for partner in partners]


def _abc(machine: Machine, part: Part, _repeat: int) -> bool:
    return all(
        min(plane.array[: machine.lit]) >= machine.lit and plane.multiplied < machine.now
        for plane in _pair(machine, part)
    )


def _abc_now(machine: Machine, part: Part, _repeat: int) -> _Tags:
    for plane in _pair(machine, part):
        plane.multiplied = machine.now
    element = "f32" if FORMS[part.op["form"]] == "f16" else "i32"
    _plane(machine, part).sums[machine.now + machine.times.abc] = (element, machine.lit)
    return ()


def _acc(machine: Machine, part: Part, repeat: int) -> bool:
    plane, op, mode = _plane(machine, part), part.op, MODES[part.op["mode"]]
    row = strided(op, "row", repeat)
    if row >= machine.config.acc_rows:
        if not machine.tolerant:
            return False
    elif mode != "write":
        landed = plane.kept.get(row, -machine.times.acc_row) + machine.times.acc_row <= machine.now
        if not landed or plane.rows[row] < machine.lit:
            return False
    if mode == "read":
        return True
    element, lit = plane.sums.get(machine.now, ("", 0))
    return element == Type.from_code(op["type"]).value and lit >= machine.lit


def _acc_now(machine: Machine, part: Part, repeat: int) -> _Tags:
    plane, row = _plane(machine, part), strided(part.op, "row", repeat)
    if part.op["keep"] and row < machine.config.acc_rows:
        plane.rows[row] = max(plane.rows[row], machine.lit)
        plane.kept[row] = machine.now
    return ()


def _shift_now(machine: Machine, part: Part, _repeat: int) -> _Tags:
    if part.queue.unit is Unit.SXM_SHIFT_SOUTH and part.queue.hemisphere is not None:
        machine.shifts[part.queue.hemisphere] = machine.now
    return ()


def _select(machine: Machine, part: Part, _repeat: int) -> bool:
    side = part.queue.hemisphere
    return side is not None and machine.shifts.get(side) == machine.now


def _permute(machine: Machine, part: Part, _repeat: int) -> bool:
    low, high = (machine.streams.tag(part.use("map"), plus) for plus in (0, 1))
    if machine.tolerant:
        return True
    if low is None or high is None or (low.kind, high.kind) != ("low", "high"):
        return False
    return low.number == high.number and min(low.lit, high.lit) >= machine.lit


def _send_now(machine: Machine, part: Part, _repeat: int) -> _Tags:
    machine.links[part.op["link"]][machine.now] = machine.lit
    return ()


def _receive(machine: Machine, part: Part, _repeat: int) -> bool:
    sent = machine.links[part.op["link"]].get(machine.now - machine.times.loopback, 0)
    return sent >= machine.lit or (machine.tolerant and not sent)


def _deskew_now(machine: Machine, part: Part, _repeat: int) -> _Tags:
    machine.links[part.op["link"]].clear()
    return ()


def _always(_machine: Machine, _part: Part, _repeat: int) -> bool:
    return True


def _nothing(_machine: Machine, _part: Part, _repeat: int) -> _Tags:
    return ()


_RULES: dict[str, tuple[_Check, _Commit]] = {
    "Read": (_read, _read_now),
    "Write": (_write, _write_now),
    "Gather": (_gather, _nothing),
    "Scatter": (_scatter, _scatter_now),
    "LW": (_lw, _lw_now),
    "IW": (_iw, _iw_now),
    "ABC": (_abc, _abc_now),
    "ACC": (_acc, _acc_now),
    "Shift": (_always, _shift_now),
    "Select": (_select, _nothing),
    "Permute": (_permute, _nothing),
    "Send": (_always, _send_now),
    "Receive": (_receive, _nothing),
    "Deskew": (_always, _deskew_now),
}


def _rule(part: Part) -> tuple[_Check, _Commit]:
    if part.queue.unit is Unit.VXM:
        return _vxm, _vxm_now  # its Select is not the one of the SXM
    return _RULES.get(part.op.mnemonic, (_always, _nothing))
