"""The host interface: registers of the AXI4-Lite port, commands, error codes, and packets of the AXI4-Stream ports.

All of it is our decision (docs/decisions/0008-host.md). Registers have 32 bits. The
table is what the hardware, the driver and ``docs/host.md`` read.
"""

import enum
from dataclasses import dataclass
from functools import cache

from arch.config import OFFSET_BITS, Config
from arch.faults import CORRECTED_LIMIT, COUNT_LIMIT
from arch.queues import queues

#: First register: the letters "SPLN".
MAGIC = int.from_bytes(b"SPLN", "little")
#: Version of this table.
VERSION = 2
#: Bits of a register, of an address, and bytes from one register to the next.
DATA_BITS, ADDRESS_BITS, STEP = 32, 12, 4
#: Stream that carries the host's vectors, in either direction.
STREAM = 0
#: Cycles that the host's side of a stream may stand still, unless the host sets another number.
TIMEOUT = 1 << 20


class State(enum.IntEnum):
    """What the chip does, as ``STATUS`` tells it."""

    BOOTING = 0
    RUNNING = 1
    IDLE = 2


class Command(enum.IntEnum):
    """What ``COMMAND`` starts."""

    #: Stores ``COUNT`` vectors of one packet at ``PLACE`` and the addresses behind it.
    WRITE_MEMORY = 1
    #: Sends ``COUNT`` vectors from ``PLACE`` on as one packet.
    READ_MEMORY = 2
    #: Hands ``COUNT`` words of one packet to the queue of ``SELECT``.
    LOAD_TEXT = 3
    #: From ``SELECT`` on, itself included, looks for a fault or corrected word; tells in ``STATUS`` and ``SELECT``.
    FIND = 4
    #: Discards what comes in up to the end of a packet.
    DISCARD = 5


class Refusal(enum.IntEnum):
    """Why an access or command was refused or came to a bad end; the code in ``ERROR``."""

    NONE = 0
    #: No such register, not readable or writable, not all four bytes, or bits that have no meaning.
    REGISTER = 1
    #: Not while a program runs.
    RUNNING = 2
    #: Not while a command is under way.
    BUSY = 3
    #: The chip was started already; a reset must come before.
    STARTED = 4
    #: No such command, or start and reset together.
    COMMAND = 5
    #: No such slice, queue, superlane or fuse, or more rows or words than there are.
    RANGE = 6
    #: The packet was shorter or longer than ``COUNT`` says. Whole vectors or words that came were taken.
    LENGTH = 7
    #: The host's side of a stream stood still for ``TIMEOUT`` cycles.
    TIMEOUT = 8


class Access(enum.Enum):
    """Who may do what with a register."""

    CONSTANT = "constant"
    READ = "read"
    WRITE = "write"
    BOTH = "read, write"
    #: Any write clears it.
    CLEAR = "read, clear"

    @property
    def readable(self) -> bool:
        """Whether the host may read it."""
        return self is not Access.WRITE

    @property
    def writable(self) -> bool:
        """Whether the host may write it."""
        return self not in (Access.CONSTANT, Access.READ)


@dataclass(frozen=True)
class BitField:
    """Part of a register."""

    name: str
    lsb: int
    width: int
    doc: str

    def extract(self, value: int) -> int:
        """The field's part of a register's value."""
        return value >> self.lsb & ((1 << self.width) - 1)


@dataclass(frozen=True)
class Register:
    """One register.

    Attributes
    ----------
    name, offset
        Spelling, and address in bytes.
    access
        Who may do what.
    doc
        Meaning.
    fields
        Parts; bits outside of them are zero, and refused where they are written otherwise.
    reset
        Value after the reset of the whole chip; of a constant, its value.
    while_running, while_busy
        Whether it may be written while a program runs, and while a command is under way.
    """

    name: str
    offset: int
    access: Access
    doc: str
    fields: tuple[BitField, ...]
    reset: int = 0
    while_running: bool = False
    while_busy: bool = False

    @property
    def mask(self) -> int:
        """Bits that have a meaning."""
        return sum(((1 << f.width) - 1) << f.lsb for f in self.fields)

    def field(self, name: str) -> BitField:
        """Field of a name."""
        return next(f for f in self.fields if f.name == name)

    def pack(self, **values: int) -> int:
        """Value of the register with these fields; ``ValueError`` names what does not fit."""
        total = 0
        for name, value in values.items():
            part = self.field(name)
            if not 0 <= value < 1 << part.width:
                raise ValueError(f"{self.name}.{name} must be from 0 to {(1 << part.width) - 1}, not {value!r}")
            total |= value << part.lsb
        return total


