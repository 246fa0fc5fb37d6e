"""What of the instruction set a configuration has: the words that its assembler refuses and its hardware faults."""

from collections.abc import Callable

from arch import effects
from arch.config import OFFSET_BITS, Config
from arch.conveyor import Direction
from arch.isa import vxm
from arch.isa.fields import operand_source
from arch.isa.mxm import FORMS, MODES
from arch.isa.spec import Op
from arch.isa.table import Word
from arch.queues import Queue, Unit, links_of, mesh_neighbor
from arch.types import Type


def problem(config: Config, queue: Queue, word: Word) -> str | None:
    """Why a queue of this configuration does not take a word, as a phrase; None if it does."""
    for op in word:
        if op.spec.units and queue.unit not in op.spec.units:
            return f"{op.mnemonic} is no instruction of {queue.name}"
        check = _vxm if op.spec in vxm.VXM else _CHECKS.get(op.mnemonic)  # Select is in two units
        found = (check(config, queue, op) if check else None) or _streams(config, queue, op)
        if found:
            return found
    if len(word) == 2 and banks(word[0]) & banks(word[1]):
        return "read part and write part use one bank"
    return None


def banks(op: Op) -> int:
    """Banks that a MEM part may touch, a bit each."""
    if op.mnemonic in ("Gather", "Scatter"):
        return op["banks"]
    return 1 << (op["a"] >> OFFSET_BITS)


def _streams(config: Config, queue: Queue, op: Op) -> str | None:
    for uses, verb in ((effects.samples, "reach"), (effects.drives, "leave")):
        for use in uses(config, queue, op):
            name = f"{use.direction.letter}{use.stream}"
            if use.stream % use.align:
                return f"{use.role} must be a stream that is a multiple of {use.align}, not {name}"
            if use.stream + use.width > config.streams:
                return f"{use.role} takes {use.width} streams from {name}; there are {config.streams}"
            if use.position is None:
                way = "eastward" if use.direction is Direction.EAST else "westward"
                return f"{use.role} is {name}: no {way} stream can {verb} {queue.name}"
    return None


def _config(config: Config, _queue: Queue, op: Op) -> str | None:
    if op["n"] > config.superlanes:
        return f"n must be at most {config.superlanes} superlanes, not {op['n']}"
    return None


def _linear(config: Config, _queue: Queue, op: Op) -> str | None:
    offset = op["a"] & ((1 << OFFSET_BITS) - 1)
    if offset >= config.bank_words:
        return f"a must have an offset below {config.bank_words}, not {offset}"
    return None


def _fetch(config: Config, _queue: Queue, _op: Op) -> str | None:
    return None if config.features.fetch else "this machine's queues fetch no text"


def _indexed(config: Config, _queue: Queue, op: Op) -> str | None:
    if not config.features.indexed:
        return f"this machine's MEM has no {op.mnemonic}"
    if not op["lo"] <= op["hi"] < config.bank_words:
        return f"lo and hi must be offsets below {config.bank_words} in order, not {op['lo']} and {op['hi']}"
    return None


def _vxm(config: Config, queue: Queue, op: Op) -> str | None:
    operation, alu = vxm.OPERATION_OF[op.mnemonic], config.alus[queue.number]
    element = Type.from_code(op["type"])
    to = Type.from_code(op["to"]) if op.mnemonic == "Cast" else element
    if element not in operation.types:
        return f"{op.mnemonic} has no type {element.value}"
    for wanted in (element, to):
        if wanted not in alu.types:
            return f"{queue.name} has no type {wanted.value}"
    if operation.large and not alu.large:
        return f"{op.mnemonic} needs a large ALU, and {queue.name} is none"
    if operation.saturates and op["sat"] and element.floating:
        return f"sat is for integers, not {element.value}"
    for role in operation.operands:
        found = _operand(config, queue, op, role, to)
        if found:
            return found
    return None


def _operand(config: Config, queue: Queue, op: Op, role: str, to: Type) -> str | None:
    source = operand_source(op[role])
    offset = op.mnemonic == "Cast" and role == "b"
    if source == "none":
        return None if offset else f"{op.mnemonic} needs operand {role}"
    if offset and to.floating:
        return f"b is for casts to integers, not to {to.value}"
    if role == "c" and source == "stream":
        return "c must be N, E, S, W, self or imm, not a stream"
    if source in ("N", "E", "S", "W") and mesh_neighbor(config, queue.number, source) is None:
        return f"{queue.name} has no neighbor {source}"
    return None


def _column(config: Config, _queue: Queue, op: Op) -> str | None:
    if op.mnemonic == "IW" and not op["from"] and (op["s"] or op["col"] or op["stride"]):
        return "IW from the buffer takes no s, col or stride"
    if op["col"] >= config.superlanes:
        return f"col must be below {config.superlanes}, not {op['col']}"
    return None


def _abc(config: Config, queue: Queue, op: Op) -> str | None:
    if FORMS[op["form"]] == "f16":
        return _fp16(config, queue)
    return "half is for f16" if op["half"] else None


def _acc(config: Config, queue: Queue, op: Op) -> str | None:
    element, mode = Type.from_code(op["type"]), MODES[op["mode"]]
    if element not in (Type.I32, Type.F32):
        return f"type must be i32 or f32, not {element.value}"
    if element is Type.F32 and _fp16(config, queue):
        return _fp16(config, queue)
    if op["row"] >= config.acc_rows:
        return f"row must be below {config.acc_rows}, not {op['row']}"
    if mode == "read" and (op["keep"] or not op["out"]):
        return "ACC read must emit and cannot keep"
    if not op["keep"] and not op["out"]:
        return "ACC must keep, emit or both"
    return None


def _fp16(config: Config, queue: Queue) -> str | None:
    if not config.mxm_fp16:
        return "this machine's MXM has no fp16"
    return None if queue.number % 2 == 0 else "fp16 is commanded by the even plane's queues"


def _shift(config: Config, queue: Queue, op: Op) -> str | None:
    if op["n"] >= config.vector:
        return f"n must be below {config.vector}, not {op['n']}"
    if op.mnemonic == "Shift" and not op["out"] and queue.unit is Unit.SXM_SHIFT_NORTH:
        return "a north shift must drive a stream"
    return None


def _rotate(config: Config, _queue: Queue, op: Op) -> str | None:
    if op["n"] ** 2 > config.lanes:
        return f"Rotate {op['n']} needs {op['n'] ** 2} lanes; there are {config.lanes}"
    return None


def _link(config: Config, queue: Queue, op: Op) -> str | None:
    links = links_of(config, queue)
    if op["link"] not in links:
        return f"link must be one of {', '.join(map(str, links))}, not {op['link']}"
    return None


_CHECKS: dict[str, Callable[[Config, Queue, Op], str | None]] = {
    "Config": _config,
    "Ifetch": _fetch,
    "Read": _linear,
    "Write": _linear,
    "Gather": _indexed,
    "Scatter": _indexed,
    "LW": _column,
    "IW": _column,
    "ABC": _abc,
    "ACC": _acc,
    "Shift": _shift,
    "Select": _shift,
    "Rotate": _rotate,
    "Deskew": _link,
    "Send": _link,
    "Receive": _link,
}
