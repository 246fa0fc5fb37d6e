"""What the units of SXM and C2C have in common: ports, operands and results of one queue in one superlane."""

from collections.abc import Sequence
from typing import Any

from amaranth import Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from arch.config import Config
from arch.queues import Unit
from hdl.icu.layout import layout_of
from hdl.operand import Operand
from hdl.pipeline import join
from hdl.sxm.result import Result
from hdl.words import column_bits, drive_signature


def unit_ports(config: Config, unit: Unit, *, checked: int, driven: int) -> dict[str, Any]:
    """Ports of the tile that a queue commands.

    Parameters
    ----------
    config : Config
        The machine.
    unit : Unit
        What the queue feeds.
    checked : int
        Words that an instruction may check.
    driven : int
        Adjacent streams that a result takes.

    Returns
    -------
    dict of str to member
        ``fire``, an instruction is executed in this cycle, t; ``instr``, it; ``lit``, the superlane has power at t;
        ``columns``, by direction, the stream registers sampled at t; ``drives``, by direction, the result; ``failed``
        and ``corrected``, words so found, at t + ``stages.operand``.
    """
    return {
        "fire": In(1),
        "instr": In(layout_of(unit).width),
        "lit": In(1),
        "columns": In(column_bits(config)).array(2),
        "drives": Out(drive_signature(config, driven)).array(2),
        "failed": Out(range(checked + 1)),
        "corrected": Out(range(checked + 1)),
    }


def chain_signature(config: Config, words: int) -> wiring.Signature:
    """What passes from one superlane to the next: ``en``, and ``words`` words of several superlanes.

    The superlane that takes it has the register; what gives it does not. So a superlane that is bypassed passes it on
    without a cycle.
    """
    return wiring.Signature({"en": Out(1), "words": Out(words * config.word_bits)})


def operand(m: Module, name: str, unit: Any, width: int, ref: Value, fire: Value) -> Operand:
    """Operand stage of a stream group of ``unit``, whose ports are those of :func:`unit_ports`."""
    m.submodules[name] = found = Operand(config=unit.config, width=width)
    m.d.comb += [found.fire.eq(fire), found.lit.eq(unit.lit), found.ref.eq(ref)]
    m.d.comb += [mine.eq(theirs) for mine, theirs in zip(found.columns, unit.columns, strict=True)]
    return found


def report(m: Module, unit: Any, operands: Sequence[Operand]) -> None:
    """Corrected and failed words of all operands."""
    m.d.comb += [
        unit.failed.eq(sum((o.failed for o in operands[1:]), operands[0].failed)),
        unit.corrected.eq(sum((o.corrected for o in operands[1:]), operands[0].corrected)),
    ]


def hand_over(m: Module, unit: Any, width: int, en: Value, ref: Value, lit: Value, data: Value) -> None:
    """Result stage, to the ``drives`` of ``unit``."""
    m.submodules.result = result = Result(config=unit.config, width=width)
    m.d.comb += [result.en.eq(en), result.ref.eq(ref), result.lit.eq(lit), result.data.eq(data)]
    for mine, theirs in zip(unit.drives, result.drives, strict=True):
        m.d.comb += join(theirs, mine)
