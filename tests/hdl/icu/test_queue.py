"""Queues and their barrier against the golden sequencer: every issue, fault and counter in its cycle."""

import random
from dataclasses import replace

import pytest

from arch import text as layout
from arch.config import Config
from arch.faults import Fault
from arch.isa.table import encode
from arch.timing import timing
from hdl.icu.queue import CODES
from tests.golden.schedule import op, word
from tests.hdl.configs import ODD, TINY
from tests.hdl.icu.front import compare

#: The least depth; and longer pipelines.
CONFIGS = (replace(TINY, queue_depth=48), replace(ODD, queue_depth=50))
NAMES = ("W.mem0", "vxm1", "E.mxm0.weights", "E.mxm0.accumulators")
SYNC, NOTIFY = encode(word("Sync")), encode(word("Notify"))


def instruction(rng: random.Random, config: Config, name: str) -> int:
    """An instruction of the unit, most with strides."""
    if name == "vxm1":
        return encode(word("Identity", type="i32", a="imm", imm=rng.getrandbits(32)))
    stride = rng.choice([0, 1, -1, 5, -3])
    if name == "E.mxm0.weights":
        return encode(word("LW", s="E0", col=rng.randrange(config.superlanes), stride=rng.randrange(-2, 3)))
    if name == "E.mxm0.accumulators":
        row = rng.randrange(config.acc_rows)
        return encode(word("ACC", type="i32", mode="write", row=row, keep=1, stride=stride))
    # Strides lead some offsets across their ends, where the bank must stay.
    place = rng.choice([0, 1, 2, rng.randrange(config.bank_words), config.bank_words - 1])
    read = op("Read", a=place, s=f"W{rng.randrange(32)}", stride=stride)
    write = op("Write", a=4096 + rng.randrange(config.bank_words), s=f"E{rng.randrange(32)}", stride=-stride)
    return encode(rng.choice([(read,), (write,), (read, write)]))


def words(rng: random.Random, config: Config, name: str, count: int) -> list[int]:
    """Words of all kinds; now and then one that no queue takes, or a Repeat out of place."""
    found = []
    while len(found) < count:
        kind = rng.random()
        if kind < 0.45:
            found.append(instruction(rng, config, name))
            while rng.random() < 0.4:
                found.append(encode(word("Repeat", n=rng.choice([1, 1, 2, 5]), d=rng.choice([1, 1, 2, 4]))))
        elif kind < 0.65:
            found.append(encode(word("NOP", n=rng.choice([1, 1, 2, 3, 9]))))
        elif kind < 0.80:
            found.append(SYNC)
        elif kind < 0.88:
            found.append(NOTIFY)
        elif kind < 0.91:
            found.append(encode(word("Config", n=rng.randint(1, config.superlanes))))
        elif kind < 0.94:
            found.append(encode(word("Repeat", n=2, d=1)))
        elif kind < 0.96:
            found.append(encode(word("Ifetch", s=rng.choice(["E2", "W9"]))))
        else:
            found.append(rng.choice([0, 0xFF, SYNC | 1 << 90, rng.getrandbits(128)]))
    return found[: config.queue_depth]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: c.name)
def test_random_words(config: Config):
    rng, kinds, issues = random.Random(config.name), 0, 0
    for _ in range(3):
        programs = {name: words(rng, config, name, rng.randrange(8, 40)) for name in NAMES}
        # Text for one queue, in bursts that run the queue over, and some for another.
        text = {(n, "W.mem0"): instruction(rng, config, "W.mem0") for n in range(60, 110) if rng.random() < 0.8}
        text |= {(n, "vxm1"): rng.choice([SYNC, NOTIFY, instruction(rng, config, "vxm1")]) for n in range(5, 200, 9)}
        seen = compare(config, programs, text, 260)
        issues += len(seen.issues)
        for bits in seen.faults.values():
            kinds |= bits
    assert issues > 120
    wanted = {Fault.DRY, Fault.UNDEFINED, Fault.CONFIG_BUSY, Fault.REPEAT}
    assert {code for n, code in enumerate(CODES) if kinds >> n & 1} >= wanted


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: c.name)
@pytest.mark.parametrize("early", [0, 1])
def test_an_ifetch_that_comes_too_early_is_a_fault_and_ignored(config: Config, early: int):
    span = layout.span(config)
    first, wait, second = (
        encode(w) for w in (word("Ifetch", s="E2"), word("NOP", n=span - 1 - early), word("Ifetch", s="W9"))
    )
    rest = [encode(word("NOP", n=2 * span)), SYNC]
    seen = compare(config, {"W.mem0": [first, wait, second, *rest], "vxm1": [SYNC]}, {}, 2 * span + 4)
    assert seen.faults == ({(span - 1, "W.mem0"): 1 << CODES.index(Fault.FETCH_BUSY)} if early else {})
    assert len(seen.fetches) == layout.vectors(config) * (2 - early)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: c.name)
