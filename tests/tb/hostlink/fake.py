"""A chip as a driver sees it, in Python: registers, packets, and memory, without cycles."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from arch.config import WORD_BYTES, Config
from arch.host import Access, Command, Refusal, State, registers
from arch.queues import queues
from tb.hostlink.link import AccessRefusedError

#: Fault, first cycle, count, corrected words.
Record = tuple[int, int, int, int]


@dataclass
class FakeLink:
    """A link to a chip that is idle as soon as it is started, unless it goes over its limit and has not ``ended``.

    Attributes
    ----------
    log
        What was asked of it, in order.
    fails
        Refusal with which each command ends.
    """

    config: Config
    cycles: int = 100
    over_limit: bool = False
    ended: bool = False
    log: list[tuple[str, int]] = field(default_factory=list)
    memory: dict[tuple[int, int, int], bytes] = field(default_factory=dict)
    text: dict[int, list[int]] = field(default_factory=dict)
    records: dict[tuple[int, int], Record] = field(default_factory=dict)
    fails: Refusal = Refusal.NONE
    started: bool = False
    found: bool = False
    error: Refusal = Refusal.NONE
    values: dict[str, int] = field(default_factory=dict)
    packets: list[bytes] = field(default_factory=list)
    pending: Callable[[bytes], None] | None = None

    async def read(self, offset: int) -> int:
        """As the table says."""
        register = next((r for r in registers(self.config).values() if r.offset == offset), None)
        if register is None or not register.access.readable:
            self.error = Refusal.REGISTER
            raise AccessRefusedError("no")
        self.log.append((f"read {register.name}", 0))
        place = self._field("SELECT", "queue"), self._field("SELECT", "superlane")
        code, first, count, fixed = self.records.get(place, (0, 0, 0, 0))
        state = State.IDLE if self.started else State.BOOTING
        if self.started and self.over_limit and not self.ended:
            state = State.RUNNING
        table = registers(self.config)
        now = {
            "STATUS": table["STATUS"].pack(state=state, found=self.found, over_limit=self.over_limit),
            "ERROR": self.error,
            "CYCLE": self.cycles,
            "FAULT": table["FAULT"].pack(code=code, count=count),
            "FIRST": first,
            "CORRECTED": fixed,
            "ISSUED": 10 * place[0],
            "PARKED": 10 * place[0] + 1,
        }
        return now.get(register.name, self.values.get(register.name, register.reset))

    async def write(self, offset: int, value: int) -> None:
        """As the table says, commands included."""
        register = next((r for r in registers(self.config).values() if r.offset == offset), None)
        if register is None or not register.access.writable or value & ~register.mask:
            self.error = Refusal.REGISTER
            raise AccessRefusedError("no")
        self.log.append((f"write {register.name}", value))
        if register.access is Access.CLEAR:
            self.error = Refusal.NONE
        elif register.name == "CONTROL":
            if value & register.pack(start=1) and self.started:
                self.error = Refusal.STARTED
                raise AccessRefusedError("no")
            self.started = bool(value & register.pack(start=1))
        elif register.name == "COMMAND":
            self._command(Command(value))
        else:
            self.values[register.name] = value

    async def send(self, packet: bytes) -> None:
        """To the command that waits for it."""
        assert self.pending is not None
        self.pending(packet)
        self.pending = None

    async def receive(self) -> bytes:
        """What a command has brought."""
        return self.packets.pop(0)

    def _field(self, name: str, part: str) -> int:
        return registers(self.config)[name].field(part).extract(self.values.get(name, 0))

    def _command(self, command: Command) -> None:
        count, size = self.values.get("COUNT", 0), self.config.vector
        side, mem_slice, address = (self._field("PLACE", n) for n in ("hemisphere", "mem_slice", "address"))
        self.error = self.fails

        def store(packet: bytes) -> None:
            assert len(packet) == count * size
            for n in range(count):
                self.memory[side, mem_slice, address + n] = packet[n * size : (n + 1) * size]

        def load(packet: bytes) -> None:
            assert len(packet) == count * WORD_BYTES
            words = [packet[n : n + WORD_BYTES] for n in range(0, len(packet), WORD_BYTES)]
            queue = self._field("SELECT", "queue")
            self.text.setdefault(queue, []).extend(int.from_bytes(word, "little") for word in words)

        if command is Command.WRITE_MEMORY:
            self.pending = store
        elif command is Command.LOAD_TEXT:
            self.pending = load
        elif command is Command.READ_MEMORY:
            rows = (self.memory.get((side, mem_slice, address + n), bytes(size)) for n in range(count))
            self.packets.append(b"".join(rows))
        elif command is Command.FIND:
            at = self._field("SELECT", "queue"), self._field("SELECT", "superlane")
            found = [place for place in sorted(self.records) if place >= at]
            self.found = bool(found)
            if found:
                queue, superlane = found[0]
                self.values["SELECT"] = registers(self.config)["SELECT"].pack(queue=queue, superlane=superlane)


def rows(seed: int, count: int, config: Config) -> np.ndarray:
    """Random vectors."""
    return np.random.default_rng(seed).integers(0, 256, (count, config.vector), dtype=np.uint8)


def empty(config: Config) -> tuple[tuple[int, ...], ...]:
    """No text for any queue."""
    return tuple(() for _ in queues(config))
