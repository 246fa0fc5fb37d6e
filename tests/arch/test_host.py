"""The register map: nothing overlaps, values fit, and machines can be told apart."""

import re

import pytest

from arch.config import PRESETS, preset
from arch.host import ADDRESS_BITS, DATA_BITS, STEP, Access, Command, Refusal, mask_words, registers
from arch.isa.fields import STREAM_BITS
from arch.queues import queues

ALL = [pytest.param(config, id=name) for name, config in PRESETS.items()]


@pytest.mark.parametrize("config", ALL)
def test_registers_do_not_overlap_and_ascend(config):
    offsets = [register.offset for register in registers(config).values()]
    assert offsets == sorted(set(offsets))
    assert all(offset % STEP == 0 and offset + STEP <= 1 << ADDRESS_BITS for offset in offsets)


@pytest.mark.parametrize("config", ALL)
def test_fields_do_not_overlap_and_hold_what_the_machine_has(config):
    for register in registers(config).values():
        bits = [bit for f in register.fields for bit in range(f.lsb, f.lsb + f.width)]
        assert len(bits) == len(set(bits)) and max(bits) < DATA_BITS, register.name
        assert register.reset & ~register.mask == 0 and register.reset < 1 << DATA_BITS
    table = registers(config)
    for name, part, largest in (
        ("SELECT", "queue", len(queues(config)) - 1),
        ("SELECT", "superlane", config.superlanes - 1),
        ("PLACE", "mem_slice", config.slices - 1),
        ("INJECT_PLACE", "position", config.positions - 1),
        ("INJECT_PLACE", "superlane", config.superlanes - 1),
        ("INJECT_PLACE", "stream", config.streams - 1),
        ("ERROR", "code", max(Refusal)),
        ("COMMAND", "code", max(Command)),
    ):
        assert table[name].field(part).extract(table[name].pack(**{part: largest})) == largest
    place = table["INJECT_PLACE"]
    assert place.field("stream").width + place.field("direction").width == STREAM_BITS
    assert mask_words(config) * DATA_BITS >= config.code_bits


def test_constants_tell_the_machine():
    config = preset("small")
    table = registers(config)
    words = [table[f"FINGERPRINT{n}"].reset for n in range(4)]
    assert b"".join(word.to_bytes(4, "little") for word in words) == config.fingerprint
    assert table["MAGIC"].reset.to_bytes(4, "little") == b"SPLN"
    assert table["BANK_WORDS"].reset == config.bank_words and table["LANES"].reset == config.lanes
    assert all(table[f"FINGERPRINT{n}"].access is Access.CONSTANT for n in range(4))


def test_access_says_who_may():
    assert [a for a in Access if not a.readable] == [Access.WRITE]
    assert [a for a in Access if not a.writable] == [Access.CONSTANT, Access.READ]


def test_pack_names_what_does_not_fit():
    table = registers(preset("tiny"))
    assert table["CONTROL"].pack(reset=1) == 2
    with pytest.raises(ValueError, match=re.escape("PLACE.mem_slice must be from 0 to 63, not 64")):
        table["PLACE"].pack(mem_slice=64)
    with pytest.raises(ValueError, match=r"INJECT_PLACE\.position must be from 0 to 63, not -1"):
        table["INJECT_PLACE"].pack(position=-1)
