"""Power-down on the whole chip in Verilog: what is lit does as before, what is dark drives zeros, reports nothing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from arch.isa.fields import stream_direction, stream_number
from arch.isa.table import encode
from arch.program import Program
from arch.queues import queues_by_name
from arch.timing import timing
from tests.golden.schedule import stream_of, word
from tests.tb import measured, measured_mxm
from tests.tb.measures import AT
from tests.tb.recorded import Trial, corrections, faults, run
from tests.tb.test_faults import CONSUMERS, NANO, armed, nop

pytestmark = pytest.mark.rtl

SYNC = encode(word("Sync"))
#: Cycle of the Notify behind the Config; a queue that the programs here do not use issues them.
NOTIFY, HERALD = 6, "E.sxm.permute"
RELEASE = NOTIFY + timing(NANO).barrier
#: By then whatever the boot left on the streams has gone.
SETTLED = 20
#: Whose text would be shorter; what is lit is measured elsewhere.
USED = [row for row in CONSUMERS if row[0] != "fetch"]


def darkened(program: Program, lit: int) -> Program:
    """The same program, from the release on that follows a Config."""
    herald = queues_by_name(NANO)[HERALD].index
    preload = [(SYNC, *words) for words in program.preload]
    assert program.preload[herald] == (SYNC,)
    preload[herald] = (nop(NOTIFY - 1), encode(word("Config", n=lit)), encode(word("Notify")), SYNC, SYNC)
    return replace(program, preload=tuple(preload))


def test_a_dark_superlane_drives_zeros_and_looks_at_nothing(tmp_path: Path):
    measures, dark = {**measured.MEASURES, **measured_mxm.MEASURES}, NANO.superlanes - 1
    plain = {name: measures[name].make(NANO).program() for name, *_ in USED}
    trials = {name: Trial(program) for name, program in plain.items()}
    for name, queue, stream, *_ in USED:
        # Two wrong bits where the dark superlane would sample.
        error = armed(NANO, queue, stream, dark, AT + RELEASE, 0b11)
        trials[f"{name}_{stream}_dark"] = Trial(darkened(plain[name], dark), error)
    found = run(NANO, tmp_path, trials)
    for name, _, stream, queue, out in USED:
        lit, seen, where = found[name], found[f"{name}_{stream}_dark"], f"{name} {stream}"
        assert seen.idle == lit.idle + RELEASE, where
        way = stream_direction(stream_of(out))
        at = queues_by_name(NANO)[queue].site.drive(way)
        before = lit.streams[SETTLED:, way, stream_number(stream_of(out)), at]
        after = seen.streams[SETTLED + RELEASE :, way, stream_number(stream_of(out)), at]
        assert before[:, dark].any() and np.array_equal(after[:, :dark], before[:, :dark]), where
        assert not after[:, dark].any(), where
        assert {key: report for key, report in faults(NANO, seen).items() if key[1] == dark} == {}, where
        assert not corrections(NANO, seen), where
        shifted = {key: (fault, cycle + RELEASE, count) for key, (fault, cycle, count) in faults(NANO, lit).items()}
        assert faults(NANO, seen) == {key: report for key, report in shifted.items() if key[1] < dark}, where
