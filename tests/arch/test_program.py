"""The program file: round trip, and every kind of damage refused with one clear line."""

import hashlib
import json
import re
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arch.config import preset
from arch.conveyor import Hemisphere
from arch.program import MAGIC, VERSION, Program, Region, Segment
from arch.queues import queues
from tests.arch.configs import CONFIGS, SMALLEST, WIDE, small_config

W, E = Hemisphere.WEST, Hemisphere.EAST
TINY = preset("tiny")


def program(config=SMALLEST, **parts) -> Program:
    """A program with a word here and there, two segments and two regions."""
    count, size = len(queues(config)), config.vector
    rows = {
        "preload": tuple((3,) if n % 5 else (1 << 127 | 2, 3) for n in range(count)),
        "data": (
            Segment(W, 1, 0x1000, bytes(n % 256 for n in range(2 * size))),
            Segment(W, 1, 0x1002, bytes(size)),
            Segment(E, 0, 3, b"\xff" * size),
        ),
        "regions": (Region("x", "input", E, 0, 4, 2), Region("y\u00e9", "output", W, 3, 0x1000, 16)),
        "meta": '{"a": [1, null]}',
    }
    return Program(config, **{**rows, **parts})


GOOD = program().to_bytes()


def refused(data: bytes) -> str:
    with pytest.raises(ValueError) as caught:
        Program.from_bytes(data)
    message = str(caught.value)
    assert message and "\n" not in message and len(message) < 300
    return message


def sealed(body: bytes) -> bytes:
    """A body with a checksum that is right."""
    return body + hashlib.sha256(body).digest()


def sections(data: bytes) -> tuple[bytes, list[bytes]]:
    """Head and sections of a program file, told apart here once more from the layout in the docstring."""
    head, at, found = data[:28], 28, []
    while at < len(data) - 32:
        (length,) = struct.unpack_from("<I", data, at)
        found.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return head, found


def rebuilt(change, *, head: bytes | None = None) -> bytes:
    """The good file with its sections changed and everything else put right again."""
    first, parts = sections(GOOD)
    body = b"".join(struct.pack("<I", len(part)) + part for part in change(parts))
    return sealed((head or first) + body)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: c.name)
def test_a_file_gives_its_program_back(config):
    for made in (program(config), program(config, data=(), regions=(), meta="{}")):
        again = Program.from_bytes(made.to_bytes())
        assert again == made
        assert again.to_bytes() == made.to_bytes()


def test_layout():
    head, parts = sections(GOOD)
    assert head == MAGIC + struct.pack("<I", VERSION) + SMALLEST.fingerprint
    assert len(parts) == 1 + len(queues(SMALLEST)) + 3
    assert parts[0] == SMALLEST.to_json().encode()
    assert parts[1] == (1 << 127 | 2).to_bytes(16, "little") + (3).to_bytes(16, "little")
    assert parts[-3][:8] == struct.pack("<BBHI", 0, 1, 0x1000, 2 * SMALLEST.vector)
    assert json.loads(parts[-2])[0] == ["x", "input", 1, 0, 4, 2]
    assert rebuilt(lambda same: same) == GOOD


@pytest.mark.parametrize("data", [b"", b"\x7fELF" + bytes(100), b"superlane", bytes(200), GOOD[1:], b"\n" + GOOD])
def test_a_foreign_file_is_told_so(data):
    assert refused(data) == "not a Superlane program: it does not start with the magic bytes"


def test_cut_short_at_every_length():
    for length in range(len(GOOD)):
        message = refused(GOOD[:length])
        assert re.match(r"not a Superlane program|program file is (damaged or )?cut short", message), length


def test_each_byte_flipped():
    for place in range(len(GOOD)):
        for mask in (0x01, 0x80, 0xFF):
            refused(GOOD[:place] + bytes([GOOD[place] ^ mask]) + GOOD[place + 1 :])


def test_something_behind_the_end():
    assert refused(GOOD + b"\0") == "program file is damaged or cut short: its checksum does not match"


def test_another_version():
    body = MAGIC + struct.pack("<I", VERSION + 1) + GOOD[12:-32]
    assert refused(sealed(body)) == f"program file has format version {VERSION + 1}; this release reads version 1"


