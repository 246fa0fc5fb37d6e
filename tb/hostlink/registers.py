"""Registers by name, and commands, over a link."""

from arch.config import Config
from arch.host import STEP, Command, Refusal, Register, registers
from tb.hostlink.errors import HostError
from tb.hostlink.link import AccessRefusedError, HostLink


class RegisterPort:
    """Registers of one chip.

    Parameters
    ----------
    link
        The way to it.
    config
        What it is believed to be; the identification registers are the same in every machine.
    """

    def __init__(self, link: HostLink, config: Config) -> None:
        self.link, self.config = link, config
        self._table = registers(config)

    def named(self, name: str) -> Register:
        """Register of a name."""
        return self._table[name]

    async def get(self, name: str) -> int:
        """Value of a register."""
        try:
            return await self.link.read(self._table[name].offset)
        except AccessRefusedError:
            raise HostError(f"read register {name}", await self._why()) from None

    async def field(self, name: str, field: str) -> int:
        """One field of a register."""
        return self._table[name].field(field).extract(await self.get(name))

    async def set(self, name: str, value: int, what: str | None = None) -> None:
        """Write a register; ``what`` says in messages what that is for.

        Raises
        ------
        HostError
            If the chip refuses.
        """
        try:
            await self.link.write(self._table[name].offset, value)
        except AccessRefusedError:
            raise HostError(what or f"write register {name}", await self._why()) from None

    async def pack(self, name: str, what: str | None = None, **fields: int) -> None:
        """Write a register by its fields; all others are zero."""
        await self.set(name, self._table[name].pack(**fields), what)

    async def wide(self, name: str, value: int, words: int) -> None:
        """Write a value over the registers ``name`` 0, 1, ..., lowest bits first."""
        bits = 8 * STEP
        for n in range(words):
            await self.set(f"{name}{n}", value >> n * bits & ((1 << bits) - 1))

    async def command(self, command: Command, what: str) -> None:
        """Start a command."""
        await self.set("COMMAND", command, what)

    async def finish(self, what: str) -> None:
        """Wait until no command is under way.

        Raises
        ------
        HostError
            If it came to a bad end.
        """
        while await self.field("STATUS", "busy"):
            pass
        refusal = await self._why()
        if refusal is not Refusal.NONE:
            raise HostError(what, refusal)

    async def _why(self) -> Refusal:
        """The error on record, which is cleared."""
        code = await self.link.read(self._table["ERROR"].offset)
        if code:
            await self.link.write(self._table["ERROR"].offset, 0)
        return Refusal(code)
