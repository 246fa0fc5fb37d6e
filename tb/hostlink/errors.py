"""What can go wrong between the driver and a chip, in one line each."""

from types import MappingProxyType

from arch.host import Refusal

#: What a refusal means, as the end of a sentence.
REASONS = MappingProxyType(
    {
        Refusal.REGISTER: "no such register, not allowed on it, or bits without a meaning",
        Refusal.RUNNING: "a program is running; wait until the chip is idle, or reset it",
        Refusal.BUSY: "a command is under way; wait for it, or reset the chip",
        Refusal.STARTED: "the chip was started already; reset it and load the program again",
        Refusal.COMMAND: "no such command",
        Refusal.RANGE: "beyond what this chip has",
        Refusal.LENGTH: "the packet had another length than the command",
        Refusal.TIMEOUT: "the host's side of the stream stood still for too long",
    }
)


class HostError(ValueError):
    """The chip refused something, or a command came to a bad end.

    Attributes
    ----------
    refusal
        Why, as the chip's register ``ERROR`` told it.
    """

    def __init__(self, what: str, refusal: Refusal):
        super().__init__(f"chip refused to {what}: {REASONS.get(refusal, 'it does not say why')}")
        self.refusal = refusal


class WrongMachineError(ValueError):
    """What answers is no chip, one of another version, or not the machine that a program is for."""