def test_configuration_of_another_fingerprint():
    other = MAGIC + struct.pack("<I", VERSION) + TINY.fingerprint
    message = refused(rebuilt(lambda parts: parts, head=other))
    assert message == "program file is damaged: its configuration does not match its fingerprint"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: [b"\xff", *p[1:]], "program file is damaged: text is not UTF-8"),
        (lambda p: [b"{}", *p[1:]], "not a configuration: 'alus'"),
        (lambda p: [b"[" * 50_000, *p[1:]], "not a configuration: "),
        (lambda p: [], "not a configuration: Expecting value"),
        (lambda p: [p[0].replace(b'"lanes":4', b'"lanes":5'), *p[1:]], "lanes must be one of 4, 8, 16, not 5"),
        (lambda p: [p[0], b"\0" * 15, *p[2:]], "program file is damaged: a queue's text is no multiple of 16 bytes"),
        (lambda p: [p[0], bytes(49 * 16), *p[2:]], "W.mem0 holds 48 instructions, not 49"),
        (lambda p: [*p[:-3], b"\0\1\0", *p[-2:]], "program file is damaged: a memory segment is cut short"),
        (
            lambda p: [*p[:-3], struct.pack("<BBHI", 2, 0, 0, 4) + bytes(4), *p[-2:]],
            "program file is damaged: a memory segment is cut short",
        ),
        (
            lambda p: [*p[:-3], struct.pack("<BBHI", 0, 0, 0, 9) + bytes(8), *p[-2:]],
            "program file is damaged: a memory segment is cut short",
        ),
        (lambda p: [*p[:-2], b"{}", p[-1]], "program file is damaged: its regions are no list"),
        (lambda p: [*p[:-2], b"[7]", p[-1]], "program file is damaged: 7 is no region"),
        (
            lambda p: [*p[:-2], b'[["x","input",2,0,0,1]]', p[-1]],
            "program file is damaged: ['x', 'input', 2, 0, 0, 1] is no region",
        ),
        (
            lambda p: [*p[:-2], b'[["x","input",true,0,0,1]]', p[-1]],
            "program file is damaged: ['x', 'input', True, 0, 0, 1] is no region",
        ),
        (lambda p: [*p[:-2], b"[", p[-1]], "program file is damaged: its JSON cannot be read"),
        (lambda p: [*p[:-1], b"[" * 50_000], "program file is damaged: its JSON cannot be read"),
        (lambda p: [*p[:-1], b"[]"], "meta must be a JSON object"),
        (lambda p: [*p, b""], "program file is damaged: it has more sections than its machine"),
    ],
)
def test_damage_under_a_right_checksum(change, message):
    assert refused(rebuilt(change)).startswith(message)


def test_missing_sections_are_refused():
    _, parts = sections(GOOD)
    for count in range(len(parts)):
        refused(rebuilt(lambda p, count=count: p[:count]))


def test_sections_that_run_over_the_end():
    body = GOOD[:-32]
    assert refused(sealed(body + b"\1\0")) == "program file is damaged: a section has no length"
    assert refused(sealed(body + b"\xff\xff\xff\xff")) == "program file is damaged: a section is longer than the file"


@settings(max_examples=400)
@given(st.data())
def test_any_damage_under_a_right_checksum_is_refused_or_a_program(data):
    body = bytearray(GOOD[:-32])
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(12, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        Program.from_bytes(sealed(bytes(body)))
    except ValueError as error:
        assert str(error) and "\n" not in str(error)


@given(st.binary(max_size=400))
def test_noise_behind_the_head_is_refused(noise):
    refused(sealed(GOOD[:28] + noise))


def segment(side=W, mem_slice=0, address=0, data=bytes(4)) -> dict:
    return {"data": (Segment(side, mem_slice, address, data),), "regions": ()}


def region(role="input", mem_slice=0, address=0, rows=1) -> dict:
    return {"regions": (Region("x", role, E, mem_slice, address, rows),)}


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"preload": ((3,),)}, "preload must have 38 queues, not 1"),
        ({"preload": ((3,) * 49,) + ((),) * 37}, "W.mem0 holds 48 instructions, not 49"),
        ({"preload": ((1 << 128,),) + ((),) * 37}, "W.mem0 has a word of more than 128 bits"),
        ({"preload": ((-1,),) + ((),) * 37}, "W.mem0 has a word of more than 128 bits"),
        (segment(mem_slice=4), "segment must lie in a slice below 4, not 4"),
        (segment(address=8192), "segment must have an address below 8192, not 8192"),
        (segment(data=bytes(5)), "segment in W.mem0 must be whole vectors of 4 bytes, not 5 bytes"),
        (segment(data=b""), "segment in W.mem0 must be whole vectors of 4 bytes, not 0 bytes"),
        (
            segment(address=15, data=bytes(8)),
            "segment in W.mem0 must lie below offset 16 of its bank; it ends at 16",
        ),
        (
            segment(side=E, address=0x1010),
            "segment in E.mem0 must lie below offset 16 of its bank; it ends at 16",
        ),
        (
            {"regions": (Region("x", "input", E, 0, 0, 1), Region("x", "output", E, 1, 0, 1))},
            "region 'x' must have one role in all its parts, not input and output",
        ),
        (region(role="temp"), "region 'x' must have a role of input, output, inout, not 'temp'"),
        (region(mem_slice=4), "region 'x' must lie in a slice below 4, not 4"),
        (region(address=-1), "region 'x' must have an address below 8192, not -1"),
        (region(rows=0), "region 'x' in E.mem0 must be whole vectors of 4 bytes, not 0 bytes"),
        (region(rows=-1), "region 'x' in E.mem0 must be whole vectors of 4 bytes, not -4 bytes"),
        (region(rows=17), "region 'x' in E.mem0 must lie below offset 16 of its bank; it ends at 16"),
        ({"meta": "7"}, "meta must be a JSON object"),
        ({"meta": "{"}, "program file is damaged: its JSON cannot be read"),
    ],
)
def test_a_program_that_its_machine_cannot_hold(parts, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        program(**parts)


def test_segments_are_sorted_and_apart():
    first, second = Segment(W, 0, 2, bytes(8)), Segment(W, 0, 4, bytes(4))
    assert program(data=(first, second)).data == (first, second)
    for data in ((second, first), (Segment(W, 0, 3, bytes(8)), second), (first, first)):
        with pytest.raises(ValueError, match=r"^segments must be sorted and not overlap, which they do at W.mem0 "):
            program(data=data)


def test_a_program_says_which_machine_it_is_for():
    assert Program.from_bytes(program(WIDE).to_bytes()).config == WIDE
    renamed = small_config(name="other")
    assert Program.from_bytes(program(renamed).to_bytes()).config.name == "other"
