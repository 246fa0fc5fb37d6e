"""A superlane: one row of tiles across the chip, with its stream registers. The chip is so many of them, all alike.

Sources: ``docs/architecture.md``; ``arch.conveyor`` says where each unit meets the streams; ``arch.queues`` which
units there are. It is the block that a simulator may compile once.
"""

from collections import defaultdict
from typing import Any

from amaranth import Cat, Module, Signal
from amaranth.lib.wiring import In, Out

from arch.config import Config
from arch.conveyor import Direction, Hemisphere, mxm_site
from arch.faults import Fault
from arch.queues import Queue, Unit, queues
from hdl.faults import CYCLE_BITS, FaultRecord
from hdl.icu.queue import CODES as QUEUE_CODES
from hdl.icu.text import SUPERLANE_BITS, TextTap, bus_signature
from hdl.mem.tile import CHECKED, MemTile
from hdl.mem.tile import CODES as MEM_CODES
from hdl.mxm.accumulator import Accumulator
from hdl.mxm.row import add_row, row_planes
from hdl.mxm.supercell import sums_signature, up_signature
from hdl.pipeline import join
from hdl.seam import Block
from hdl.secded import Encoder
from hdl.streams import Column, Tap
from hdl.tiles import add_c2c, add_sxm, add_vxm, tile_ports
from hdl.vertical import (
    QUEUE_BITS,
    armed_signature,
    climb_signature,
    host_signature,
    port_name,
    report_signature,
    taken_signature,
)
from hdl.words import column_bits, drive_signature


def plane_name(side: Hemisphere, plane: int) -> str:
    """Prefix of the ports of an MXM plane."""
    return f"{side.letter.lower()}_plane{plane}"


def plane_names(config: Config) -> list[str]:
    """Those of all planes."""
    return [plane_name(side, plane) for side in Hemisphere for plane in range(config.planes)]


