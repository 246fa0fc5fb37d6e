"""The analysis without data against the engine with data."""

import dataclasses

import pytest

from arch.faults import Fault
from arch.isa import table
from arch.isa.icu import NOP, SYNC
from arch.isa.mem import READ, WRITE
from arch.isa.spec import make
from arch.program import Program, Region
from arch.queues import queues, queues_by_name
from golden.analysis import StaticError, analyze
from golden.fast.run import run
from golden.result import TraceEntry
from tb.random_programs import generate, named


def _program(seed: int, preset: str = "tiny") -> Program:
    return generate(named(preset), seed, cycles=150, density=0.2).program()


@pytest.mark.parametrize("preset", ["tiny", "2x16", "fpga"])
@pytest.mark.parametrize("seed", range(3))
def test_legal_programs_pass(preset, seed):
    program = _program(seed, preset)
    found = analyze(program)
    result = run(program, limit=10_000)
    assert found.complete
    assert (found.cycles, found.errors, found.faults) == (result.cycles, (), ())
    assert found.trace.n.sum() == result.counters.issued.sum()


def test_the_trace_is_that_of_the_run():
    program = _program(4)
    trace = analyze(program).trace
    found = set()
    for row in range(len(trace.n)):
        word = trace.words[trace.word[row]]
        assert word is not None
        for number in range(trace.n[row]):
            cycle = int(trace.start[row] + number * trace.d[row])
            found.add(TraceEntry(cycle, int(trace.queue[row]), word, int(trace.repeat[row] + number)))
    units = {entry for entry in run(program, limit=10_000, trace=True).trace if not table.is_icu(entry.word)}
    assert found == units


def test_what_queues_do_for_themselves_is_that_of_the_run():
    program = _program(4)
    found = [entry for entry in run(program, limit=10_000, trace=True).trace if table.is_icu(entry.word)]
    assert list(analyze(program).control) == found
    assert {entry.word[0].mnemonic for entry in found} >= {"Sync", "Notify"}


def _hand_made(words: dict[str, list[int]], **changes) -> Program:
    config = named("tiny")
    sync = table.encode((make(SYNC),))
    rows = [(*words.get(queue.name, ()), sync) for queue in queues(config)]
    return dataclasses.replace(Program(config, tuple(rows)), **changes)


def test_undefined_memory_is_found_unless_the_host_fills_it():
    read = table.encode((make(READ, a=5, s=3),))
    program = _hand_made({"W.mem0": [read]})
    entry = analyze(program).errors[0]
    queue = queues_by_name(program.config)["W.mem0"].index
    assert (entry.queue, entry.cycle, entry.detail) == (queue, 0, "address 0:5")
    region = Region("x", "input", queues(program.config)[queue].hemisphere, 0, 5, 1)  # pyright: ignore[reportArgumentType]
    assert analyze(dataclasses.replace(program, regions=(region,))).errors == ()


def test_a_stream_that_nobody_drives_is_found():
    write = table.encode((make(WRITE, a=5, s=3),))
    wait = table.encode((make(NOP, n=9),))
    found = analyze(_hand_made({"E.mem0": [wait, write]})).errors
    assert [(entry.cycle, entry.error.name, entry.detail) for entry in found] == [(9, "UNDEFINED_STREAM", "s E3")]


def test_a_dry_queue_is_a_fault():
    program = _hand_made({})
    dry = dataclasses.replace(program, preload=((), *program.preload[1:]))
    found = analyze(dry, limit=500)
    assert not found.complete
    assert [(fault.fault, fault.cycle) for fault in found.faults] == [(Fault.DRY, 0)]


def test_text_that_the_host_brings_is_not_known():
    program = generate(named("tiny"), 1, cycles=400, density=0.2).program()  # two of its queues need their Ifetch
    assert analyze(program).complete
    size = program.config.vector
    regions = tuple(
        Region(f"r{n}", "input", s.hemisphere, s.mem_slice, s.address, len(s.data) // size)
        for n, s in enumerate(program.data)
    )
    found = analyze(dataclasses.replace(program, regions=regions))
    assert not found.complete
    assert found.errors[-1].error is StaticError.UNKNOWN_TEXT
