"""The command engine: checks a command, runs it, and says how it ended.

Source: ``arch.host`` (commands and refusals). A command that is accepted in cycle t is under way from t + 1 on.
"""

from typing import Any

from amaranth import Cat, Module, Signal, Value
from amaranth.lib.wiring import In, Out

from arch.config import BYTE_BITS, OFFSET_BITS, Config
from arch.host import DATA_BITS, Command, Refusal, registers
from arch.queues import queues
from arch.timing import timing
from hdl.chip import host_word_signature
from hdl.host.access import MemoryAccess
from hdl.host.reader import Reader
from hdl.host.registers import COMMAND_BITS, REFUSAL_BITS, view
from hdl.host.writer import Writer
from hdl.icu.ahead import LATENCY
from hdl.pipeline import join
from hdl.seam import Block
from hdl.vertical import QUEUE_BITS, host_signature, taken_signature


class Engine(Block):
    """Runs the commands of the host, one at a time.

    Parameters
    ----------
    config : Config
        The machine.

    Members
    -------
    code : In(3), refused : Out(4)
        A command, and the refusal that it would meet in this cycle, or 0.
    go : In(1)
        Accept it; only when it is not refused.
    running, started : In(1)
        A program runs; the chip was started since its last reset.
    place, count, mode, select, timeout : In(32)
        Registers. Those that a command needs stand a cycle before ``code`` does.
    select_en, select_next : Out
        New value of ``SELECT``.
    recorded : In(1)
        The queue and superlane of ``SELECT`` in the cycle before have a fault or a corrected word on record.
    busy, found : Out(1)
        As in ``STATUS``.
    event : Out(4)
        A refusal that comes up in this cycle.
    done, corrected, failed : Out(32)
        Registers ``DONE``, ``HOST_CORRECTED``, ``HOST_FAILED``; the latter two since the last reset.
    s_valid, s_ready, s_data, s_last, m_valid, m_ready, m_data, m_last
        The streams.
    text, command, host, host_vector, host_taken
        Of the chip.
    """

    def __init__(self, *, config: Config):
        self.config = config
        super().__init__(
            "host_engine",
            (config.fingerprint.hex()[:8],),
            {
                "code": In(COMMAND_BITS),
                "refused": Out(REFUSAL_BITS),
                "go": In(1),
                "running": In(1),
                "started": In(1),
                **{name: In(DATA_BITS) for name in ("place", "count", "mode", "select", "timeout")},
                "select_en": Out(1),
                "select_next": Out(DATA_BITS),
                "recorded": In(1),
                "busy": Out(1),
                "found": Out(1),
                "event": Out(REFUSAL_BITS),
                **{name: Out(DATA_BITS) for name in ("done", "corrected", "failed")},
                "s_valid": In(1),
                "s_ready": Out(1),
                "s_data": In(config.word_bits),
                "s_last": In(1),
                "m_valid": Out(1),
                "m_ready": In(1),
                "m_data": Out(config.word_bits),
                "m_last": Out(1),
                "text": Out(host_word_signature()),
                "command": Out(host_word_signature()),
                "host": Out(host_signature()),
                "host_vector": Out(config.vector * BYTE_BITS),
                "host_taken": In(taken_signature(config)),
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        m.submodules.writer = writer = Writer(config=self.config)
        m.submodules.reader = reader = Reader(config=self.config)
        m.submodules.access = access = MemoryAccess(config=self.config)
        self._refuse(m)
        self._connect(m, writer, reader, access)
        late, discards = Signal(), Signal()
        self._wait(m, writer, reader, discards, late)
        with m.FSM() as fsm:
            with m.State("READY"):
                with m.If(self.go):
                    m.d.sync += self.done.eq(0)
                    self._begin(m, writer, reader)
            with m.State("FILL"):
                m.d.comb += writer.stop.eq(late)
                with m.If(writer.too_short):
                    m.d.comb += self.event.eq(Refusal.LENGTH)
                with m.Elif(writer.too_long):
                    m.d.comb += self.event.eq(Refusal.LENGTH)
                    m.next = "DISCARD"
                with m.Elif(~writer.active):
                    m.next = "SETTLE"
            with m.State("DISCARD"):
                m.d.comb += discards.eq(1)
                with m.If((self.s_valid & self.s_last) | late):
                    m.next = "SETTLE"
            with m.State("SEND"):
                with m.If(~reader.active):
                    m.next = "SETTLE"
            with m.State("SETTLE"):
                self._settle(m, access.empty & ~writer.vector_done)
            with m.State("FIND"):
                self._find(m)
        m.d.comb += self.busy.eq(~fsm.ongoing("READY"))
        with m.If(late):
            m.d.comb += self.event.eq(Refusal.TIMEOUT)
        return m

    def _refuse(self, m: Module) -> None:
        """Whether the command that is written may start."""
        config = self.config
        moves, text = Signal(), Signal()
        offset = view(config, "PLACE", "address", self.place)[:OFFSET_BITS]
        m.d.comb += [
            moves.eq((self.code == Command.WRITE_MEMORY) | (self.code == Command.READ_MEMORY)),
            text.eq(self.code == Command.LOAD_TEXT),
        ]
        known = Cat(self.code == command for command in Command)
        # Registers are written in other cycles than a command, so what they hold can be judged before it.
        beyond, excess, missing, none = (Signal(name=f"{name}_t1") for name in ("beyond", "excess", "missing", "none"))
        m.d.sync += [
            missing.eq(self._selects_nothing()),
            beyond.eq(
                (view(config, "PLACE", "mem_slice", self.place) >= config.slices)
                | self.count[OFFSET_BITS + 1 :].any()
                | (offset + self.count[: OFFSET_BITS + 1] > config.bank_words)
            ),
            excess.eq(self.count > config.queue_depth),
            none.eq(self.count == 0),
        ]
        with m.If(~known.any()):
            m.d.comb += self.refused.eq(Refusal.COMMAND)
        with m.Elif(self.running & (moves | text)):
            m.d.comb += self.refused.eq(Refusal.RUNNING)
        with m.Elif(self.busy):
            m.d.comb += self.refused.eq(Refusal.BUSY)
        with m.Elif(self.started & text):
            m.d.comb += self.refused.eq(Refusal.STARTED)
        with m.Elif((moves & beyond) | (text & (missing | excess)) | ((moves | text) & none)):
            m.d.comb += self.refused.eq(Refusal.RANGE)
        with m.Elif((self.code == Command.FIND) & missing):
            m.d.comb += self.refused.eq(Refusal.RANGE)

    def _selects_nothing(self) -> Value:
        queue, superlane = (view(self.config, "SELECT", name, self.select) for name in ("queue", "superlane"))
        return (queue >= len(queues(self.config))) | (superlane >= self.config.superlanes)

    def _connect(self, m: Module, writer: Writer, reader: Reader, access: MemoryAccess) -> None:
        m.d.comb += [
            writer.count.eq(self.count),
            writer.text.eq(self.code == Command.LOAD_TEXT),
            writer.s_valid.eq(self.s_valid),
            writer.s_data.eq(self.s_data),
            writer.s_last.eq(self.s_last),
            reader.count.eq(self.count),
            reader.raw.eq(view(self.config, "MODE", "raw", self.mode)),
            *join(self.host_taken, reader.taken),
            *((getattr(self, name).eq(getattr(reader, name))) for name in ("m_valid", "m_data", "m_last")),
            reader.m_ready.eq(self.m_ready),
            access.place.eq(self.place),
            access.load.eq(self.go),
            access.launch.eq(writer.vector_done),
            access.ask.eq(reader.ask),
        ]
        # It is a long way to the chip's memories and queues.
        m.d.sync += [
            *join(access.host, self.host),
            *join(access.command, self.command),
            self.host_vector.eq(writer.vector),
            self.text.valid.eq(writer.word_done),
            self.text.word.eq(writer.word),
            self.text.queue.eq(view(self.config, "SELECT", "queue", self.select)[:QUEUE_BITS]),
        ]
        with m.If(writer.vector_done | writer.word_done | reader.vector_done):
            m.d.sync += self.done.eq(self.done + 1)
        with m.If(reader.corrected):
            m.d.sync += self.corrected.eq(self.corrected + 1)
        with m.If(reader.failed):
            m.d.sync += self.failed.eq(self.failed + 1)

    def _begin(self, m: Module, writer: Writer, reader: Reader) -> None:
        with m.Switch(self.code):
            with m.Case(Command.WRITE_MEMORY, Command.LOAD_TEXT):
                m.d.comb += writer.begin.eq(1)
                m.next = "FILL"
            with m.Case(Command.READ_MEMORY):
                m.d.comb += reader.begin.eq(1)
                m.next = "SEND"
            with m.Case(Command.FIND):
                m.d.sync += self.found.eq(0)
                m.next = "FIND"
            with m.Case(Command.DISCARD):
                m.next = "DISCARD"

    def _wait(self, m: Module, writer: Writer, reader: Reader, discards: Signal, late: Signal) -> None:
        """The watchdog of the streams: ``late`` when the host's side has stood still for too long."""
        stalls, still = Signal(), Signal(DATA_BITS)
        limit, limited = Signal(DATA_BITS), Signal()
        m.d.comb += [
            self.s_ready.eq(writer.s_ready | discards),
            stalls.eq((self.s_ready & ~self.s_valid) | (self.m_valid & ~self.m_ready)),
            late.eq(stalls & limited & (still == limit)),
        ]
        m.d.sync += [limit.eq(self.timeout - 1), limited.eq(self.timeout != 0), still.eq(0)]
        with m.If(stalls):
            m.d.sync += still.eq(still + 1)

    def _settle(self, m: Module, empty: Value) -> None:
        """Wait until the last instruction has climbed to the uppermost superlane: a reset would stop it on its way; and
        until the last word of text is there, also where queues read ahead."""
        climbs = 1 + max(self.config.superlanes + timing(self.config).read, LATENCY)
        quiet = Signal(range(climbs + 1))
        m.d.sync += quiet.eq(0)
        with m.If(quiet == climbs):
            m.next = "READY"
        with m.Elif(empty):
            m.d.sync += quiet.eq(quiet + 1)

    def _find(self, m: Module) -> None:
        """Ask each cycle, superlane by superlane of a queue, then the next queue; answers come a cycle later."""
        table = registers(self.config)["SELECT"]
        queue, superlane = (view(self.config, "SELECT", name, self.select) for name in ("queue", "superlane"))
        asks, asked = Signal(), Signal(DATA_BITS)
        m.d.sync += [asks.eq(1), asked.eq(self.select)]
        with m.If(asks & self.recorded):
            m.d.comb += [self.select_en.eq(1), self.select_next.eq(asked)]
            m.d.sync += [self.found.eq(1), asks.eq(0)]
            m.next = "SETTLE"
        with m.Elif(superlane != self.config.superlanes - 1):
            m.d.comb += [self.select_en.eq(1), self.select_next.eq(self.select + table.pack(superlane=1))]
        with m.Elif(queue != len(queues(self.config)) - 1):
            m.d.comb += [self.select_en.eq(1), self.select_next.eq(queue + table.pack(queue=1))]
        with m.Elif(asks & (asked == self.select)):
            m.d.sync += asks.eq(0)
            m.next = "SETTLE"
