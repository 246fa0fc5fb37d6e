"""Faults of the SXM."""

from scripts.mutate.fault import Fault

_LOCAL = ("tests/hdl/sxm/test_local.py",)
_SHIFT = ("tests/hdl/sxm/test_shift.py",)
_PERMUTE = ("tests/hdl/sxm/test_permute.py",)

FAULTS = (
    Fault(
        "hdl/sxm/shift.py",
        "return Cat(next_one, near).bit_select(_bytes(config.lanes - lanes), config.word_bits)",
        "return Cat(next_one, near).bit_select(_bytes(config.lanes - 1 - lanes), config.word_bits)",
        "Shift north moves by a lane too much",
        _SHIFT,
    ),
    Fault(
        "hdl/sxm/shift.py",
        'next_one = pick(m, "next", config, words, number, own, number + far + 1)',
        'next_one = pick(m, "next", config, words, number, own, number + far)',
        "Shift south wraps inside a superlane",
        _SHIFT,
    ),
    Fault(
        "hdl/sxm/shift.py",
        "wanted = number + far < config.superlanes",
        "wanted = number + far <= config.superlanes",
        "a word without a target takes a slot of the chain",
        _SHIFT,
    ),
    Fault(
        "hdl/sxm/shift.py",
        "Mux(selects & takes[lane],",
        "Mux(takes[lane],",
        "Shift north mixes in the south vector",
        _SHIFT,
    ),
    Fault(
        "hdl/sxm/shift.py",
        "self.word.eq(Mux(en, word, 0))]",
        "self.word.eq(word)]",
        "Select without its Shift takes an old vector",
        _SHIFT,
    ),
    Fault(
        "hdl/sxm/slots.py",
        "return (config.superlanes + 1) // 2",
        "return max(1, config.superlanes // 2)",
        "the chain of a shifter has a slot too few for odd superlanes",
        _SHIFT,
    ),
    Fault(
        "hdl/sxm/permute.py",
        'wires = self._crossbar(m, "first", source.data, [e.source for e in found])',
        'wires = self._crossbar(m, "first", source.data, [e.wire for e in found])',
        "the first stage of Permute follows the map of the last",
        _PERMUTE,
    ),
    Fault(
        "hdl/sxm/permute.py",
        "middle, lambda k: k <= self.number)",
        "middle, lambda k: k < self.number)",
        "the middle stage of Permute loses a superlane's own wires",
        _PERMUTE,
    ),
    Fault(
        "hdl/sxm/permute.py",
        "down, back = 2 * (config.superlanes - 1 - self.number), 2 * self.number",
        "down, back = 2 * (config.superlanes - 1 - self.number), 2 * (config.superlanes - 1 - self.number)",
        "Permute's results leave with a wrong stagger",
        _PERMUTE,
    ),
    Fault(
        "hdl/sxm/permute.py",
        "self.bad_map.eq(en & check.above.bad & (self.number == self.config.superlanes - 1)),",
        "self.bad_map.eq(en & check.above.bad & (self.number == 0)),",
        "fault MAP is found by the lowest superlane alone",
        _PERMUTE,
    ),
    Fault(
        "hdl/sxm/map_check.py",
        "clashes.append((mine == 0) | (mine & before).any())",
        "clashes.append((mine & before).any())",
        "a map that names a superlane that is not there is no fault",
        _PERMUTE,
    ),
    Fault(
        "hdl/sxm/map_check.py",
        "        with m.If(self.lit):",
        "        with m.If(1):",
        "maps of dark superlanes are checked",
        _PERMUTE,
    ),
    Fault(
        "hdl/sxm/crossbar.py",
        "column = Cat(byte_of(self.data, n, lane, self.lanes) for n in range(self.words))",
        "column = Cat(byte_of(self.data, n, lane ^ 1, self.lanes) for n in range(self.words))",
        "the middle stage takes the neighboring wire",
        _PERMUTE,
    ),
    Fault(
        "hdl/sxm/transpose.py",
        "for stream in lanes for lane in lanes)",
        "for lane in lanes for stream in lanes)",
        "Transpose changes nothing",
        _LOCAL,
    ),
    Fault(
        "hdl/sxm/rotate.py",
        "places = [((i + r) % n) * n + (j + c) % n for i in range(n) for j in range(n)]",
        "places = [((i + r) % n) * n + (j + c + 1) % n for i in range(n) for j in range(n)]",
        "every rotation is a column too far",
        _LOCAL,
    ),
    Fault(
        "hdl/sxm/rotate.py",
        '_, chosen_late = carry(m, "side", en, chosen, config.stages.result - 1)',
        "chosen_late = chosen",
        "with two result stages the side is that of the next Rotate",
        _LOCAL,
    ),
    Fault(
        "hdl/sxm/distribute.py",
        "crossbar.keep.eq(Cat(entry[index_bits:] == 0 for entry in entries)),",
        "crossbar.keep.eq((1 << config.lanes) - 1),",
        "Distribute gives no zeros for lanes that its map leaves out",
        _LOCAL,
    ),
    Fault(
        "hdl/sxm/result.py",
        "m.d.comb += encoder.data.eq(Mux(self.lit, piece(self.data, n, bits), 0))",
        "m.d.comb += encoder.data.eq(piece(self.data, n, bits))",
        "a dark superlane drives what it holds",
        _SHIFT,
    ),
    Fault(
        "hdl/sxm/wait.py",
        "with m.If(at + 2 >= self.cycles):",
        "with m.If(at + 1 >= self.cycles):",
        "the ring that restores the stagger is a place too long",
        ("tests/hdl/sxm/test_wait.py",),
    ),
    Fault(
        "hdl/sxm/unit.py",
        "unit.corrected.eq(sum((o.corrected for o in operands[1:]), operands[0].corrected)),",
        "unit.corrected.eq(operands[0].corrected),",
        "corrected words of maps do not count",
        _PERMUTE,
    ),
    Fault(
        "hdl/sxm/entry.py",
        "IN, MIDDLE, OUT = (0, 4), (4, 5), (9, 4)",
        "IN, MIDDLE, OUT = (0, 4), (4, 4), (9, 4)",
        "maps name the lower sixteen superlanes only",
        _PERMUTE,
    ),
    Fault(
        "hdl/sxm/entry.py",
        "return self.bits[UNUSED:]",
        "return self.bits[UNUSED + 1 :]",
        "a map with a bit that means nothing is no fault",
        _PERMUTE,
    ),
)