class Superlane(Block):
    """All tiles of one superlane.

    No output depends on an input of the same cycle, but on the constants ``number`` and ``top``: whatever simulates a
    chip may evaluate each superlane by itself, once per cycle (``tb.parts``).

    For each queue *q*, ``q_in`` is what the superlane executes in this cycle and ``q_up`` the same for the superlane
    above, a cycle later; ``q_bus_in`` is the text bus from above and ``q_bus`` that to below; ``q_hit`` are the faults
    of the queue itself, for superlane 0. For each MXM plane *p* there are ``p_up_in``, ``p_up``, ``p_down_in`` and
    ``p_down``. Ports of SXM and C2C: :func:`hdl.tiles.tile_ports`.

    Parameters
    ----------
    config : Config
        The machine.

    Members
    -------
    number : In(5)
        Superlane, a constant; ``top`` tells whether it is the uppermost.
    lit, lit_up : In(5), Out(5)
        Superlanes with power, by the setting that the instructions of the next cycle were issued with; and for above.
    cycle, cycle_up : In(32), Out(32)
        Number of the next cycle, and of the one behind it for the superlane above.
    host, host_up : In(host_signature), Out(host_signature)
    host_word : In(word_bits)
        What the host drives.
    host_taken_in, host_taken : In(taken_signature), Out(taken_signature)
        What the host samples, from above and to below: a codeword sampled in cycle t leaves at t + 1.
    armed : In(armed_signature)
    report_queue : In(8), report : Out(report_signature)
        Fault record of the queue with that index, a cycle later.
    faulty : Out(1)
        Whether any queue has a fault on record.
    """

    def __init__(self, *, config: Config):
        self.config = config
        climbing_sums, sums = up_signature(config), sums_signature(config)
        ports: dict[str, Any] = {
            "number": In(SUPERLANE_BITS),
            "top": In(1),
            "lit": In(SUPERLANE_BITS),
            "lit_up": Out(SUPERLANE_BITS, init=config.superlanes),
            "cycle": In(CYCLE_BITS),
            "cycle_up": Out(CYCLE_BITS),
            "host": In(host_signature()),
            "host_up": Out(host_signature()),
            "host_word": In(config.word_bits),
            "host_taken_in": In(taken_signature(config)),
            "host_taken": Out(taken_signature(config)),
            "armed": In(armed_signature(config)),
            "report_queue": In(QUEUE_BITS),
            "report": Out(report_signature()),
            "faulty": Out(1),
        }
        ports |= tile_ports(config)
        for queue in queues(config):
            name, climbing = port_name(queue), climb_signature(config, queue.unit)
            ports |= {f"{name}_in": In(climbing), f"{name}_up": Out(climbing), f"{name}_hit": In(len(QUEUE_CODES))}
            ports |= {f"{name}_bus_in": In(bus_signature()), f"{name}_bus": Out(bus_signature())}
        for name in plane_names(config):
            for way, signature in (("up", climbing_sums), ("down", sums)):
                ports |= {f"{name}_{way}_in": In(signature).array(config.superlanes)}
                ports |= {f"{name}_{way}": Out(signature).array(config.superlanes)}
        super().__init__("superlane", (config.fingerprint.hex()[:8],), ports)

    def body(self, platform: Any) -> Module:
        m = Module()
        here = [Signal(column_bits(self.config), name=f"here_{n}") for n in range(2 * self.config.positions)]
        self._here = {d: here[d::2] for d in Direction}
        self._producers: dict[tuple[int, Direction], list[Any]] = defaultdict(list)
        self._merged: dict[tuple[int, Direction], tuple[Any, Any]] = {}
        self._records: dict[int, FaultRecord] = {}
        self._sampled_by_host: list[Signal] = []
        # What comes a cycle early, in registers, for all that is here waits for it.
        self._stamp = Signal(CYCLE_BITS)
        # By itself a superlane is never dark, and nothing has to wait for that.
        self.is_lit = Signal(init=self.config.physical_superlanes == 1)
        self._flips, self._injects = Signal(), Signal()
        after = (self.cycle + 1)[:CYCLE_BITS]
        m.d.sync += [
            self._stamp.eq(self.cycle - self.config.stages.operand - 1),
            self.is_lit.eq(self.number < self.lit),
            self._flips.eq((self.armed.superlane == self.number) & (self.armed.cycle == self.cycle)),
            self._injects.eq((self.armed.superlane == self.number) & (self.armed.cycle == after)),
            self.lit_up.eq(self.lit),
            self.cycle_up.eq(after),
        ]
        m.d.sync += join(self.host, self.host_up)

        by_place = {(q.unit, q.hemisphere, q.number): q for q in queues(self.config)}
        for (unit, _, _), queue in by_place.items():
            if unit is Unit.MEM:
                self._mem(m, queue)
            elif unit is Unit.C2C:
                add_c2c(m, self, queue)
        add_vxm(m, self)
        for side in Hemisphere:
            for first in range(0, self.config.planes, row_planes(self.config)):
                row = add_row(m, plane_name(side, first), self.config)
                m.d.comb += [row.lit.eq(self.is_lit), row.number.eq(self.number)]
                if not self.config.mxm_fp16:
                    m.d.comb += row.top.eq(self.top)
                (column,) = self.sampled(by_place[Unit.MXM_WEIGHTS, side, first])
                m.d.comb += row.column.eq(column)
                for n, ports in enumerate(row.planes):
                    units = (Unit.MXM_WEIGHTS, Unit.MXM_ACTIVATIONS, Unit.MXM_ACCUMULATORS)
                    self._plane(m, side, first + n, ports, [by_place[unit, side, first + n] for unit in units])
            add_sxm(m, self, side)
            self._host(m, side)
        self._columns(m)
        self._down(m)
        self._report(m)
        return m

    # Units -----------------------------------------------------------------------------------------------------

    def _mem(self, m: Module, queue: Queue) -> None:
        name, climbing = port_name(queue), getattr(self, f"{port_name(queue)}_in")
        m.submodules[name] = tile = MemTile(config=self.config)
        armed = self.armed
        hit = Signal(name=f"{name}_flip")
        m.d.comb += [
            hit.eq(armed.memory_en & (armed.side == int(queue.hemisphere)) & (armed.mem_slice == queue.number)),
            tile.fire.eq(climbing.fire),
            tile.instr.eq(climbing.instr),
            tile.lit.eq(self.is_lit),
        ]
        if self.config.features.ecc:
            m.d.comb += [tile.flip_en.eq(hit & self._flips), tile.flip.eq(armed.mask)]
        m.d.comb += [tile.columns[d].eq(column) for d, column in enumerate(self.sampled(queue))]
        for direction in Direction:
            self.produce(queue.site.drive(direction), direction, tile.drives[direction])
        self.attach(m, queue, MEM_CODES, tile.hit, CHECKED, tile.failed, tile.corrected)

    def _plane(self, m: Module, side: Hemisphere, plane: int, ports: Any, queues: list[Queue]) -> None:
        """One plane of a row, and its accumulators."""
        name = plane_name(side, plane)
        weights, acts, accs = (getattr(self, f"{port_name(queue)}_in") for queue in queues)
        floating = self.config.mxm_fp16 and plane % 2 == 0
        m.submodules[f"{name}_rows"] = accumulator = Accumulator(config=self.config, floating=floating)
        m.d.comb += [
            ports.weights_fire.eq(weights.fire),
            ports.weights_instr.eq(weights.instr),
            ports.acts_fire.eq(acts.fire),
            ports.acts_instr.eq(acts.instr),
            accumulator.fire.eq(accs.fire),
            accumulator.instr.eq(accs.instr),
            accumulator.lit.eq(self.is_lit),
            accumulator.sums.eq(ports.result.sums),
        ]
        for n in range(self.config.superlanes):
            for way in ("up", "down"):
                m.d.comb += join(getattr(self, f"{name}_{way}_in")[n], getattr(ports, f"{way}_in")[n])
                m.d.comb += join(getattr(ports, f"{way}_out")[n], getattr(self, f"{name}_{way}")[n])
        inward = Direction.EAST if side is Hemisphere.WEST else Direction.WEST
        self.produce(queues[2].site.drive(inward), inward, accumulator.drive)
        ranged, lanes, words = (Fault.RANGE,), self.config.lanes, row_planes(self.config)
        self.attach(m, queues[0], ranged, ports.out_of_range, lanes, ports.weights_failed, ports.weights_corrected)
        self.attach(m, queues[1], (), Signal(0), words, ports.acts_failed, ports.acts_corrected)
        self.attach(m, queues[2], ranged, accumulator.out_of_range, 0, Signal(0), Signal(0))

    def _host(self, m: Module, side: Hemisphere) -> None:
        """The host port drives the edge's inward streams and samples the outward ones."""
        inward, outward = Direction.EAST, Direction.WEST
        if side is Hemisphere.EAST:
            inward, outward = outward, inward
        encoder = Encoder(word_bits=self.config.word_bits, ecc=self.config.features.ecc)
        m.submodules[f"{side.letter.lower()}_host"] = encoder
        drive = drive_signature(self.config, 1).create(path=(f"{side.letter.lower()}_host_drive",))
        m.d.comb += [
            encoder.data.eq(self.host_word),
            drive.en.eq(self.host.en & (self.host.side == int(side))),
            drive.stream.eq(self.host.stream),
            drive.words.eq(encoder.word),
        ]
        site = mxm_site(self.config, side)
        self.produce(site.drive(inward), inward, drive)
        m.submodules[f"{side.letter.lower()}_host_tap"] = tap = Tap(config=self.config, directions=1)
        m.d.comb += [
            tap.en.eq(self.host.take & (self.host.side == int(side))),
            tap.ref.eq(self.host.stream),
            tap.columns[0].eq(self._here[outward][site.sample(outward)]),
        ]
        self._sampled_by_host.append(tap.words)

    def _down(self, m: Module) -> None:
        """What the host samples goes down one superlane per cycle; the host spaces its reads so that none meet."""
        below, above = self.host_taken, self.host_taken_in
        mine = Signal.like(above.word, name="host_mine")
        m.d.comb += mine.eq(self._sampled_by_host[0] | self._sampled_by_host[1])
        m.d.sync += below.valid.eq(self.host.take | above.valid)
        with m.If(self.host.take):
            m.d.sync += below.word.eq(mine)
        with m.Elif(above.valid):
            m.d.sync += below.word.eq(above.word)

    # What all units have -----------------------------------------------------------------------------------------

    def sampled(self, queue: Queue) -> list[Signal]:
        """Stream registers that a unit samples, by direction; at the edge those of one direction only."""
        positions = [(direction, queue.site.sample(direction)) for direction in Direction]
        return [self._here[direction][at] for direction, at in positions if at is not None]

    def here(self, direction: Direction, position: int) -> Signal:
        """Stream registers of a direction at a position."""
        return self._here[direction][position]

    def produce(self, position: int, direction: Direction, drive: Any) -> None:
        """Have a request drive a position's registers."""
        self._producers[position, direction].append(drive)

    def merge(self, position: int, direction: Direction, mask: Any, words: Any) -> None:
        """Have the VXM drive a position's registers."""
        self._merged[position, direction] = mask, words

    def _report(self, m: Module) -> None:
        """The fault record that the host asks for, and whether there is any."""
        m.d.sync += self.faulty.eq(Cat(record.code.any() for record in self._records.values()).any())
        with m.Switch(self.report_queue):
            for index, record in self._records.items():
                with m.Case(index):
                    for name in ("code", "first", "count", "fixed"):
                        m.d.sync += getattr(self.report, name).eq(getattr(record, name))

    def attach(self, m: Module, queue: Queue, codes: Any, hit: Any, words: int, failed: Any, corrected: Any) -> None:
        """Text, the way up, and the fault record of one queue's tile."""
        name = port_name(queue)
        below, above = getattr(self, f"{name}_in"), getattr(self, f"{name}_up")
        m.submodules[f"{name}_faults"] = record = FaultRecord(codes=(*QUEUE_CODES, *codes), words=words + 1)
        self._records[queue.index] = record
        m.d.sync += above.fire.eq(below.fire)
        with m.If(below.fire):
            m.d.sync += above.instr.eq(below.instr)
        if self.config.features.fetch:
            tap = self._text(m, queue, below, above)
            failed, corrected = failed + tap.failed, corrected + tap.corrected
        m.d.comb += [
            record.cycle.eq(self._stamp),
            record.hit.eq(hit << len(QUEUE_CODES) | getattr(self, f"{name}_hit")),
            record.failed.eq(failed),
            record.corrected.eq(corrected),
        ]

    def _text(self, m: Module, queue: Queue, below: Any, above: Any) -> TextTap:
        """What samples a queue's text, and the bus down to it."""
        name, columns = port_name(queue), self.sampled(queue)
        m.submodules[f"{name}_text"] = tap = TextTap(config=self.config, directions=len(columns))
        m.d.comb += [
            tap.number.eq(self.number),
            *(mine.eq(theirs) for mine, theirs in zip(tap.columns, columns, strict=True)),
        ]
        m.d.comb += join(below.fetch, tap.command) + join(tap.command_up, above.fetch)
        m.d.comb += join(getattr(self, f"{name}_bus_in"), tap.bus_in) + join(tap.bus_out, getattr(self, f"{name}_bus"))
        return tap

    def _columns(self, m: Module) -> None:
        """Stream registers, all positions; nothing enters at the edges."""
        config, armed = self.config, self.armed
        for at in range(config.positions):
            producers = {direction: self._producers[at, direction] for direction in Direction}
            widths = tuple(tuple(len(p.words) // config.code_bits for p in producers[d]) for d in Direction)
            merged = tuple((at, direction) in self._merged for direction in Direction)
            m.submodules[f"column_{at}"] = column = Column(config=config, widths=widths, merged=merged)
            for direction in Direction:
                upstream = at - direction.step
                if 0 <= upstream < config.positions:
                    m.d.comb += column.upstream[direction].eq(self._here[direction][upstream])
                m.d.comb += self._here[direction][at].eq(column.here[direction])
                for n, producer in enumerate(producers[direction]):
                    port = column.producer(direction, n)
                    m.d.comb += [getattr(port, x).eq(getattr(producer, x)) for x in ("en", "stream", "words")]
                if merged[direction]:
                    pairs = zip(column.merged_ports(direction), self._merged[at, direction], strict=True)
                    m.d.comb += [port.eq(result) for port, result in pairs]
            if config.features.ecc:
                m.d.comb += [
                    column.inject.en.eq(armed.stream_en & (armed.position == at) & self._injects),
                    column.inject.ref.eq(armed.ref),
                    column.inject.mask.eq(armed.mask),
                ]
