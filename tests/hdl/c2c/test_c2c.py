"""C2C: Send, Receive and Deskew over links that are looped back, against a walk through the instructions."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from amaranth import Module
from amaranth.lib.wiring import Out

from arch import effects
from arch.config import Config
from arch.conveyor import Direction
from arch.isa.c2c import DESKEW, RECEIVE, SEND
from arch.isa.fields import stream_ref
from arch.isa.spec import make
from arch.queues import Queue, Unit, links_of
from arch.timing import timing
from hdl.c2c.link import Loopback
from hdl.c2c.tile import C2cTile
from hdl.export import export
from hdl.seam import Block
from tests.hdl.expose import expose, outside
from tests.hdl.sxm.bench import check, port
from tests.hdl.sxm.configs import CONFIGS, machine
from tests.hdl.sxm.programs import any_config, darken, spoil
from tests.hdl.sxm.stimulus import Issue, Request, Stimulus, code_of, queue_of


class Looped(Block):
    """Tiles of one C2C queue, both of its links looped back; ``tile_<k>`` has the other ports of superlane k's."""

    def __init__(self, config: Config):
        self._tiles = [C2cTile(config=config) for _ in range(config.superlanes)]
        self._loops = [[Loopback(config=config) for _ in tile.links] for tile in self._tiles]
        ports = {f"tile_{k}": Out(outside(tile, "number", "links")) for k, tile in enumerate(self._tiles)}
        super().__init__("looped_tiles", (config.fingerprint.hex()[:8],), ports)

    @property
    def tiles(self) -> list[Any]:
        """Ports of the tiles."""
        return [getattr(self, f"tile_{k}") for k in range(len(self._tiles))]

    def body(self, platform: Any) -> Module:
        m = Module()
        for k, (tile, loops) in enumerate(zip(self._tiles, self._loops, strict=True)):
            m.submodules[f"inner_{k}"] = tile
            m.d.comb += [*expose(self.tiles[k], tile), tile.number.eq(k)]
            for n, loop in enumerate(loops):
                m.submodules[f"loop_{k}_{n}"] = loop
                link = tile.links[n]
                m.d.comb += [getattr(loop.link, x).eq(getattr(link, x)) for x in ("tx_valid", "tx", "deskew")]
                m.d.comb += [getattr(link, x).eq(getattr(loop.link, x)) for x in ("rx_valid", "rx")]
        return m


class Links(Stimulus):
    """A stimulus of C2C instructions, with what they should do."""

    def walk(self) -> list[tuple[Issue, np.ndarray | None]]:
        """Each Receive with the vector that it takes, uint8[S, L], or None."""
        under_way: dict[tuple[int, int], np.ndarray] = {}
        received = []
        for issue in sorted(self.issues, key=lambda issue: issue.time):
            link = issue.op["link"]
            if issue.op.spec is SEND:
                (use,) = effects.samples(self.config, issue.queue, issue.op)
                under_way[link, issue.time + timing(self.config).loopback] = self.taken(issue, use)[0]
            elif issue.op.spec is DESKEW:
                under_way = {key: data for key, data in under_way.items() if key[0] != link}
            else:
                received.append((issue, under_way.get((link, issue.time))))
        return received

    def expected_words(self) -> dict[tuple[int, Queue, int], Request]:
        found = {}
        for issue, data in self.walk():
            (use,) = effects.drives(self.config, issue.queue, issue.op)
            for k in range(self.config.superlanes):
                lit = k < self.lit_at(issue.time) and data is not None
                word = int.from_bytes(data[k].tobytes(), "little") if data is not None and lit else 0
                request = Request(use.direction, use.stream, (code_of(word, self.config.word_bits),))
                found[issue.time + use.offset - 1 + k, issue.queue, k] = request
        return found

    def expected_reports(self) -> dict[tuple[int, Queue, int], Counter[str]]:
        found = super().expected_reports()
        for issue, data in self.walk():
            if data is None:
                found[issue.time + self.config.stages.operand, issue.queue, 0] = Counter({"ABSENT": 1})
        return found


def linked(config: Config) -> Config:
    """The same machine with links."""
    return replace(config, c2c_links=8)


def run(stimulus: Links) -> int:
    """Check one queue."""
    dut = Looped(stimulus.config)
    return check(dut, stimulus, {queue_of(stimulus.config, Unit.C2C): [port(tile, "ABSENT") for tile in dut.tiles]})


@pytest.mark.parametrize("config", [linked(config) for config in CONFIGS], ids=any_config)
def test_random_programs(config: Config):
    stimulus, queue = Links(config, seed=10), queue_of(config, Unit.C2C)
    rng, late = stimulus.rng, timing(config).loopback
    kinds = {}
    for time in range(1, 60):
        # Receive what was sent on its time, mostly.
        due = kinds.get(time - late)
        link = rng.choice(links_of(config, queue))
        ref = stream_ref(Direction(rng.randrange(2)), rng.randrange(config.streams))
        if due is not None and rng.random() < 0.8:
            op = make(RECEIVE, link=due, s=ref)
        elif rng.random() < 0.1:
            op = make(DESKEW, link=link)
        elif rng.random() < 0.1:
            op = make(RECEIVE, link=link, s=ref)
        elif rng.random() < 0.9:
            op = make(SEND, link=link, s=ref)
            kinds[time] = link
        else:
            continue
        stimulus.issues.append(Issue(time, queue, op))
    darken(stimulus, range(20, 40))
    spoil(stimulus, 0.05)
    taken = [data for _, data in stimulus.walk()]
    assert sum(data is not None for data in taken) > 5 and any(data is None for data in taken)
    assert run(stimulus) == len(taken) * config.superlanes


@pytest.mark.parametrize("operand", [1, 2, 3])
@pytest.mark.parametrize("cycle", [3, 5, 8, 10])
def test_deskew_discards_what_was_sent_before_it_and_nothing_else(operand: int, cycle: int):
    config = linked(machine(2, 4, operand=operand, c2c=5))
    stimulus, queue = Links(config, seed=11), queue_of(config, Unit.C2C)
    even, odd = links_of(config, queue)
    here = stream_ref(Direction.EAST, 2)
    # Two vectors on the link that is emptied, one on the other; the Deskew somewhere among them, once right behind one.
    sends = {1: even, 2: odd, 4: even}
    receives = {time + timing(config).loopback: link for time, link in sends.items()}
    assert not {cycle, *sends} & set(receives) and cycle not in sends
    plan = {time: make(SEND, link=link, s=here) for time, link in sends.items()}
    plan |= {time: make(RECEIVE, link=link, s=here) for time, link in receives.items()}
    plan[cycle] = make(DESKEW, link=even)
    stimulus.issues += [Issue(time, queue, op) for time, op in plan.items()]
    assert run(stimulus) == 3 * config.superlanes


def test_exported_modules_are_named_by_what_they_depend_on():
    config = linked(machine(2, 4, operand=3, c2c=4))
    tile, loopback = export(C2cTile(config=config)), export(Loopback(config=config))
    names = {"c2c_tile_8x32_s3_1", "operand_8x32_w1_d2_s3", "tap_8x32_w1_d2"}
    names |= {"secded_checker_32", "secded_encoder_32", "secded_judge_32"}
    assert set(tile) == names
    assert set(loopback) == {"c2c_loopback_32_1"}
