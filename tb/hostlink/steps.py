"""What a host does, as a list of steps for a state machine that has no processor: ``examples/fpga/axi/selftest.v``.

The list is what :class:`tb.hostlink.driver.HostDriver` does when the chip behind its link is the golden model: each
read becomes a wait for the value that the chip must give.
"""

import asyncio
import enum
from collections.abc import Mapping
from dataclasses import dataclass

from arch.config import OFFSET_BITS
from arch.host import ADDRESS_BITS, DATA_BITS, Access, Command, Register, State, registers
from golden.lanes import Bytes
from golden.result import Result
from tb.hostlink.driver import HostDriver

_WORD = (1 << DATA_BITS) - 1
#: Bits of a step's kind.
_KIND_BITS = 3


class Kind(enum.IntEnum):
    """What a step does; all that is awaited is given up by the one who waits."""

    #: All went well.
    END = 0
    #: Writes ``value`` to a register.
    WRITE = 1
    #: Reads a register until its bits of ``mask`` are those of ``value``.
    WAIT = 2
    #: Sends a beat.
    PUSH = 3
    #: Takes a beat, which must be ``value``.
    PULL = 4


@dataclass(frozen=True)
class Step:
    """One step: of a register its ``address``, of a beat whether a packet ends with it."""

    kind: Kind
    value: int = 0
    address: int = 0
    mask: int = 0
    last: bool = False

    def word(self, beat_bits: int) -> int:
        """As a word of :func:`width` bits: kind, last, address, mask, value, from the highest bit on."""
        word = self.kind
        for part, bits in ((int(self.last), 1), (self.address, ADDRESS_BITS), (self.mask, DATA_BITS)):
            word = word << bits | part
        return word << max(DATA_BITS, beat_bits) | self.value


def width(beat_bits: int) -> int:
    """Bits of a word, for a machine whose beats have ``beat_bits``."""
    return _KIND_BITS + 1 + ADDRESS_BITS + DATA_BITS + max(DATA_BITS, beat_bits)


def steps(golden: Result, inputs: Mapping[str, Bytes]) -> tuple[Step, ...]:
    """Boot a program, run it, and compare its cycles and output regions.

    Parameters
    ----------
    golden
        The run that it shall be.
    inputs : uint8[rows, vector] by region name
        What was given to it.

    Raises
    ------
    ValueError
        If not all of its outputs are defined, or it has not ended.
    """
    program = golden.program
    names = dict.fromkeys(region.name for region in program.regions if region.role != "input")
    if not names:
        raise ValueError("the program has no outputs to compare")
    for name in names:
        if not golden.region_defined(name).all():
            raise ValueError(f"output {name!r} is not wholly defined: there is nothing to compare all of it with")
    if golden.stopped:
        raise ValueError("the program does not end within the limit")
    link = _Recorder(golden)

    async def play() -> None:
        driver = HostDriver(link, program.config)
        await driver.boot(program, inputs)
        await driver.start()
        await driver.wait_idle()
        await driver.read_regions()

    asyncio.run(play())
    return (*link.steps, Step(Kind.END))


class _Recorder:
    """A :class:`tb.hostlink.link.HostLink` that notes what is done, and answers as the golden model's chip does."""

    def __init__(self, golden: Result) -> None:
        self._golden, self._config = golden, golden.program.config
        self._table = registers(self._config)
        self._names = {register.offset: name for name, register in self._table.items()}
        self._values: dict[str, int] = {}
        self._started = False
        self.steps: list[Step] = []

    async def read(self, offset: int) -> int:
        """What it must be."""
        register = self._table[self._names[offset]]
        value, mask = self._expected(register)
        self.steps.append(Step(Kind.WAIT, value, offset, mask))
        return value

    async def write(self, offset: int, value: int) -> None:
        """Kept, for it says what is read."""
        name = self._names[offset]
        self._values[name] = value
        if name == "CONTROL":
            self._started = bool(self._table[name].field("start").extract(value))
        self.steps.append(Step(Kind.WRITE, value, offset))

    async def send(self, packet: bytes) -> None:
        """Beats to the chip."""
        self._beats(Kind.PUSH, packet)

    async def receive(self) -> bytes:
        """Rows of memory."""
        assert self._values["COMMAND"] == Command.READ_MEMORY
        place, count = self._table["PLACE"], self._values["COUNT"]
        side, mem_slice, address = (
            place.field(name).extract(self._values["PLACE"]) for name in ("hemisphere", "mem_slice", "address")
        )
        bank, row = address >> OFFSET_BITS, address % (1 << OFFSET_BITS)
        packet = self._golden.memory[side, mem_slice, bank, row : row + count].tobytes()
        self._beats(Kind.PULL, packet)
        return packet

    def _expected(self, register: Register) -> tuple[int, int]:
        """Value that a register will have, and the bits of it that count."""
        if register.access is Access.CONSTANT:
            return register.reset, _WORD
        if register.name == "STATUS":
            state = State.IDLE if self._started else State.BOOTING
            counts = {name: (1 << register.field(name).width) - 1 for name in ("state", "busy", "over_limit")}
            return register.pack(state=state), register.pack(**counts)
        known = {"ERROR": 0, "CYCLE": self._golden.cycles}
        return known[register.name], _WORD

    def _beats(self, kind: Kind, packet: bytes) -> None:
        lanes = self._config.lanes
        for at in range(0, len(packet), lanes):
            beat = int.from_bytes(packet[at : at + lanes], "little")
            self.steps.append(Step(kind, beat, last=at + lanes == len(packet)))
