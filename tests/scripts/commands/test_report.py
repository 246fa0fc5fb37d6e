"""The report of a run: what it counts, and how it tells faults and errors."""

import dataclasses

import numpy as np
import pytest

from arch.faults import Fault
from arch.queues import Unit
from golden.result import FaultEntry
from golden.run import run
from scripts.commands import report
from tests.scripts.programs import X, copy, double_drive, dry, undefined_output

GOOD = run(copy(), {"x": X})
WRONG = run(double_drive(), {f"x{n}": X[:1] for n in (0, 1)})


def test_use_by_unit():
    by_unit = {use.unit: use for use in report.uses(GOOD)}
    assert list(by_unit) == list(Unit)
    mem = by_unit[Unit.MEM]
    assert (mem.queues, mem.used, mem.issued) == (8, 2, 4)
    assert by_unit[Unit.VXM].used == 0
    assert by_unit[Unit.VXM].parked == 16 * (GOOD.cycles - 1), "all but the cycle of Sync"


def test_text_of_a_good_run():
    lines = report.text(report.Ran(GOOD, 0.5)).splitlines()
    assert lines[0] == "machine   tiny: 2 x 4, 58 queues"
    # E.mem0 parks last, at 7; then 1 + drain (163 at tiny).
    assert lines[1].startswith("cycles    171 until idle (0.190 us at 900 MHz)")
    assert lines[2] == "golden    0.50 s, 342 cycles/s"
    assert [line.split() for line in lines if line.startswith("mem")] == [["mem", "8", "2", "4", "0.3", "98.8"]]
    assert [line.split() for line in lines if line.startswith("W.mem0")] == [["W.mem0", "2", "1.2", "98.2"]]
    assert any(line.startswith("mxm.weights ") for line in lines)
    assert lines[-3:] == ["faults: none", "", "program errors: none"]
    assert "VXM       0 element operations, 0.0 per cycle, 0.0 % of 128" in lines
    assert report.clean(GOOD)


def test_errors_are_told_and_not_clean():
    text = report.text(report.Ran(WRONG, 1.0))
    assert "program errors: 1" in text
    assert "W.mem1 cycle 0: two producers drive one stream register (" in text
    assert not report.clean(WRONG)


def test_faults_and_the_limit_are_told():
    result = run(dry(), limit=300)
    text = report.text(report.Ran(result, 1.0))
    assert "cycles    300 stopped at the limit; the program had not ended" in text
    assert "  E.mem1 superlane 0 cycle 0: DRY, 255 in all" in text
    assert not report.clean(result)


def test_long_lists_are_cut_for_people():
    found = report._findings("faults", [str(n) for n in range(report.SHOWN + 5)])
    assert found[0].splitlines()[0] == f"faults: {report.SHOWN + 5}"
    assert found[0].splitlines()[-1] == "  and 5 more"


def test_outputs_that_nobody_wrote_are_told():
    result = run(undefined_output())
    assert report.undefined_outputs(result) == {"y": 6}
    assert report.text(report.Ran(result, 1.0)).endswith("undefined outputs: 1\n  y: 6 words")
    assert report.undefined_outputs(GOOD) == {}


def test_record_for_machines():
    record = report.record(report.Ran(WRONG, 0.25))
    assert record["cycles"] == WRONG.cycles and record["clean"] is False and record["stopped"] is False
    assert record["errors"] == [
        {
            "queue": "W.mem1",
            "cycle": 0,
            "error": "DOUBLE_DRIVE",
            "message": "two producers drive one stream register",
            "detail": WRONG.errors[0].detail,
        }
    ]
    assert record["queues"]["W.mem0"]["issued"] == 1
    assert record["units"]["mem"]["issued"] == 2
    assert record["seconds"] == pytest.approx(0.25)
    faults = report.record(report.Ran(run(dry(), limit=300), 0.0))["faults"]
    assert faults == [{"queue": "E.mem1", "superlane": 0, "fault": "DRY", "cycle": 0, "count": 255}]


def test_region_bytes_are_those_of_the_input():
    assert np.array_equal(GOOD.region("y"), X)


def test_each_of_stop_fault_and_error_alone_is_not_clean():
    fault = FaultEntry(queue=0, superlane=0, fault=Fault.ECC, cycle=3, count=1)
    assert not report.clean(dataclasses.replace(GOOD, faults=(fault,)))
    assert not report.clean(dataclasses.replace(GOOD, errors=WRONG.errors))
    assert not report.clean(dataclasses.replace(GOOD, stopped=True))