def test_overflow_is_exact(config: Config):
    """A word that issues in the cycle in which another arrives still takes its place."""
    late = config.stages.fetch - 2
    wait = 30
    held = [encode(word("NOP", n=wait))] + [encode(word("NOP", n=200))] * (config.queue_depth - 1)
    # One place is free from cycle 1 on, another one cycle after the second NOP has issued.
    arrivals = [5, 6, wait, wait + 1, wait + 2]
    text = {(arrival - late, "W.mem0"): SYNC for arrival in arrivals}
    seen = compare(config, {"W.mem0": held, "vxm1": [SYNC]}, text, 60)
    lost = sorted(time for (time, _), bits in seen.faults.items() if bits == 1 << CODES.index(Fault.OVERFLOW))
    assert lost == [6, wait, wait + 2]


def test_idle_comes_the_drain_after_the_last_sync_and_counters_stop():
    config = CONFIGS[0]
    last = 17
    programs = {name: [encode(word("NOP", n=n + 1)), SYNC] for n, name in enumerate(NAMES)}
    programs["vxm1"] = [encode(word("NOP", n=last)), SYNC]
    seen = compare(config, programs, {}, 300)
    assert seen.idle == last + 1 + timing(config).drain
    assert seen.counters["vxm1"] == (0, timing(config).drain)


def test_several_notifies_under_way_release_each_its_own():
    config = CONFIGS[0]
    read = encode(word("Read", a=3, s="E0"))
    programs = {
        "W.mem0": [SYNC, read, SYNC, read, SYNC],
        "vxm1": [encode(word("NOP", n=4)), NOTIFY, encode(word("NOP", n=2)), NOTIFY, SYNC, SYNC, SYNC],
    }
    seen = compare(config, programs, {}, 300)
    barrier = timing(config).barrier
    assert [time for time, name in seen.issues if name == "W.mem0"] == [4 + barrier, 7 + barrier]


@pytest.mark.parametrize("awake", range(1, len(NAMES)))
def test_one_other_queue_that_is_awake_makes_config_a_fault(awake: int):
    config = CONFIGS[0]
    programs = {name: [SYNC] for name in NAMES}
    programs[NAMES[0]] = [encode(word("NOP", n=9)), encode(word("Config", n=1)), SYNC]
    programs[NAMES[awake]] = [encode(word("NOP", n=12)), SYNC]
    seen = compare(config, programs, {}, 40)
    assert seen.faults == {(9, NAMES[0]): 1 << CODES.index(Fault.CONFIG_BUSY)}


def test_config_counts_from_the_next_release_on():
    config = CONFIGS[1]
    read = encode(word("Read", a=3, s="E0"))
    programs = {
        "W.mem0": [encode(word("NOP", n=2)), encode(word("Config", n=2)), read, NOTIFY, SYNC, read, SYNC],
        "vxm1": [SYNC, SYNC],
    }
    seen = compare(config, programs, {}, 300)
    release = 4 + timing(config).barrier
    assert seen.lit[: release + 1] == [config.superlanes] * release + [2]
    assert not seen.faults


@pytest.mark.parametrize("lits", [(1, 2), (2, 1)])
def test_of_several_configs_in_a_cycle_the_highest_queue_s_counts(lits: tuple[int, int]):
    config, later = CONFIGS[1], [SYNC, SYNC]
    configs = [[encode(word("NOP", n=2)), encode(word("Config", n=n))] for n in lits]
    programs = {NAMES[0]: configs[0] + later, NAMES[1]: [*configs[1], NOTIFY, *later]}
    seen = compare(config, programs, {}, 300)
    assert seen.lit[0] == config.superlanes and seen.lit[-1] == lits[1]
    assert {name for _, name in seen.faults} == {NAMES[0], NAMES[1]}
