"""The back door to a simulated chip's memories: all of MEM and the text of the queues, at once and in no clock cycle.

A host loads the memories a vector at a time through the chip's streams, which at full size takes longer than most
programs run. In a simulation they are arrays of this process (``tb.probe``), and may be set and looked at while the
clock stands still. What is put there is what the host's front door leaves there: data with their SECDED check bits, and
``tests/tb/hostlink/test_backdoor.py`` shows it both ways. The queues' first words come through the front door: a queue
has its first word in a register.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from arch.config import BANKS, Config
from arch.conveyor import Hemisphere
from arch.program import Program
from arch.queues import queues
from golden.lanes import Bytes, Elements
from golden.memory import boot
from hdl.icu.ahead import narrow
from hdl.icu.queue import held_bits
from hdl.vertical import port_name
from tb.codewords import codewords
from tb.frames import Names
from tb.probe import Variable

#: The memory of each bank, uint8[offset, bytes], by (hemisphere, slice, bank, superlane).
Banks = Mapping[tuple[int, int, int, int], NDArray[np.uint8]]


class Words:
    """Memory of a queue that holds its first word: what else it is to hold can be put there at once."""

    def __init__(self, scope: str, depth: int, used: int) -> None:
        self._depth, self._used = depth, used
        self._rows = Variable((f"{scope}.words", "mem")).rows(depth)
        self._count, self._tail = (Variable((scope, name)).rows(1)[0] for name in ("count", "tail"))

    def fill(self, words: Sequence[int]) -> None:
        """Put further words behind the first."""
        if len(words) >= self._depth:
            raise ValueError(f"words must be fewer than {self._depth}, for one is held, not {len(words)}")
        for place, word in enumerate(words, 1):
            row = self._rows[place]
            row[:] = np.frombuffer(narrow(word, self._used).to_bytes(len(row), "little"), np.uint8)
        held = len(words) + 1
        for register, value in ((self._count, held), (self._tail, held % self._depth)):
            register[:] = np.frombuffer(value.to_bytes(len(register), "little"), np.uint8)

    def held(self) -> bytes:
        """The words that are held of a queue that has issued none, and how many."""
        count = int.from_bytes(self._count.tobytes(), "little")
        return self._rows[:count].tobytes() + self._count.tobytes() + self._tail.tobytes()


class Backdoor:
    """Memories of a chip that runs in this process, in a model that shows ``tb.visible.MEMORIES``.

    Parameters
    ----------
    chip : str
        Place of the :class:`hdl.chip.Chip` is ``<chip>.chip``.
    config : Config
        The machine.
    fuse : int
        The superlane that is bypassed, where there is a spare.

    Attributes
    ----------
    banks
        See :data:`Banks`.
    rows
        The accumulators' memories, uint8[row, bytes], by (hemisphere, plane, superlane).
    queues
        Those of the queues, by index.
    """

    def __init__(self, chip: str, config: Config, fuse: int = 0) -> None:
        names, self._config = Names(chip, config, fuse), config
        self.banks = {key: Variable((scope, "mem")).rows(config.bank_words) for key, scope in names.banks.items()}
        self.rows = {key: Variable((scope, "mem")).rows(config.acc_rows) for key, scope in names.rows.items()}
        self.queues = [
            Words(f"{chip}.chip.queue_{port_name(q)}.store", config.queue_depth, held_bits(config, q))
            for q in queues(config)
        ]

    def load(self, program: Program, inputs: Mapping[str, Bytes] | None = None) -> None:
        """Fill MEM, and the queues behind their first words, as a host does that boots the program.

        Raises
        ------
        golden.memory.InputError
            An input is missing, unknown, or of another shape.
        """
        memory = boot(program, inputs)
        put(self.banks, memory.data, memory.defined, ecc=self._config.features.ecc)
        self.fill(program)

    def fill(self, program: Program) -> None:
        """Fill the queues, each behind its first word."""
        for queue, words in zip(self.queues, program.preload, strict=True):
            if words:
                queue.fill(words[1:])

    def memory(self) -> tuple[Bytes, int]:
        """MEM, uint8[hemispheres, slices, banks, words, S, lanes], and how many of its words have wrong check bits."""
        c = self._config
        found = np.zeros((len(Hemisphere), c.slices, BANKS, c.bank_words, c.superlanes, c.lanes), np.uint8)
        wrong = 0
        for (side, number, bank, k), rows in self.banks.items():
            held = rows[rows.any(axis=-1)]  # zeros are a codeword
            wrong += _unsound(held, c.lanes) if c.features.ecc and len(held) else 0
            found[side, number, bank, :, k] = rows[:, : c.lanes]
        return found, wrong

    def accumulators(self) -> Elements:
        """The accumulators' memories: uint32[hemispheres, planes, rows, S, lanes]."""
        c = self._config
        found = np.zeros((len(Hemisphere), c.planes, c.acc_rows, c.superlanes, c.lanes), np.uint32)
        for (side, plane, k), rows in self.rows.items():
            found[side, plane, :, k] = np.ascontiguousarray(rows[:, : c.lanes * found.itemsize]).view("<u4")
        return found


def put(banks: Banks, data: Bytes, defined: NDArray[np.bool_], *, ecc: bool) -> None:
    """Put the words that are defined into their banks, with check bits if ``ecc``; shapes as of
    :class:`golden.memory.Memory`."""
    for (side, number, bank, k), rows in banks.items():
        chosen = np.flatnonzero(defined[side, number, bank, :, k])
        if chosen.size:
            words = codewords(data[side, number, bank, chosen, k], ecc=ecc)
            rows[chosen, : words.shape[-1]] = words


def first_words(program: Program) -> Program:
    """What of a program has to come through the front door."""
    return replace(program, preload=tuple(words[:1] for words in program.preload), data=(), regions=())


def _unsound(rows: NDArray[np.uint8], lanes: int) -> int:
    """How many rows are no codewords."""
    words = codewords(np.ascontiguousarray(rows[:, :lanes]))
    return int((rows[:, : words.shape[-1]] != words).any(axis=-1).sum())