_ALL = (BitField("value", 0, DATA_BITS, "the number"),)
_SUPERLANE, _SLICE, _QUEUE = 5, 6, 8  # bits, as Config's limits allow


def mask_words(config: Config) -> int:
    """Registers that hold an injection's mask."""
    return -(-config.code_bits // DATA_BITS)


def _constants(config: Config) -> list[Register]:
    sizes = {
        "SUPERLANES": (config.superlanes, "superlanes"),
        "LANES": (config.lanes, "lanes of a superlane; bytes of a beat on the stream ports"),
        "STREAMS": (config.streams, "streams per direction"),
        "SLICES": (config.slices, "MEM slices per hemisphere"),
        "BANK_WORDS": (config.bank_words, "words per bank"),
        "PLANES": (config.planes, "MXM planes per hemisphere"),
        "ACC_ROWS": (config.acc_rows, "accumulator rows per plane"),
        "ALUS": (len(config.alus), "ALUs of the VXM"),
        "QUEUES": (len(queues(config)), "instruction queues"),
        "QUEUE_DEPTH": (config.queue_depth, "words that a queue holds"),
        "LINKS": (config.c2c_links, "chip-to-chip links"),
        "POSITIONS": (config.positions, "stream registers from edge to edge"),
        "SPARE": (int(config.spare), "superlanes that stand by"),
    }
    print_ = [int.from_bytes(config.fingerprint[n : n + STEP], "little") for n in range(0, 16, STEP)]
    rows = [(0x000, "MAGIC", MAGIC, 'the letters "SPLN"'), (0x004, "VERSION", VERSION, "version of this table")]
    rows += [(0x010 + STEP * n, f"FINGERPRINT{n}", v, "of the configuration") for n, v in enumerate(print_)]
    rows += [(0x020 + STEP * n, name, *pair) for n, (name, pair) in enumerate(sizes.items())]
    return [Register(name, offset, Access.CONSTANT, doc, _ALL, value) for offset, name, value, doc in rows]


def _control() -> list[Register]:
    control = (
        BitField("start", 0, 1, "release the start barrier"),
        BitField("reset", 1, 1, "queues, faults, counters and commands begin anew; memory stays; always allowed"),
    )
    status = (
        BitField("state", 0, 2, "0 booting, 1 running, 2 idle"),
        BitField("busy", 2, 1, "a command is under way"),
        BitField("faulty", 3, 1, "some unit has a fault on record"),
        BitField("over_limit", 4, 1, "the program reached LIMIT; it runs on until a reset"),
        BitField("found", 5, 1, "the last FIND found a record"),
    )
    error = (BitField("code", 0, 4, "the first refusal since it was cleared"),)
    return [
        Register("CONTROL", 0x080, Access.WRITE, "start and reset", control, while_running=True, while_busy=True),
        Register("STATUS", 0x084, Access.READ, "what the chip does", status),
        Register("ERROR", 0x088, Access.CLEAR, "refusals", error, while_running=True, while_busy=True),
        Register("CYCLE", 0x08C, Access.READ, "number of this cycle; when idle, cycles of the program", _ALL),
        Register("LIMIT", 0x090, Access.BOTH, "cycle at which over_limit rises; 0 for none", _ALL),
        Register(
            "TIMEOUT",
            0x094,
            Access.BOTH,
            "cycles that a stream may stand still; 0 for any number",
            _ALL,
            TIMEOUT,
            while_running=True,
            while_busy=True,
        ),
        Register("FUSE", 0x098, Access.BOTH, "superlane that is bypassed, counted in silicon; writing it resets", _ALL),
    ]


def largest_fuse(config: Config) -> int:
    """Largest value of ``FUSE``: without a spare superlane there is none to bypass, and the register holds 0."""
    return config.superlanes if config.spare else 0


def _commands() -> list[Register]:
    place = (
        BitField("address", 0, OFFSET_BITS + 1, "first address, the bank its highest bit"),
        BitField("mem_slice", 16, _SLICE, "slice"),
        BitField("hemisphere", 24, 1, "0 west, 1 east"),
    )
    return [
        Register(
            "COMMAND",
            0x100,
            Access.WRITE,
            "starts a command",
            (BitField("code", 0, 3, "which"),),
            while_running=True,
            while_busy=True,
        ),
        Register("PLACE", 0x104, Access.BOTH, "memory of a command", place),
        Register("COUNT", 0x108, Access.BOTH, "vectors or words of a command", _ALL),
        Register("MODE", 0x10C, Access.BOTH, "reading", (BitField("raw", 0, 1, "do not correct what is read"),)),
        Register("DONE", 0x110, Access.READ, "vectors or words that the last command has moved", _ALL),
        Register("HOST_CORRECTED", 0x114, Access.READ, "words corrected on their way to the host", _ALL),
        Register(
            "HOST_FAILED", 0x118, Access.READ, "words read with two wrong bits or more; they came as stored", _ALL
        ),
    ]


def _reports() -> list[Register]:
    select = (BitField("queue", 0, _QUEUE, "queue"), BitField("superlane", 8, _SUPERLANE, "superlane"))
    fault = (
        BitField("code", 0, 4, "first fault, 0 for none"),
        BitField("count", 8, COUNT_LIMIT.bit_length(), f"faults, up to {COUNT_LIMIT}"),
    )
    corrected = (BitField("count", 0, CORRECTED_LIMIT.bit_length(), f"corrected words, up to {CORRECTED_LIMIT:,}"),)
    return [
        Register("SELECT", 0x140, Access.BOTH, "whose reports the next registers show", select, while_running=True),
        Register("FAULT", 0x144, Access.READ, "of that queue's unit in that superlane", fault),
        Register("FIRST", 0x148, Access.READ, "cycle of the first fault", _ALL),
        Register("CORRECTED", 0x14C, Access.READ, "of that queue's unit in that superlane", corrected),
        Register("ISSUED", 0x150, Access.READ, "instructions of the unit that the queue has issued", _ALL),
        Register("PARKED", 0x154, Access.READ, "cycles that the queue was parked, from cycle 0 to idle", _ALL),
    ]


def _injection(config: Config) -> list[Register]:
    place = (
        BitField("superlane", 0, _SUPERLANE, "superlane"),
        BitField("position", 8, 6, "stream register's position"),
        BitField("stream", 16, 5, "its stream"),
        BitField("direction", 21, 1, "0 eastward, 1 westward"),
        BitField("mem_slice", 24, _SLICE, "slice"),
        BitField("hemisphere", 30, 1, "0 west, 1 east"),
    )
    kind = (BitField("stream", 0, 1, "a stream register is hit"), BitField("memory", 1, 1, "a MEM tile is hit"))
    rows = [
        Register("INJECT", 0x180, Access.BOTH, "arms a bit error", kind),
        Register("INJECT_PLACE", 0x184, Access.BOTH, "where", place),
        Register("INJECT_CYCLE", 0x188, Access.BOTH, "when", _ALL),
    ]
    for n in range(mask_words(config)):
        rows.append(Register(f"INJECT_MASK{n}", 0x190 + STEP * n, Access.BOTH, "bits that flip, lowest first", _ALL))
    return rows


@cache
def registers(config: Config) -> dict[str, Register]:
    """Registers of a machine by name, in the order of their addresses."""
    rows = [*_constants(config), *_control(), *_commands(), *_reports(), *_injection(config)]
    return {row.name: row for row in rows}
