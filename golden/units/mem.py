"""MEM addresses: strides of Repeat, and the addresses that maps of Gather and Scatter give. (Strides of the MXM's rows
and columns too: all wrap at the width of their field.)"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from arch.config import OFFSET_BITS
from arch.isa.spec import Op
from golden.lanes import Bytes

__all__ = ["Addresses", "indexed", "linear", "strided"]


class Addresses(NamedTuple):
    """Decoded addresses of a batch: ``ok`` is False where a fault takes the place of the access."""

    bank: NDArray[np.intp]
    offset: NDArray[np.intp]
    ok: NDArray[np.bool_]


def strided(op: Op, name: str, repeat: NDArray[np.integer] | int) -> NDArray[np.int64]:
    """Value of a field that Repeat strides ("row" of ACC, "col" of LW and IW), at the given issues (0 the first).

    It wraps at the width of the field; whether it is in range is the caller's to check.
    """
    value = op[name] + np.asarray(repeat, np.int64) * op["stride"]
    return value & ((1 << op.spec.by_name[name].width) - 1)


def linear(op: Op, repeat: NDArray[np.integer] | int, bank_words: int) -> Addresses:
    """Addresses of a Read or Write at the given issues (0 the first): the bank stays, the offset wraps at 4096 and is
    fault RANGE beyond the bank. Shapes are those of ``repeat``."""
    offset = (op["a"] + np.asarray(repeat, np.int64) * op["stride"]) & ((1 << OFFSET_BITS) - 1)
    bank = np.full_like(offset, op["a"] >> OFFSET_BITS)
    return Addresses(bank, offset, offset < bank_words)


def indexed(op: Op, table: Bytes) -> Addresses:
    """Addresses that the map words uint8[..., S, L] give a Gather or Scatter, each [..., S].

    Lane 0 is the low byte, lane 1 the high one. Not ok is fault INDEX: a bit above the address set, the bank not
    named, or the offset outside lo..hi.
    """
    address = table[..., 0].astype(np.intp) | table[..., 1].astype(np.intp) << 8
    bank, offset = address >> OFFSET_BITS, address & ((1 << OFFSET_BITS) - 1)
    named = (op["banks"] >> np.minimum(bank, op.spec.by_name["banks"].width)) & 1 == 1
    return Addresses(bank, offset, named & (op["lo"] <= offset) & (offset <= op["hi"]))
