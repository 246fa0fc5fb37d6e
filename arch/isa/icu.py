"""ICU instructions, which every queue takes (published names; encodings are our decision)."""

from arch.isa.fields import Field, Kind
from arch.isa.spec import Spec

NOP = Spec(
    "NOP",
    (),
    0x01,
    (Field("n", 8, 16, Kind.UINT, "cycles to wait", low=1),),
    "Waits: the queue's next instruction issues n cycles after this one. The published field has 16 bits; 0 is no "
    "legal value.",
)
IFETCH = Spec(
    "Ifetch",
    (),
    0x02,
    (Field("s", 8, 6, Kind.STREAM, "stream that carries the text"),),
    "Takes a block of 40 instructions (640 bytes, published) from a stream and appends it to this queue. The queue "
    "goes on issuing meanwhile. The block is sampled at the queue's unit, one vector at each of the cycles of "
    "arch.text; a further Ifetch of the same queue must wait until the block's bus is free (arch.text.span). In a "
    "dark superlane there is no text: its words are skipped, and the block is shorter.",
)
SYNC = Spec(
    "Sync",
    (),
    0x03,
    (),
    "Parks the queue until a Notify releases it. Every queue ends with Sync; when all queues are parked and no "
    "Notify is under way, the chip drains and is idle.",
)
NOTIFY = Spec(
    "Notify",
    (),
    0x04,
    (),
    "Releases all parked queues. Issued at t, it releases at t+B every queue that is parked by t+B-1, B being the "
    "barrier latency (35 cycles at full size, published); a queue that parks later waits for the next Notify. The "
    "notifier itself does not park.",
)
CONFIG = Spec(
    "Config",
    (),
    0x05,
    (Field("n", 8, 5, Kind.UINT, "superlanes that stay lit", low=1),),
    "Powers down all superlanes but 0..n-1, from the next release on, for the whole chip (published: vectors of 16 to "
    "320 elements in steps of 16). Issued while all other queues are parked. An instruction acts lit or dark by the "
    "setting at its issue. A dark superlane drives zero bytes, reads its operands as zero, keeps its memories, and "
    "still passes instructions, partial sums, results and text vertically, so that no latency changes.",
)
REPEAT = Spec(
    "Repeat",
    (),
    0x06,
    (
        Field("n", 8, 16, Kind.UINT, "times to issue again", low=1),
        Field("d", 24, 16, Kind.UINT, "cycles from one issue to the next", low=1, default=1),
    ),
    "Issues the previous instruction again n times, d cycles apart; the first time d-1 cycles after the Repeat's own "
    "slot, so that d=1 leaves no gap. Each further issue adds the strides that the instruction's fields name. It must "
    "stand directly behind an instruction of the unit, or behind another Repeat, whose run it continues.",
)

ICU = (NOP, IFETCH, SYNC, NOTIFY, CONFIG, REPEAT)
