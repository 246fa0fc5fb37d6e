"""C2C links, each looped back to itself."""

from dataclasses import dataclass

import numpy as np

from arch.faults import Fault
from golden.step.fabric import Fabric
from golden.step.words import Issue, Operand

__all__ = ["C2c"]


@dataclass(frozen=True)
class _Sent:
    """A vector under way: link, the cycle of the Receive that takes it, contents."""

    link: int
    due: int
    operand: Operand


class C2c:
    """All links."""

    def __init__(self, fabric: Fabric) -> None:
        self._fabric = fabric
        self._under_way: list[_Sent] = []

    def issue(self, issue: Issue) -> None:
        """Execute Send, Receive or Deskew."""
        fabric, link = self._fabric, issue.op["link"]
        operands = fabric.take(issue)
        # A vector that nobody took in its cycle is lost.
        self._under_way = [sent for sent in self._under_way if sent.due >= issue.time]
        if issue.op.mnemonic == "Send":
            self._under_way.append(_Sent(link, issue.time + fabric.timing.loopback, operands["s"]))
        elif issue.op.mnemonic == "Receive":
            self._receive(issue, link)
        else:
            self._under_way = [sent for sent in self._under_way if sent.link != link]

    def _receive(self, issue: Issue, link: int) -> None:
        fabric, config = self._fabric, self._fabric.config
        for sent in self._under_way:
            if (sent.link, sent.due) == (link, issue.time):
                fabric.drive(issue, sent.operand.data, sent.operand.defined)
                return
        fabric.fault(issue, np.arange(config.superlanes) == 0, Fault.ABSENT)
        zero = np.zeros((1, config.superlanes, config.lanes), np.uint8)
        fabric.drive(issue, zero, np.ones(config.superlanes, np.bool_))
