"""What a Repeat adds to an instruction: the stride of each instruction that has one.

Sources: ``arch.isa`` (fields named ``stride``); ``docs/architecture.md``: all wrap at the width of their field, the
offset of a MEM address without its bank. The queue adds before the instruction climbs, so that no tile has to.
"""

from typing import Any

from amaranth import Module, Signal, Value

from arch.config import OFFSET_BITS
from arch.isa.mem import MEM_BASE, READ, WRITE
from arch.isa.mxm import ACC, IW, LW
from arch.isa.spec import Spec
from arch.queues import Unit
from hdl.icu.layout import UnitLayout, layout_of, specs_of

#: Field that the stride is added to, by mnemonic.
TARGETS = {READ.mnemonic: "a", WRITE.mnemonic: "a", LW.mnemonic: "col", IW.mnemonic: "col", ACC.mnemonic: "row"}


def strided(m: Module, unit: Unit, bits: Value) -> Signal:
    """The instruction that a Repeat issues after ``bits``; both as they climb."""
    layout = layout_of(unit)
    after = Signal(layout.width, name="strided")
    m.d.comb += after.eq(bits)
    for spec in specs_of(unit):
        if "stride" not in spec.by_name:
            continue
        source, target = layout.view(spec, bits), layout.view(spec, after)
        name = TARGETS[spec.mnemonic]
        width = OFFSET_BITS if name == "a" else spec.by_name[name].width
        with m.If(_has(layout, spec, bits)):
            m.d.comb += target[name][:width].eq(source[name][:width] + source.stride)
    return after


def _has(layout: UnitLayout, spec: Spec, bits: Value) -> Any:
    """Whether the word holds ``spec``; a MEM word may hold two."""
    opcode = layout.view(spec, bits).opcode
    if Unit.MEM in spec.units:
        return opcode[(spec.opcode ^ MEM_BASE).bit_length() - 1]
    return opcode == spec.opcode
