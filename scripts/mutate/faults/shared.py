"""Faults of what all units have: SECDED, stream registers, taps, operand stages, fault records."""

from scripts.mutate.fault import Fault

_SECDED = ("tests/hdl/test_secded.py",)
_STREAMS = ("tests/hdl/test_streams.py",)
_OPERAND = ("tests/hdl/test_operand.py",)
_SUPERLANE = ("tests/hdl/test_superlane.py",)
_STACK = ("tests/hdl/test_stack.py",)
_RECORD = ("tests/hdl/test_faults.py",)

FAULTS = (
    Fault(
        "hdl/secded.py",
        "return Cat(Cat(bits).xor() for bits in picked)",
        "return Cat(Cat(bits).xor() for bits in picked) | 1",
        "a check bit is stuck at one",
        _SECDED,
    ),
    Fault(
        "hdl/secded.py",
        "with m.Case(*(1 << bit for bit in range(len(self.syndrome)))):",
        "with m.Case(*(1 << bit for bit in range(len(self.syndrome) - 1))):",
        "an error in the last check bit counts as two",
        _SECDED,
    ),
    Fault(
        "hdl/secded.py",
        "m.d.comb += [self.bit.eq(bit), self.flips.eq(1), self.corrected.eq(1)]",
        "m.d.comb += [self.bit.eq(bit ^ 1), self.flips.eq(1), self.corrected.eq(1)]",
        "the neighbor of the wrong bit is flipped",
        _SECDED,
    ),
    Fault(
        "hdl/secded.py",
        "                with m.Default():\n                    m.d.comb += self.failed.eq(1)\n",
        "",
        "double errors are not flagged",
        _SECDED,
    ),
    Fault(
        "hdl/streams.py",
        "m.d.comb += taken[first * word : (first + width) * word].eq(producer.words)",
        "m.d.comb += taken[first * word : (first + 1) * word].eq(producer.words)",
        "of a group only the first stream is driven",
        _STREAMS,
    ),
    Fault(
        "hdl/streams.py",
        "piece(taken, stream, word) ^ self.inject.mask",
        "piece(self.upstream[direction], stream, word) ^ self.inject.mask",
        "an injection undoes what a producer drives",
        _STREAMS,
    ),
    Fault(
        "hdl/streams.py",
        "m.d.sync += piece(register, stream, word)",
        "m.d.sync += piece(register, stream ^ 1, word)",
        "an injection hits the neighboring stream",
        _STREAMS,
    ),
    Fault(
        "hdl/streams.py",
        "with m.If(mask[n]):",
        "with m.If(mask[n ^ 1]):",
        "results of the VXM on the neighboring stream",
        _STREAMS,
    ),
    Fault(
        "hdl/streams.py",
        "with m.If((direction == way) if self.directions == 2 else 1):",
        "with m.If((direction != way) if self.directions == 2 else 1):",
        "units sample the streams of the other direction",
        _STREAMS,
    ),
    Fault(
        "hdl/operand.py",
        "m.d.comb += [tap.en.eq(self.fire & self.lit), tap.ref.eq(self.ref)]",
        "m.d.comb += [tap.en.eq(self.fire), tap.ref.eq(self.ref)]",
        "a dark superlane reads operands",
        _OPERAND,
    ),
    Fault(
        "hdl/operand.py",
        "valid, flags = self.fire, (adder_tree(corrected), adder_tree(failed))",
        "valid, flags = self.fire, (adder_tree(failed), adder_tree(corrected))",
        "corrected and failed words are swapped",
        _OPERAND,
    ),
    Fault(
        "hdl/operand.py",
        "for stage in range(1, self.stages + 1):",
        "for stage in range(1, self.stages + 2):",
        "the operand stage takes a cycle more",
        _OPERAND,
    ),
    Fault(
        "hdl/faults.py",
        "with m.If(self.code == 0):",
        "with m.If(1):",
        "the last fault is kept, not the first",
        _RECORD,
    ),
    Fault(
        "hdl/faults.py",
        "for n, code in reversed(list(enumerate(self.codes))):",
        "for n, code in list(enumerate(self.codes)):",
        "of faults in one cycle the highest code is kept",
        _RECORD,
    ),
    Fault(
        "hdl/faults.py",
        "self.count.eq(Mux(total[-1], COUNT_LIMIT, total))",
        "self.count.eq(total)",
        "the count of faults does not saturate",
        _RECORD,
    ),
    Fault(
        "hdl/faults.py",
        "self.fixed.eq(Mux(fixed[-1], CORRECTED_LIMIT, fixed))",
        "self.fixed.eq(fixed)",
        "the count of corrected words does not saturate",
        _RECORD,
    ),
    Fault(
        "hdl/faults.py",
        "adder_tree([*hit, failed])",
        "adder_tree([hit.any(), failed])",
        "of faults in one cycle one counts",
        _RECORD,
    ),
    Fault(
        "hdl/stack.py",
        "return [Mux(bypassed, other, mine)",
        "return [Mux(bypassed, mine, other)",
        "all superlanes but the bad one are bypassed",
        _STACK,
    ),
    Fault(
        "hdl/stack.py",
        "leaving(lanes, n + 1, way, bypassed[n + 1], -1)",
        "leaving(lanes, n + 1, way, None, -1)",
        "what descends does not pass a bypassed superlane",
        _STACK,
    ),
    Fault(
        "hdl/stack.py",
        "before = at - step",
        "before = at + step",
        "a bypass turns what climbs around",
        _STACK,
    ),
    Fault(
        "hdl/stack.py",
        'for name in ("host_taken", *names)]',
        "for name in names]",
        "what the host samples does not come down",
        _STACK,
    ),
    Fault(
        "hdl/superlane.py",
        "(self.armed.cycle == after)",
        "(self.armed.cycle == self.cycle)",
        "an injection hits a stream register a cycle late",
        _SUPERLANE,
    ),
    Fault(
        "hdl/superlane.py",
        "self._flips.eq((self.armed.superlane == self.number) & (self.armed.cycle == self.cycle)),",
        "self._flips.eq(self.armed.cycle == self.cycle),",
        "an injection hits the stored words of all superlanes",
        _SUPERLANE,
    ),
    Fault(
        "hdl/superlane.py",
        "& (armed.mem_slice == queue.number)),",
        "),",
        "an injection hits every slice of the hemisphere",
        _SUPERLANE,
    ),
    Fault(
        "hdl/superlane.py",
        "self._stamp.eq(self.cycle - self.config.stages.operand - 1),",
        "self._stamp.eq(self.cycle),",
        "faults are recorded with a later cycle",
        _SUPERLANE,
    ),
    Fault(
        "hdl/superlane.py",
        "self.is_lit.eq(self.number < self.lit),",
        "self.is_lit.eq(self.number <= self.lit),",
        "one dark superlane has power",
        _SUPERLANE,
    ),
    Fault(
        "hdl/superlane.py",
        "m.d.sync += below.valid.eq(self.host.take | above.valid)",
        "m.d.sync += below.valid.eq(self.host.take)",
        "what the host samples in upper superlanes is lost",
        _SUPERLANE,
    ),
)
