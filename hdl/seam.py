"""The seam: a component is exported to Verilog once, however often it stands in the machine.

Amaranth writes one Verilog module per object. A :class:`Block` asks the platform instead: under an :class:`Outline` it
becomes an `Instance` of a module named by its parameters, and everywhere else (Amaranth's simulator, formal tools) it
is its real body. Hence two rules for every block: what tells two places apart (superlane, column, direction) comes in
through ports, and whatever is a parameter shows in the name.
"""

import re
from typing import Any, ClassVar

from amaranth import ClockSignal, Elaboratable, Instance, ResetInserter, ResetSignal, Value
from amaranth.lib import wiring

_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Block(wiring.Component):
    """Component with a Verilog module of its own.

    Subclasses define ``body`` instead of ``elaborate``.

    Parameters
    ----------
    kind : str
        What it is; the name of its module starts with it.
    parameters : tuple of str or int
        All that its body depends on, in a few characters; the rest of the name.
    signature : dict or wiring.Signature
        Its ports.

    Attributes
    ----------
    clocked : bool
        Whether it has a clock and a reset; False for blocks that are pure logic.
    module_name : str
        Name of the Verilog module, such as ``sram_128x39``.
    """

    clocked: ClassVar[bool] = True

    def __init__(self, kind: str, parameters: tuple[str | int, ...], signature: Any):
        self.module_name = "_".join((kind, *map(str, parameters)))
        if not _NAME.fullmatch(self.module_name):
            raise ValueError(f"module name must be lower-case letters, digits and _, not {self.module_name!r}")
        super().__init__(signature)

    def body(self, platform: Any) -> Any:
        """Real content, an elaboratable."""
        raise NotImplementedError

    def elaborate(self, platform: Any) -> Any:
        """Instance under an :class:`Outline` that leaves this block out, else the real body."""
        if isinstance(platform, Outline) and platform.leaves_out(self):
            return platform.instance(self)
        return self.body(platform)


class Outline:
    """Platform under which all blocks but one are instances, and which notes the blocks that it met.

    Parameters
    ----------
    whole : Block
        The block that gets its real body.
    checks : bool
        Whether the body is to hold the checks of :mod:`hdl.checks`, too.

    Attributes
    ----------
    met : dict of str to Block
        One block of each module that the body refers to.
    """

    def __init__(self, whole: Block, *, checks: bool = False):
        self.whole, self.checks = whole, checks
        self.met: dict[str, Block] = {}

    def leaves_out(self, block: Block) -> bool:
        """Whether ``block`` is to become an instance."""
        return block is not self.whole

    def instance(self, block: Block, clear: Value | None = None, clock: Value | None = None) -> Instance:
        """Instance of the block's module, connected to the block's own ports; ``clear`` resets it, too, and ``clock``
        takes the place of the domain's."""
        twin = self.met.setdefault(block.module_name, block)
        if type(twin) is not type(block) or twin.signature != block.signature:
            raise ValueError(f"two different blocks must not share the module name {block.module_name!r}")
        ports: list[tuple[str, str, Any]] = []
        if block.clocked:
            reset = ResetSignal() if clear is None else ResetSignal() | clear
            ports += [("i", "clk", ClockSignal() if clock is None else clock), ("i", "rst", reset)]
        for path, member, value in block.signature.flatten(block):
            direction = "i" if member.flow == wiring.In else "o"
            ports.append((direction, "__".join(map(str, path)), Value.cast(value)))
        return Instance(block.module_name, *ports)


class Cleared(Elaboratable):
    """A block that has a reset of its own beside that of its clock's domain.

    Parameters
    ----------
    block : Block
        A block with a clock.
    clear : Value
        While it is high, the block is reset.
    """

    def __init__(self, block: Block, clear: Value):
        if not block.clocked:
            raise ValueError(f"block must have a clock to be cleared, which {block.module_name} has not")
        self.block, self.clear = block, clear

    def elaborate(self, platform: Any) -> Any:
        """Instance with both resets under an :class:`Outline`, else the real body with the further one."""
        if isinstance(platform, Outline) and platform.leaves_out(self.block):
            return platform.instance(self.block, self.clear)
        return ResetInserter(self.clear)(self.block)
