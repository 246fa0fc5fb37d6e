"""What a transport between the driver and a chip must be able to do."""

from typing import Protocol


class AccessRefusedError(ValueError):
    """The chip answered an access with an error; its register ``ERROR`` says why."""


class HostLink(Protocol):
    """A way to a chip: 32-bit registers, and packets of whole beats.

    All methods may take their time; none but ``send`` is called while another is under way.
    """

    async def read(self, offset: int) -> int:
        """Value of a register.

        Raises
        ------
        AccessRefusedError
            If the chip refuses.
        """
        ...

    async def write(self, offset: int, value: int) -> None:
        """Set a register, raising as ``read`` does."""
        ...

    async def send(self, packet: bytes) -> None:
        """Hand a packet over for sending; returns before the chip has taken it."""
        ...

    async def receive(self) -> bytes:
        """The next packet from the chip."""
        ...
