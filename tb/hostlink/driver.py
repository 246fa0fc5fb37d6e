"""Driver of a chip: boot a program, run it, read what it left. It knows registers and packets, and no transport."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arch import host
from arch.config import OFFSET_BITS, WORD_BYTES, Config
from arch.conveyor import Hemisphere
from arch.faults import Fault
from arch.host import Command, State
from arch.program import Program, Region
from arch.queues import queues
from golden.injection import Injection, StreamInjection, check
from golden.memory import InputError, regions_named
from golden.result import FaultEntry
from golden.run import LIMIT
from tb.hostlink.errors import WrongMachineError
from tb.hostlink.link import HostLink
from tb.hostlink.registers import RegisterPort

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Outcome:
    """How a run ended: the cycle of idle or, if ``stopped``, the limit that it reached."""

    cycles: int
    stopped: bool


@dataclass(frozen=True)
class Reports:
    """What the units report: faults by queue and superlane, and corrected words as (queue, superlane) to count."""

    faults: tuple[FaultEntry, ...]
    corrected: Mapping[tuple[int, int], int]


class HostDriver:
    """One chip.

    Parameters
    ----------
    link
        The way to it.
    config
        The machine that it is expected to be; ``identify`` checks that.
    """

    def __init__(self, link: HostLink, config: Config) -> None:
        self.link, self.config = link, config
        self.port = RegisterPort(link, config)
        self._program: Program | None = None

    # Boot ------------------------------------------------------------------------------------------------------

    async def identify(self, config: Config | None = None) -> None:
        """Check that what answers is the machine ``config``, by default the driver's own.

        Raises
        ------
        WrongMachineError
            If it is not.
        """
        config = config or self.config
        magic, version = await self.port.get("MAGIC"), await self.port.get("VERSION")
        if magic != host.MAGIC:
            raise WrongMachineError(f"no Superlane chip answers: the magic number is {magic:#010x}")
        if version != host.VERSION:
            raise WrongMachineError(f"the chip has register map {version}; this release drives {host.VERSION}")
        words = [await self.port.get(f"FINGERPRINT{n}") for n in range(len(config.fingerprint) // host.STEP)]
        found = b"".join(word.to_bytes(host.STEP, "little") for word in words)
        if found != config.fingerprint:
            raise WrongMachineError(
                f"the program is for machine {config.name} ({config.fingerprint.hex()}), the chip is {found.hex()}"
            )

    async def boot(
        self, program: Program, inputs: Mapping[str, Bytes] | None = None, *, fuse: int | None = None
    ) -> None:
        """Load a program and its inputs. Nothing is written unless the chip is the machine that the program is for
        and all inputs fit.

        Parameters
        ----------
        program, inputs
            What to load.
        fuse
            The superlane to bypass, see :meth:`bypass`; None leaves it as it is.

        Raises
        ------
        WrongMachineError, HostError
            See there.
        golden.memory.InputError
            An input is missing, unknown, or of another shape.
        """
        await self.identify(program.config)
        parts = _placed(program, inputs or {})
        await self.reset()
        if fuse is not None:
            await self.bypass(fuse)
        self._program = program
        for queue, words in zip(queues(program.config), program.preload, strict=True):
            if words:
                await self._load_text(queue.index, words)
        for segment in program.data:
            await self.write_memory(segment.hemisphere, segment.mem_slice, segment.address, segment.data)
        for region, rows in parts:
            await self.write_memory(region.hemisphere, region.mem_slice, region.address, rows.tobytes())

    async def reset(self) -> None:
        """Empty the queues, clear faults and counters, and end whatever runs; memory stays, and can be read."""
        await self.port.pack("CONTROL", "reset", reset=1)

    async def bypass(self, fuse: int) -> None:
        """Bypass another superlane, counted in silicon from 0: of the machine with a spare one, the others remain.

        The chip must not have been started since its last reset, and is reset by this; memory is to be written anew.
        """
        await self.port.set("FUSE", fuse, f"bypass superlane {fuse}")
        self._program = None

    async def write_memory(self, side: Hemisphere, mem_slice: int, address: int, data: bytes) -> None:
        """Store whole vectors at consecutive addresses of a bank."""
        what = f"write {side.letter}.mem{mem_slice} {address >> OFFSET_BITS}:{address % (1 << OFFSET_BITS)}"
        await self._place(side, mem_slice, address, len(data) // self.config.vector)
        await self.port.command(Command.WRITE_MEMORY, what)
        await self.link.send(data)
        await self.port.finish(what)

    async def read_memory(
        self, side: Hemisphere, mem_slice: int, address: int, rows: int, *, raw: bool = False
    ) -> Bytes:
        """Vectors at consecutive addresses of a bank, uint8[rows, vector]; ``raw`` leaves bit errors in."""
        what = f"read {side.letter}.mem{mem_slice} {address >> OFFSET_BITS}:{address % (1 << OFFSET_BITS)}"
        await self._place(side, mem_slice, address, rows)
        await self.port.pack("MODE", raw=int(raw))
        await self.port.command(Command.READ_MEMORY, what)
        packet = await self.link.receive()
        await self.port.finish(what)
        return np.frombuffer(packet, np.uint8).reshape(rows, self.config.vector)

    async def arm(self, injection: Injection | None) -> None:
        """Arm one bit error for the next run; None for none."""
        if injection is None:
            await self.port.set("INJECT", 0)
            return
        check(self.config, injection)
        if isinstance(injection, StreamInjection):
            place = {name: int(getattr(injection, name)) for name in ("position", "direction", "stream")}
        else:
            place = {name: int(getattr(injection, name)) for name in ("hemisphere", "mem_slice")}
        await self.port.pack("INJECT_PLACE", superlane=injection.superlane, **place)
        await self.port.set("INJECT_CYCLE", injection.cycle)
        await self.port.wide("INJECT_MASK", injection.mask, host.mask_words(self.config))
        kind = "stream" if isinstance(injection, StreamInjection) else "memory"
        await self.port.pack("INJECT", **{kind: 1})

    # Run -------------------------------------------------------------------------------------------------------

    async def start(self, limit: int = LIMIT) -> None:
        """Let the program run; ``limit`` is the cycle at which ``wait_idle`` gives it up."""
        await self.port.set("LIMIT", limit, "start")
        await self.port.pack("CONTROL", "start", start=1)

    async def wait_idle(self, pause: Callable[[], Awaitable[None]] | None = None) -> Outcome:
        """Wait for the end of the program, or for its limit; then it goes on, until a reset.

        ``pause`` waits between two looks; its length does not change the outcome.
        """
        status = self.port.named("STATUS")
        while True:
            value = await self.port.get("STATUS")
            if status.field("over_limit").extract(value):  # it may have ended since
                return Outcome(await self.port.get("LIMIT"), True)
            if status.field("state").extract(value) != State.RUNNING:
                return Outcome(await self.port.get("CYCLE"), False)
            if pause is not None:
                await pause()

    # Results ---------------------------------------------------------------------------------------------------

    async def read_regions(self, *, raw: bool = False) -> dict[str, Bytes]:
        """What the program's regions of role output and inout hold, by name: uint8[rows, vector]."""
        if self._program is None:
            raise ValueError("no program is loaded: boot one before its regions are read")
        found = {}
        for name, regions in regions_named(self._program).items():
            if all(region.role == "input" for region in regions):
                continue
            places = [(r.hemisphere, r.mem_slice, r.address, r.rows) for r in regions]
            found[name] = np.concatenate([await self.read_memory(*place, raw=raw) for place in places])
        return found

    async def reports(self) -> Reports:
        """Faults and corrected words of all units."""
        faults, corrected = [], {}
        select = self.port.named("SELECT")
        place: tuple[int, int] | None = (0, 0)
        while place is not None:
            await self.port.pack("SELECT", queue=place[0], superlane=place[1])
            await self.port.command(Command.FIND, "find faults")
            await self.port.finish("find faults")
            if not await self.port.field("STATUS", "found"):
                break
            at = await self.port.get("SELECT")
            queue, superlane = select.field("queue").extract(at), select.field("superlane").extract(at)
            if code := await self.port.field("FAULT", "code"):
                first, count = await self.port.get("FIRST"), await self.port.field("FAULT", "count")
                faults.append(FaultEntry(queue, superlane, Fault(code), first, count))
            if fixed := await self.port.field("CORRECTED", "count"):
                corrected[queue, superlane] = fixed
            place = self._behind(queue, superlane)
        return Reports(tuple(faults), corrected)

    async def counters(self) -> dict[int, tuple[int, int]]:
        """Instructions issued and cycles parked, by queue."""
        found = {}
        for queue in queues(self.config):
            await self.port.pack("SELECT", queue=queue.index)
            found[queue.index] = (await self.port.get("ISSUED"), await self.port.get("PARKED"))
        return found

    # Inside ----------------------------------------------------------------------------------------------------

    async def _place(self, side: Hemisphere, mem_slice: int, address: int, rows: int) -> None:
        await self.port.pack("PLACE", hemisphere=int(side), mem_slice=mem_slice, address=address)
        await self.port.set("COUNT", rows)

    async def _load_text(self, queue: int, words: tuple[int, ...]) -> None:
        what = f"load {queues(self.config)[queue].name}"
        await self.port.pack("SELECT", queue=queue)
        await self.port.set("COUNT", len(words))
        await self.port.command(Command.LOAD_TEXT, what)
        await self.link.send(b"".join(word.to_bytes(WORD_BYTES, "little") for word in words))
        await self.port.finish(what)

    def _behind(self, queue: int, superlane: int) -> tuple[int, int] | None:
        """The report behind one; None behind the last."""
        if superlane + 1 < self.config.superlanes:
            return queue, superlane + 1
        return (queue + 1, 0) if queue + 1 < len(queues(self.config)) else None


def _placed(program: Program, inputs: Mapping[str, Bytes]) -> list[tuple[Region, Bytes]]:
    """Rows of every region that the host fills."""
    wanted = {
        name: [region for region in regions if region.role != "output"]
        for name, regions in regions_named(program).items()
    }
    wanted = {name: regions for name, regions in wanted.items() if regions}
    for name in inputs:
        if name not in wanted:
            raise InputError(f"no input {name!r}: the program's inputs are {', '.join(wanted) or 'none'}")
    found = []
    for name, regions in wanted.items():
        if name not in inputs:
            raise InputError(f"input {name!r} is missing: the program's inputs are {', '.join(wanted)}")
        rows, shape = inputs[name], (sum(region.rows for region in regions), program.config.vector)
        if not isinstance(rows, np.ndarray) or rows.dtype != np.uint8 or rows.shape != shape:
            raise InputError(f"input {name!r} must be uint8{list(shape)} (rows, vector)")
        at = 0
        for region in regions:
            found.append((region, rows[at : at + region.rows]))
            at += region.rows
    return found
