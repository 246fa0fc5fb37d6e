"""What the page is given, and that it needs nothing else."""

import base64
import json
import re
import zlib

import pytest

from arch.isa.table import encode
from arch.queues import queues
from compiler.asm import trace
from compiler.asm.strides import advance
from scripts.timeline.compare import compare
from scripts.timeline.extract import promise
from scripts.timeline.forms import value_text
from scripts.timeline.page import page, payload, rows, units
from tb.random_programs import generate, named
from tests.scripts.programs import copy


def made(preset: str = "tiny", seed: int = 3):
    found = promise(generate(named(preset), seed, cycles=150).program())
    return found, payload(found, compare(found, None), "random")


def spelled(record: dict, number: int, times: int) -> str:
    """What the page's script spells: a form with the values of a word, strides added."""
    form, *values = record["words"][number]
    _, text, parts, *_ = record["forms"][form]
    offsets = 1 << record["memory"][3]
    for n, part in enumerate(parts):
        value, moved = values[2 * n], values[2 * n + 1] * times
        if part == "n":
            value += moved
        else:
            value = value // offsets * offsets + (value % offsets + moved) % offsets
        text = text.replace(f"{{{n}}}", value_text(part, value))
    return text


@pytest.mark.parametrize("preset", ["tiny", "2x16"])
def test_words_are_spelled_as_in_text(preset: str):
    found, record = made(preset)
    record = json.loads(json.dumps(record))
    chip = queues(found.program.config)
    compared = 0
    for number, word in enumerate(found.runs.words):
        owners = found.runs.queue[found.runs.word == number]
        for times in (0, 2):
            text = spelled(record, number, times)
            try:
                same = trace.parsed(chip[owners[0]].unit, text)
            except ValueError:
                continue  # a stride out of the field's range
            assert same == encode(advance(word, times)), text
            compared += 1
    assert compared > 100


def test_the_page_holds_its_data_and_needs_nothing_else():
    found = promise(copy())
    text = page(found, compare(found, None), "<b>&copy")
    (packed,) = re.findall(r'<script id="data" type="text/plain">([^<]*)</script>', text)
    record = json.loads(zlib.decompress(base64.b64decode(packed)))
    assert record["name"] == "<b>&copy"
    assert "<b>&copy" not in text
    assert record["runs"]["queue"] == found.runs.queue.tolist()
    assert not re.search(r"https?:|\bsrc=|@import|\burl\(", text)
    assert not re.findall(r"/\*(?:STYLE|SCRIPT)\*/|<!--DATA-->", text)


def test_rows_go_from_west_to_east():
    config = named("tiny")
    found = promise(copy())
    names = [queue.name for queue in rows(found)]
    assert names[0] == "W.mxm0.weights"
    assert names[-1].startswith("E.mxm")
    assert names.index("W.mem3") < names.index("W.mem0") < names.index("vxm0") < names.index("E.mem0")
    assert sorted(names) == sorted(queue.name for queue in queues(config))


def test_use_of_units_follows_from_what_is_issued():
    found = promise(copy())
    use = {unit["name"]: unit for unit in units(found)}
    assert use["mem"] == {"name": "mem", "queues": 8, "used": 2, "issued": 4, "busy": round(400 / 8 / 171, 2)}
    assert use["vxm"]["issued"] == 0
