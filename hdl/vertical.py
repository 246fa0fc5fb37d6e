"""What passes between superlanes, and between them and the chip's middle: ports that every superlane has alike.

Sources: ``docs/architecture.md``, Time (instructions climb one tile per cycle; published), Errors and
faults (injection).
"""

from amaranth.lib import wiring
from amaranth.lib.wiring import Out

from arch.config import Config
from arch.isa.fields import STREAM_BITS
from arch.queues import Queue, Unit
from hdl.faults import CODE_BITS, CORRECTED_BITS, COUNT_BITS, CYCLE_BITS
from hdl.icu.layout import layout_of
from hdl.icu.text import SUPERLANE_BITS, command_signature
from hdl.words import STREAM_NUMBER_BITS

#: Bits of a queue's index.
QUEUE_BITS = 8
#: Bits of a MEM slice's number within its hemisphere.
SLICE_BITS = 6


def port_name(queue: Queue) -> str:
    """A queue's name as that of a port."""
    return queue.name.lower().replace(".", "_")


def climb_signature(config: Config, unit: Unit) -> wiring.Signature:
    """An instruction that climbs its slice: ``fire``, ``instr``, and the text to ``fetch``, all of one cycle."""
    return wiring.Signature(
        {"fire": Out(1), "instr": Out(layout_of(unit).width), "fetch": Out(command_signature(config))}
    )


def host_signature() -> wiring.Signature:
    """What the host port does in this cycle at the edge of hemisphere ``side``: ``en`` drives the inward ``stream``,
    ``take`` samples the outward one."""
    return wiring.Signature({"en": Out(1), "take": Out(1), "side": Out(1), "stream": Out(STREAM_NUMBER_BITS)})


def taken_signature(config: Config) -> wiring.Signature:
    """What the host port has sampled, on its way down: ``valid``, and a codeword ``word``."""
    return wiring.Signature({"valid": Out(1), "word": Out(config.code_bits)})


def armed_signature(config: Config) -> wiring.Signature:
    """The injection that the host has armed, constant during a run.

    Members
    -------
    stream_en, memory_en : Out(1)
        Which kind, if any.
    position, ref : Out
        Stream register.
    side, mem_slice : Out
        MEM tile.
    superlane, cycle : Out
        Where, and when: the cycle for which the register is loaded, or in which the tile executes the instruction.
    mask : Out(code_bits)
        Bits that flip.
    """
    return wiring.Signature(
        {
            "stream_en": Out(1),
            "memory_en": Out(1),
            "position": Out(range(config.positions)),
            "ref": Out(STREAM_BITS),
            "side": Out(1),
            "mem_slice": Out(SLICE_BITS),
            "superlane": Out(SUPERLANE_BITS),
            "cycle": Out(CYCLE_BITS),
            "mask": Out(config.code_bits),
        }
    )


def report_signature() -> wiring.Signature:
    """A fault record, see :class:`hdl.faults.FaultRecord`."""
    return wiring.Signature(
        {
            "code": Out(CODE_BITS),
            "first": Out(CYCLE_BITS),
            "count": Out(COUNT_BITS),
            "fixed": Out(CORRECTED_BITS),
        }
    )
