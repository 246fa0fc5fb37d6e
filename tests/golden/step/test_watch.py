"""Changes are announced before they are to be seen, and registers in local time are those of real time, unstaggered."""

import numpy as np

from arch.config import preset
from arch.conveyor import Hemisphere
from arch.timing import timing
from golden.step.chip import Machine
from golden.step.store import Change
from tests.golden.schedule import address, program, segment, word

TINY = preset("tiny")


def copied():
    """A word read in cycle 0, and stored by the slice next to it on its way."""
    data = np.arange(TINY.vector, dtype=np.uint8)[None]
    read = {"E.mem0": [(0, word("Read", a=address(0, 5), s="W3"))]}
    write = {"W.mem0": [(timing(TINY).read + TINY.vxm_hops, word("Write", a=address(1, 9), s="W3"))]}
    return program(TINY, read | write, [segment(Hemisphere.EAST, 0, address(0, 5), data)]), data[0]


def test_a_write_is_announced():
    made, data = copied()
    machine, found = Machine(made), list[tuple[int, Change]]()
    machine.watch(lambda change: found.append((machine.cycle, change)), lambda change: None)
    while not machine.idle:
        machine.step()
    [(cycle, change)] = found
    issue = timing(TINY).read + TINY.vxm_hops
    assert (change.shown, change.place) == (issue + 2, (0, 0, 1, 9))
    assert cycle < change.shown
    assert change.data.tobytes() == data.tobytes()
    assert change.superlanes.all()
    assert change.defined.all()


def test_local_registers_are_those_of_a_later_real_cycle():
    made, _ = copied()
    machine = Machine(made)
    locals_, states = [], []
    while not machine.idle:
        locals_.append(machine.local())
        states.append(machine.state())
        machine.step()
    assert any(flags.any() for _, flags, _, _ in locals_)
    for k in range(TINY.superlanes):
        for n in range(len(states) - k):
            streams, defined, mesh, mesh_defined = locals_[n]
            later = states[n + k]
            assert np.array_equal(streams[..., k, :], later.streams[..., k, :])
            assert np.array_equal(defined[..., k], later.streams_defined[..., k])
            assert np.array_equal(mesh[..., k, :], later.mesh[..., k, :])
            assert np.array_equal(mesh_defined[..., k], later.mesh_defined[..., k])
