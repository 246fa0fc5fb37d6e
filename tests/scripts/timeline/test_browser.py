"""The page in a headless browser: what it counts, tells and draws, and that it complains of nothing."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from arch.config import preset
from arch.queues import queues, queues_by_name
from arch.timing import timing
from compiler.asm import trace
from golden.run import run
from scripts.commands.trace import content
from scripts.timeline.compare import Comparison, compare
from scripts.timeline.extract import Promise, Runs, promise
from scripts.timeline.page import page, units
from tb.random_programs import generate, named
from tests.golden.schedule import program, word
from tests.scripts.programs import TINY, X, copy
from tests.scripts.timeline import browser
from tests.scripts.timeline.browser import Browser

pytestmark = pytest.mark.skipif(bool(browser.missing()), reason=browser.missing())

WEST = queues_by_name(TINY)["W.mem0"].index
#: Milliseconds that the median frame of a large schedule may take, where no graphics card helps and others work.
SLOW = 250


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.browser() as session:
        yield session


def shown(session: Browser, folder: Path, promised: Promise, comparison: Comparison | None = None) -> Browser:
    file = folder / "page.html"
    file.write_text(page(promised, comparison or compare(promised, None), "shown"), encoding="utf-8")
    session.open(file)
    return session


def labeled() -> Promise:
    """The copy program, as a compiler would describe it."""
    tensor = {"name": "image", "shape": [2, 8], "type": "u8", "hemisphere": 0, "slice": 0, "address": 0, "rows": 2}
    meta = {
        "network": "two rows",
        "predicted": {"cycles": 171},
        "labels": ["move <it>"],
        "runs": [[WEST, 0, 2, 1, 0]],
        "tensors": [{**tensor, "first": 0, "last": 1}],
        "operators": [{"name": "Copy", "source": "node 1", "first": 0, "last": 6, "macs": 0}],
    }
    return promise(dataclasses.replace(copy(), meta=json.dumps(meta)))


def test_everything_is_counted(chromium: Browser, tmp_path: Path):
    found = promise(generate(named("tiny"), 3, cycles=150).program())
    facts = shown(chromium, tmp_path, found).run("timeline.facts()")
    issued = found.issued()
    assert (facts["runs"], facts["issues"]) == (len(found.runs.n), found.runs.n.sum())
    assert (facts["cycles"], facts["rows"], facts["differences"]) == (found.cycles, np.count_nonzero(issued), 0)
    use = {unit["name"]: round(unit["percent"], 2) for unit in chromium.run("timeline.usage()")}
    assert use == {unit["name"]: unit["busy"] for unit in units(found)}
    assert chromium.complaints() == []


def test_use_is_that_of_the_cycles_shown(chromium: Browser, tmp_path: Path):
    shown(chromium, tmp_path, promise(copy())).run("timeline.zoom(0, 8)")
    (mem,) = [unit for unit in chromium.run("timeline.usage()") if unit["name"] == "mem"]
    assert (mem["here"], round(mem["percent"], 3)) == (4, round(400 / 8 / 8, 3))


@pytest.mark.parametrize(("first", "last"), [(0, 9), (4, 24), (5, 24), (4, 23), (6, 40)])
def test_issues_that_lie_apart_are_counted_in_part(chromium: Browser, tmp_path: Path, first: int, last: int):
    made = program(TINY, {"W.mem1": [(2, word("Write", a="0:0", s="E0")), (3, word("Repeat", n=8, d=3))]})
    shown(chromium, tmp_path, promise(made)).run(f"timeline.zoom({first}, {last})")
    (mem,) = [unit for unit in chromium.run("timeline.usage()") if unit["name"] == "mem"]
    assert mem["here"] == len([cycle for cycle in range(2, 29, 3) if first <= cycle < last])


def test_the_pointer_tells_instruction_cycles_streams_and_tensor(chromium: Browser, tmp_path: Path):
    shown(chromium, tmp_path, labeled()).run("timeline.zoom(0, 20)")
    chromium.pointer(*chromium.run("timeline.place('W.mem0', 1)"))
    lines = chromium.run("document.getElementById('tip').innerText").split("\n")
    assert lines == [
        *("W.mem0 cycle 1", "Read a=0:1 s=E0 stride=1", "issue", "2 of 2", "cycles", "0 to 1"),
        *("operator", "move <it>", "drives", "E0 (s) at cycle 4", "reads", "image u8 [2, 8], W.mem0 0:0 to 0:1"),
    ]
    assert "writesy, E.mem0 1:0 to 1:1" in chromium.run("timeline.describe('E.mem0', 6)")
    assert "parked, cycles 3 to 170" in chromium.run("timeline.describe('W.mem0', 50)")
    assert "the chip is idle" in chromium.run("timeline.describe('W.mem0', 171)")
    assert chromium.run("document.querySelector('h1').innerText") == "two rows"
    assert chromium.run("document.querySelector('#verdict').innerText") == "cycles as predicted"
    assert chromium.complaints() == []


def test_a_click_pins_and_draws_where_values_go(chromium: Browser, tmp_path: Path):
    shown(chromium, tmp_path, promise(copy())).run("timeline.zoom(0, 20)")
    chromium.pointer(*chromium.run("timeline.place('W.mem0', 0)"), click=True)
    pinned = chromium.run("document.getElementById('pin').innerText")
    assert "Read a=0:0 s=E0 stride=1" in pinned
    assert "results go to\nE.mem0 Write E0\n5" in pinned
    assert chromium.run("timeline.links('E.mem0', 6)") == {"from": [["W.mem0", 1]], "to": []}


def test_values_are_followed_through_mesh_and_plane(chromium: Browser, tmp_path: Path):
    t, add = timing(TINY), {"type": "i8", "out": "E1"}
    schedule = {
        "vxm0": [(4, word("Identity", type="i8", a="imm", imm=3)), (9, word("Latch", type="i8", a="imm", imm=4))],
        "vxm1": [(4 + t.alu, word("Add", a="W", b="W", **add)), (30 + t.alu, word("Neg", a="W", **add))],
        "W.mxm0.activations": [(7, word("ABC", form="i8i8", s="W0")), (8, word("Repeat", n=1))],
        "W.mxm0.accumulators": [(8 + t.abc, word("ACC", type="i32", mode="write", row=0, keep=1))],
    }
    shown(chromium, tmp_path, promise(program(TINY, schedule)))
    found = [
        chromium.run(f"timeline.links({queue!r}, {cycle})")
        for queue, cycle in (("vxm0", 4), ("vxm1", 4 + t.alu), ("vxm1", 30 + t.alu), ("W.mxm0.activations", 8))
    ]
    assert found[0] == {"from": [], "to": [["vxm1", 4 + t.alu]] * 2}
    assert found[1] == {"from": [["vxm0", 4]] * 2, "to": []}
    assert found[2] == {"from": [["vxm0", 9]], "to": []}
    assert found[3]["to"] == [["W.mxm0.accumulators", 8 + t.abc]]
    assert chromium.run(f"timeline.links('W.mxm0.accumulators', {8 + t.abc})")["from"] == [["W.mxm0.activations", 8]]
    assert "takesa from neighbor W" in chromium.run(f"timeline.describe('vxm1', {30 + t.alu})")


def test_the_wheel_zooms(chromium: Browser, tmp_path: Path):
    shown(chromium, tmp_path, promise(copy()))
    before = chromium.run("timeline.facts().view")
    chromium.wheel(*chromium.run("timeline.place('W.mem0', 60)"), -500)
    first, last = chromium.run("timeline.facts().view")
    assert last - first < (before[1] - before[0]) / 2
    assert first < 60 < last


def test_search_finds_instruction_operator_and_tensor(chromium: Browser, tmp_path: Path):
    shown(chromium, tmp_path, labeled())
    counts = [
        chromium.run(f"timeline.search({text!r})") for text in ("write a=1", "MOVE", "image", "e.mem0", "nothing")
    ]
    assert counts == [2, 1, 1, 3, 0]
    assert chromium.run("document.getElementById('found').innerText") == "0 runs"


def test_differences_are_red_and_counted(chromium: Browser, tmp_path: Path):
    text = content(run(copy(), {"x": X}, trace=True), ".jsonl").replace("a=1:1", "a=1:2")
    promised = promise(copy())
    found = compare(promised, trace.read(TINY, text, name="t", form=".jsonl"))
    shown(chromium, tmp_path, promised, found).run("timeline.zoom(0, 20)")
    assert chromium.run("document.getElementById('verdict').innerText") == "1 difference"
    told = chromium.run("timeline.describe('E.mem0', 6)")
    assert "another instruction than promised" in told
    assert "Write a=1:1 s=E0" in told
    assert "Write a=1:2 s=E0" in told
    assert color(chromium, "E.mem0", 6) == [220, 31, 56]
    assert color(chromium, "E.mem0", 5) != [220, 31, 56]


def color(session: Browser, queue: str, cycle: int) -> list[int]:
    """Color of the plot in the middle of an issue, in the light theme."""
    session.run("timeline.setTheme('light')")
    script = """(() => {
        const [x, y] = timeline.place(arguments[0], arguments[1]), plot = document.getElementById('plot');
        const box = plot.getBoundingClientRect(), one = document.createElement('canvas').getContext('2d');
        timeline.draw();
        one.drawImage(plot, x - box.left, y - box.top, 1, 1, 0, 0, 1, 1);
        return [...one.getImageData(0, 0, 1, 1).data].slice(0, 3);
    })()"""
    return session.run(script, queue, cycle)


def test_a_trace_that_coincides_is_green(chromium: Browser, tmp_path: Path):
    text, promised = content(run(copy(), {"x": X}, trace=True), ".jsonl"), promise(copy())
    found = compare(promised, trace.read(TINY, text, name="t", form=".jsonl"))
    shown(chromium, tmp_path, promised, found)
    assert chromium.run("document.getElementById('verdict').innerText") == "62 issues as promised"
    assert chromium.run("document.getElementById('verdict').className") == "good"


def test_memory_is_mapped(chromium: Browser, tmp_path: Path):
    shown(chromium, tmp_path, labeled()).run("timeline.show('memory')")
    assert chromium.run("document.getElementById('memory-use').innerText") == "4 of 2,048 rows, 0.2 %"
    chromium.pointer(*chromium.run("timeline.tensor('image')"))
    lines = chromium.run("document.getElementById('tip').innerText").split("\n")
    assert lines == [
        *("image u8 [2, 8]", "place", "W.mem0 0:0 to 0:1", "rows", "2 of 8 bytes", "kind", "tensor"),
        *("lives", "0 to 1"),
    ]
    assert chromium.run("document.getElementById('plot').hidden")
    assert chromium.complaints() == []


def large() -> Promise:
    """More than 100,000 runs on the full machine; what they do does not matter."""
    config = preset("full")
    base = promise(program(config, {}))
    rng, count = np.random.default_rng(1), 720
    parts = []
    for queue in queues(config):
        gap, n, d = (rng.integers(1, most, count) for most in (60, 40, 3))
        start = np.cumsum(gap + np.r_[0, (n * d)[:-1]])
        parts.append(np.stack([np.full(count, queue.index), start, n, d, 0 * n, 0 * n, 0 * n - 1]))
    queue, start, n, d, repeat, number, label = np.concatenate(parts, axis=1)
    runs = Runs(queue, start, n, d, repeat, number, label, (word("Read", a="0:0", s="E3", stride=1),))
    unit = np.ones(len(n), np.bool_)
    return dataclasses.replace(base, runs=runs, unit=unit, cycles=int(runs.last.max()) + 50)


def test_a_large_schedule_is_fluid(chromium: Browser, tmp_path: Path):
    shown(chromium, tmp_path, large())
    assert chromium.run("timeline.facts().runs") > 100_000
    assert median(chromium.run("timeline.frames(24)")) < SLOW
    assert chromium.complaints() == []
