"""Faults of the hardware, and the program errors that only a model can see (docs/architecture.md)."""

import enum

#: Where the count of faults of a queue and superlane saturates, and that of corrected words (our decision; both are
#: all ones, so that the hardware saturates at a carry).
COUNT_LIMIT, CORRECTED_LIMIT = (1 << 8) - 1, (1 << 16) - 1


class Fault(enum.IntEnum):
    """What a unit reports of itself. Sticky: the first of each unit and superlane is kept, and a saturating count.

    Nothing in the data path reacts to a fault. The value is its code in the host's registers.
    """

    #: The queue had no instruction while not parked; it issues nothing and looks again in the next cycle.
    DRY = 1
    #: A word is undefined, or names what this configuration lacks; it counts as NOP 1.
    UNDEFINED = 2
    #: Text arrived for which the queue has no place; the word is lost.
    OVERFLOW = 3
    #: Ifetch while the bus still carries the last block; it is ignored.
    FETCH_BUSY = 4
    #: Config while another queue is not parked; it takes effect all the same.
    CONFIG_BUSY = 5
    #: Repeat that does not stand behind an instruction of the unit or another Repeat; it counts as NOP 1.
    REPEAT = 6
    #: A stride led an address, a row or a column out of range; nothing is read (zeros), stored or installed.
    RANGE = 7
    #: A gather or scatter address outside the named banks and offsets; zeros are driven, nothing is stored.
    INDEX = 8
    #: A permutation map that is no bijection.
    MAP = 9
    #: Receive without data on the link.
    ABSENT = 10
    #: A word with two wrong bits, or more than can be told; its raw bytes are used.
    ECC = 11


class ProgramError(enum.Enum):
    """What no legal program does and the hardware does not see; the value is the phrase of messages."""

    DOUBLE_DRIVE = "two producers drive one stream register"
    UNDEFINED_STREAM = "reads a stream nobody defined"
    UNDEFINED_MEMORY = "reads memory nobody defined"
    UNDEFINED_MESH = "reads a mesh result nobody defined"
    UNDEFINED_WEIGHTS = "uses weights nobody defined"
    UNDEFINED_ROW = "reads an accumulator row nobody defined"
    BANK_CONFLICT = "uses one bank twice"
    NO_SUM = "takes sums where none arrive"
    SUM_TYPE = "takes sums of another type"
    ROW_HAZARD = "touches an accumulator row before its last value has landed"
    PAIR_BUSY = "uses a plane that its partner commands in this cycle"
    NO_SHIFT = "selects without a shift south in this cycle"
