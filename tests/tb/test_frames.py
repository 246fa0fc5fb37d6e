"""Frames are taken apart as they were put together: streams, mesh, writes; superlanes in the order of the program's."""

from dataclasses import replace

import numpy as np

from tb.frames import Decoder, Names
from tb.random.configs import named
from tb.replay.record import row_of, size_of

NANO = named("nano")
CODE = NANO.code_bits
#: Bits of the variables of a group.
BITS = {
    "cycle": 32,
    "idle": 1,
    "streams": NANO.streams * CODE,
    "mesh": NANO.lanes * 32,
    "bank en": 1,
    "bank write": 1,
    "bank addr": 7,
    "bank wdata": CODE,
    "rows write_en": 1,
    "rows write_addr": 4,
    "rows wdata": NANO.lanes * 32,
}


def frame(names: Names, **values: dict[int, int]) -> np.ndarray:
    """A frame of zeros but for the values, by group (blanks as underscores) and number of the variable in it."""
    found = {name.replace("_", " ", 1): table for name, table in values.items()}
    rows = [
        (found.get(group, {}).get(n, 0), BITS[group]) for group, all_ in names.groups.items() for n in range(len(all_))
    ]
    return row_of([value for value, _ in rows], [bits for _, bits in rows])


def decoder(names: Names) -> Decoder:
    return Decoder(NANO, names, {group: size_of(bits) for group, bits in BITS.items()})


def test_streams_and_mesh():
    names = Names("top", NANO)
    # Westward registers at position 2 in superlane 1; the check bits above each word are not looked at.
    place = (1 * NANO.positions + 2) * NANO.superlanes + 1
    assert names.groups["streams"][place] == ("top.chip.superlane_1.column_2", "here__1")
    words = sum((0x7F << NANO.word_bits | 0x0403020 + n) << n * CODE for n in range(NANO.streams))
    assert names.groups["mesh"][5] == ("top.chip.superlane_1.vxm.alu_2", "result")
    frames = np.stack(
        [frame(names), frame(names, cycle={0: 7}, idle={0: 1}, streams={place: words}, mesh={5: 9 << 64})]
    )
    seen = decoder(names).seen(frames)
    assert seen.cycles.tolist() == [0, 7]
    assert seen.idle.tolist() == [False, True]
    assert np.argwhere(seen.streams.any(axis=-1)).tolist() == [[1, 1, s, 2, 1] for s in range(NANO.streams)]
    assert [bytes(word) for word in seen.streams[1, 1, :, 2, 1]] == [
        (0x0403020 + n).to_bytes(NANO.lanes, "little") for n in range(NANO.streams)
    ]
    assert np.argwhere(seen.mesh).tolist() == [[1, 2, 1, 2]]
    assert seen.mesh[1, 2, 1].tolist() == [0, 0, 9, 0]
    assert seen.memory == seen.rows == ()


def test_writes_show_a_cycle_later():
    names = Names("top", NANO)
    bank = list(names.banks).index((1, 2, 1, 0))
    assert names.banks[1, 2, 1, 0] == "top.chip.superlane_0.e_mem2.bank_1"
    row = list(names.rows).index((0, 1, 1))
    assert names.rows[0, 1, 1] == "top.chip.superlane_1.w_plane1_rows.rows"
    write = {"bank_en": {bank: 1}, "bank_write": {bank: 1}, "bank_addr": {bank: 99}, "bank_wdata": {bank: 0x04030201}}
    keep = {"rows_write_en": {row: 1}, "rows_write_addr": {row: 3}, "rows_wdata": {row: 5 | 6 << 96}}
    # A read is none, and what a port says without being enabled is nothing.
    read = write | {"bank_write": {}}
    off = {"bank_write": {bank: 1}, "rows_wdata": {row: 5}}
    frames = [frame(names, cycle={0: n}, **values) for n, values in enumerate((read, off, write, keep), 10)]
    seen = decoder(names).seen(np.stack(frames))
    [word], [kept] = seen.memory, seen.rows
    assert (word.shown, word.place, word.superlane, word.data.tolist()) == (13, (1, 2, 1, 99), 0, [1, 2, 3, 4])
    assert (kept.shown, kept.place, kept.superlane, kept.data.tolist()) == (14, (0, 1, 3), 1, [5, 0, 0, 6])


def test_a_bypassed_superlane_is_left_out():
    names = Names("top", replace(NANO, spare=True), fuse=1)
    assert {scope.split(".")[2] for scope in names.banks.values()} == {"superlane_0", "superlane_2"}
    assert names.banks[0, 0, 0, 1] == "top.chip.superlane_2.w_mem0.bank_0"
