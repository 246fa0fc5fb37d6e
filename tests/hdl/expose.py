"""Ports of inner blocks on the outside of a block that is made for a test, so that its export has them, too."""

from typing import Any

from amaranth.lib import wiring

from hdl.seam import Block


def outside(block: Block, *inside: str) -> wiring.Signature:
    """Ports of a block but those named, which are for its neighbors inside."""
    return wiring.Signature({name: member for name, member in block.signature.members.items() if name not in inside})


def expose(port: Any, block: Block) -> list[Any]:
    """Assignments between ports of an inner block and those that stand for them outside, of signature ``outside``."""
    statements = []
    for path, member, mine in port.signature.flatten(port):
        theirs: Any = block
        for step in path:
            theirs = theirs[step] if isinstance(step, int) else getattr(theirs, step)
        statements.append(theirs.eq(mine) if member.flow == wiring.In else mine.eq(theirs))
    return statements
