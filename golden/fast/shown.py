"""What the chip shows in one real cycle: superlane k stands k cycles behind superlane 0.

The engine's state before a local cycle is all that is needed of one superlane; so the last cycles are done one by one,
and every superlane is taken from the state of its own time.
"""

from dataclasses import dataclass

import numpy as np

from arch.config import BANKS, Config
from arch.conveyor import Direction, Hemisphere
from arch.timing import timing
from golden.fast.carry import Carry, flags_of
from golden.fast.engine import Engine
from golden.lanes import Bytes, Elements
from golden.result import Flags, State

__all__ = ["Display", "Stores"]

#: Memory, its definedness, accumulators, their definedness, shaped as in ``golden.result.State``.
Stores = tuple[Bytes, Flags, Elements, Flags]


@dataclass(frozen=True)
class Display:
    """Shapes of one configuration."""

    config: Config

    def settled(self, carry: Carry) -> Stores:
        """Memory and accumulators once nothing is under way."""
        S, L = self.config.superlanes, self.config.lanes
        sides = len(Hemisphere)
        words = (sides, self.config.slices, BANKS, self.config.bank_words)
        rows = (sides, self.config.planes, self.config.acc_rows)
        return (
            carry.memory.reshape(*words, S, L),
            flags_of(carry.memory_mask, S).reshape(*words, S),
            carry.rows.reshape(*rows, S, L),
            flags_of(carry.rows_mask, S).reshape(*rows, S),
        )

    def at(self, engine: Engine, cycle: int) -> Stores:
        """Memory and accumulators in a real cycle, which the engine must not have passed by more than S before."""
        state = self.state(engine, cycle, streams=False)
        return state.memory, state.memory_defined, state.accumulators, state.accumulators_defined

    def state(self, engine: Engine, cycle: int, *, streams: bool = True) -> State:
        """All registers in a real cycle; the engine stands at least S cycles before it, and at it afterwards."""
        config = self.config
        S = config.superlanes
        first = max(0, cycle - S)
        engine.advance_to(first)
        stores = self.settled(engine.carry)
        memory, memory_defined = stores[0].copy(), stores[1].copy()
        rows, rows_defined = stores[2].copy(), stores[3].copy()
        conveyor, conveyor_defined, mesh, mesh_defined = self._registers(engine.carry, streams)
        for local in range(first, cycle + 1):
            engine.advance_to(local)
            now = self.settled(engine.carry)
            # A word written in cycle t is in the array from t + 2 on, all else is there at once.
            late, here = slice(cycle - local - 1, cycle - local), slice(cycle - local, cycle - local + 1)
            if local < cycle:
                memory[..., late, :], memory_defined[..., late] = now[0][..., late, :], now[1][..., late]
            if cycle - local < S:
                rows[..., here, :], rows_defined[..., here] = now[2][..., here, :], now[3][..., here]
                shown = self._registers(engine.carry, streams)
                conveyor[..., here, :], conveyor_defined[..., here] = shown[0][..., here, :], shown[1][..., here]
                mesh[..., here, :], mesh_defined[..., here] = shown[2][..., here, :], shown[3][..., here]
        return State(cycle, conveyor, conveyor_defined, memory, memory_defined, rows, rows_defined, mesh, mesh_defined)

    def _registers(self, carry: Carry, streams: bool) -> tuple[Bytes, Flags, Elements, Flags]:
        """Stream registers and mesh outputs at the local time of a state."""
        config = self.config
        S, L, count = config.superlanes, config.lanes, config.positions
        now = carry.start
        data = np.zeros((len(Direction) * config.streams, count, S, L), np.uint8)
        mask = np.zeros(data.shape[:2], np.uint32)
        flight = carry.streams
        if streams:
            there = flight.only(flight.t <= now)
            there = there.only(np.lexsort((there.queue, there.t)))
            progress = there.note + now - there.t
            position = np.where(there.place >= config.streams, count - 1 - progress, progress)
            data[there.place, position] = there.value.reshape(-1, S, L)
            mask[there.place, position] = there.mask
        mesh = np.zeros((len(config.alus), S, L), np.uint32)
        usable = np.zeros(len(config.alus), np.uint32)
        results = carry.mesh.only(carry.mesh.t <= now - timing(config).alu)
        results = results.only(np.argsort(results.t, kind="stable"))
        mesh[results.place] = results.value.reshape(-1, S, L)
        fresh = (results.t == now - timing(config).alu) | (results.note != 0)
        usable[results.place] = np.where(fresh, results.mask, np.uint32(0))
        shape = (len(Direction), config.streams, count, S)
        return data.reshape(*shape, L), flags_of(mask, S).reshape(shape), mesh, flags_of(usable, S)
