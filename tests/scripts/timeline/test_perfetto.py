"""The trace for Perfetto: every run is a slice in the right place, and the rest of the format is kept."""

import json
from dataclasses import replace

from arch.queues import queues_by_name
from scripts.timeline.compare import Comparison, Difference, compare
from scripts.timeline.extract import promise
from scripts.timeline.perfetto import perfetto
from tb.random_programs import generate, named
from tests.scripts.programs import TINY, copy

QUEUE = {name: queue.index for name, queue in queues_by_name(TINY).items()}


def events(made, comparison: Comparison | None = None) -> list[dict]:
    found = promise(made)
    record = json.loads(perfetto(found, comparison or compare(found, None)))
    assert record["displayTimeUnit"] == "ns"
    return record["traceEvents"]


def test_every_run_is_a_slice():
    made = generate(named("tiny"), 3, cycles=150).program()
    runs = promise(made).runs
    found = [(e["tid"], e["ts"], e["dur"]) for e in events(made) if e["ph"] == "X"]
    wanted = zip(runs.queue.tolist(), runs.start.tolist(), (runs.last - runs.start + 1).tolist(), strict=True)
    assert found == list(wanted)
    assert len(found) > 100


def test_a_slice_tells_its_instruction():
    (event,) = [e for e in events(copy()) if e["ph"] == "X" and e["name"] == "Read"]
    assert event["args"] == {"instruction": "Read a=0:0 s=E0 stride=1", "issues": 2, "every": 1}
    assert (event["ts"], event["dur"], event["cat"]) == (0, 2, "unit")


def test_processes_and_threads_have_names():
    names = {(e["pid"], e.get("tid")): e["args"]["name"] for e in events(copy()) if e["name"].endswith("_name")}
    for event in events(copy()):
        if event["ph"] == "X":
            assert names[event["pid"], event["tid"]] in QUEUE
            group = names[event["pid"], None]
            assert names[event["pid"], event["tid"]].lower().startswith(group.lower().replace(" ", "."))


def test_counters_tell_the_use():
    found = promise(copy())
    values = [e["args"]["%"] for e in events(copy()) if e["ph"] == "C" and e["name"] == "mem"]
    assert len(values) == found.cycles
    assert round(sum(values) * 2 * TINY.slices / 100) == found.issued().sum()


def test_operators_and_differences_are_there():
    meta = {"operators": [{"name": "add", "source": "n1", "first": 2, "last": 7, "macs": 3}]}
    made = replace(copy(), meta=json.dumps(meta))
    difference = Difference("missing", 6, QUEUE["E.mem0"], "Write a=1:1 s=E0", "")
    found = events(made, Comparison(4, (difference,), ()))
    operator = next(e for e in found if e["name"] == "add")
    assert (operator["ts"], operator["dur"], operator["args"]["macs"]) == (2, 6, 3)
    (instant,) = [e for e in found if e["ph"] == "i"]
    assert instant["name"] == "DIFFERENCE: promised, and did not happen"
    assert (instant["ts"], instant["tid"], instant["args"]["promised"]) == (6, QUEUE["E.mem0"], "Write a=1:1 s=E0")
