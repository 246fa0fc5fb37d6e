"""Details of program errors: what both engines say of the place, in one wording."""

from arch.conveyor import Direction
from arch.effects import StreamUse
from arch.isa.spec import Op
from arch.queues import Queue

__all__ = ["address", "double_drive", "gathered", "mesh", "partner", "row", "stream", "sums", "weights"]


def stream(use: StreamUse) -> str:
    """UNDEFINED_STREAM: the first such group of the instruction, in the order of ``arch.effects.samples``."""
    return f"{use.role} {use.direction.letter}{use.stream}"


def double_drive(direction: Direction, number: int, other: Queue) -> str:
    """DOUBLE_DRIVE: the first such stream of the instruction's group, and the queue of lowest index that drives it.

    The instruction of the lowest queue is not reported itself.
    """
    return f"{direction.letter}{number}, which {other.name} drives too"


def address(bank: int, offset: int) -> str:
    """UNDEFINED_MEMORY of a Read."""
    return f"address {bank}:{offset}"


def gathered(op: Op) -> str:
    """UNDEFINED_MEMORY of a Gather, whatever the addresses: its range."""
    banks = [str(bank) for bank in range(op["banks"].bit_length()) if op["banks"] >> bank & 1]
    low, high = op["lo"], op["hi"]
    return f"range {low} to {high} of bank {' and '.join(banks)}"


def mesh(role: str, source: str) -> str:
    """UNDEFINED_MESH: the first such operand, in the order of the table."""
    return f"{role} from {source}"


def weights(planes: tuple[int, ...]) -> str:
    """UNDEFINED_WEIGHTS: the plane, or the pair of an f16 ABC."""
    return f"plane {' and '.join(map(str, planes))}"


def row(number: int) -> str:
    """UNDEFINED_ROW and ROW_HAZARD: the accumulator row, strides added."""
    return f"row {number}"


def sums(arrived: str | None, wanted: str) -> str:
    """NO_SUM and SUM_TYPE: types of the sums that arrive, if any, and that the ACC wants."""
    return f"{wanted} wanted, {arrived or 'none'} there"


def partner(other: Queue) -> str:
    """PAIR_BUSY (reported of the odd plane): the even plane's queue. NO_SHIFT: the queue that should shift south."""
    return other.name
