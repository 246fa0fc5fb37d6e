"""Tests of units that run on exported Verilog as well (``test_verilated.py``), and their units as one block.

The machines are of the published width, 16 lanes, with as few streams and words as there can be. One block for
several, because a simulator's own code takes longer to build than most units.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

from amaranth import Module
from amaranth.lib.wiring import Out

from hdl.seam import Block
from tests.hdl import test_faults, test_gate, test_operand, test_secded, test_streams
from tests.hdl.c2c import test_c2c
from tests.hdl.configs import TINY
from tests.hdl.expose import expose, outside
from tests.hdl.host import test_engine
from tests.hdl.icu import test_queue
from tests.hdl.mem import test_random, test_tile
from tests.hdl.mxm import test_mxm
from tests.hdl.simulate import ENGINE, Bench
from tests.hdl.sxm import test_tile as test_sxm
from tests.hdl.sxm.configs import machine
from tests.hdl.vxm import test_mesh

#: Two superlanes of the published width.
WIDE = replace(TINY, name="2x16", lanes=16, slices=16, streams=16, bank_words=16)
#: Its plane of integers, the third of them.
PLANE = test_mxm.INTEGER_CONFIGS[2]

#: Tests by name; each runs benches on one component.
CASES: Mapping[str, Callable[[], None]] = MappingProxyType(
    {
        "secded": partial(test_secded.test_checker_corrects_every_single_error_and_flags_doubles, 128),
        "operand": partial(
            test_operand.test_words_are_corrected_counted_and_flagged_in_time, test_operand.WIDE, width=8, directions=2
        ),
        "record": test_faults.test_record,
        "streams": test_streams.test_column,
        "streams_of_vxm": test_streams.test_column_with_the_vxm,
        "mem": partial(test_random.test_random_words, WIDE),
        "mem_latency": partial(test_tile.test_a_read_one_cycle_after_a_write_sees_it_after_its_latency, WIDE),
        "queues": partial(test_queue.test_random_words, replace(WIDE, streams=32, queue_depth=48)),
        "c2c": partial(test_c2c.test_random_programs, test_c2c.linked(machine(2, 16))),
        "vxm": partial(test_mesh.test_every_cycle_of_random_instructions, test_mesh.WIDE_INTEGERS),
        "mxm": partial(test_mxm.test_planes_without_fp16, PLANE),
        "sxm": partial(test_sxm.run_all_units, (2, 16), cycles=40),
        "sxm_4x4": partial(test_sxm.run_all_units, (4, 4), cycles=40),
        "gate": test_gate.test_a_block_behind_a_gate_counts_only_enabled_cycles,
        "host": partial(test_engine.test_vectors_reach_memory_and_come_back, WIDE, gaps=True),
    }
)


#: Those of large units, whose models take minutes to build.
LARGE = ("vxm", "mxm", "sxm", "sxm_4x4")


class MetError(Exception):
    """A test has come to where it runs a bench."""

    def __init__(self, component: Block):
        super().__init__(component.module_name)
        self.component = component


class Units(Block):
    """What some of these tests simulate, side by side: ports of a test's begin with its name."""

    def __init__(self, names: Sequence[str]):
        self._parts = {name: _component(CASES[name]) for name in names}
        super().__init__("units", (), {name: Out(outside(part)) for name, part in self._parts.items()})

    def body(self, platform: Any) -> Module:
        m = Module()
        for name, part in self._parts.items():
            m.submodules[f"{name}_part"] = part
            m.d.comb += expose(getattr(self, name), part)
        return m


def _component(test: Callable[[], None]) -> Block:
    def stop(component: Block, bench: Bench, watch: Bench | None) -> None:
        raise MetError(component)

    token = ENGINE.set(stop)
    try:
        test()
    except MetError as met:
        return met.component
    finally:
        ENGINE.reset(token)
    raise ValueError("a test must run a bench")
