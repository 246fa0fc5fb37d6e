"""The faults, by unit. Each is small, and one that a slip of the hand could make."""

from scripts.mutate.faults import arithmetic, board, cells, chip, host, memory, queues, shared, sxm, vxm

FAULTS = (
    *queues.FAULTS,
    *memory.FAULTS,
    *shared.FAULTS,
    *chip.FAULTS,
    *vxm.FAULTS,
    *arithmetic.FAULTS,
    *cells.FAULTS,
    *sxm.FAULTS,
    *host.FAULTS,
    *board.FAULTS,
)
