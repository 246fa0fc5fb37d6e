"""Files: whole or not at all, arrays read safely."""

import errno
import os
import stat
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripts.commands import files

ARRAY = np.arange(24, dtype=np.uint8).reshape(3, 8)


def test_a_file_is_written_whole_with_the_usual_rights(tmp_path: Path):
    target = tmp_path / "out"
    files.write_whole(target, b"first")
    files.write_whole(target, b"second")
    assert target.read_bytes() == b"second"
    mask = os.umask(0o022)
    os.umask(mask)
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~mask
    assert list(tmp_path.iterdir()) == [target]


def test_a_failure_on_the_way_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    target = tmp_path / "out"
    target.write_bytes(b"before")

    def fail(*_):
        raise OSError(errno.ENOSPC, "disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(ValueError, match=r"out: disk full$"):
        files.write_whole(target, b"after")
    assert target.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [target], "no temporary file stays"


def test_links_are_followed_and_devices_stay_devices(tmp_path: Path):
    target, link = tmp_path / "out", tmp_path / "link"
    link.symlink_to(target)
    files.write_whole(link, b"x")
    assert link.is_symlink() and target.read_bytes() == b"x"
    files.write_whole(Path(os.devnull), b"x")
    assert not Path(os.devnull).is_file()


def test_targets_that_cannot_be_are_refused_before_the_work(tmp_path: Path):
    with pytest.raises(ValueError, match=r"sub: is a folder, not a file to write$"):
        (tmp_path / "sub").mkdir()
        files.check_writable(tmp_path / "sub")
    with pytest.raises(ValueError, match=r"there is no folder .*nowhere$"):
        files.check_writable(tmp_path / "nowhere" / "out")


@pytest.mark.parametrize("version", [(1, 0), (2, 0)])
@pytest.mark.parametrize("array", [ARRAY, ARRAY.view(np.int8), np.asfortranarray(ARRAY), ARRAY[:0], ARRAY[0]])
def test_arrays_of_bytes_are_read(tmp_path: Path, version, array):
    buffer = BytesIO()
    np.lib.format.write_array(buffer, array, version)
    (tmp_path / "a.npy").write_bytes(buffer.getvalue())
    found = files.read_npy(tmp_path / "a.npy")
    assert found.dtype == np.uint8
    assert np.array_equal(found, array), "all values are below 128"


@pytest.mark.parametrize("array", [ARRAY.astype(np.int32), ARRAY.astype(bool), np.array([b"x"]), ARRAY.astype(object)])
def test_arrays_of_other_elements_are_refused(tmp_path: Path, array):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(ValueError, match=r"a\.npy: not an \.npy array: elements must be uint8 or int8, not "):
        files.read_npy(tmp_path / "a.npy")


@pytest.mark.parametrize("data", [b"", b"\x93NUMPY", b"PK\x03\x04", b"text", b"\x93NUMPY\x09\x00\x10\x00{}"])
def test_other_files_are_refused(tmp_path: Path, data):
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(ValueError, match=r"a\.npy: not an \.npy array: ") as caught:
        files.read_npy(tmp_path / "a.npy")
    assert "\n" not in str(caught.value)


def test_a_header_that_promises_more_than_there_is_allocates_nothing(tmp_path: Path):
    data = files.npy(ARRAY).replace(b"(3, 8), ", b"(3, 8000000000000), ").replace(b" " * 12 + b"\n", b"\n")
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(ValueError, match=r"its data are not the \[3, 8000000000000\] bytes that its header announces$"):
        files.read_npy(tmp_path / "a.npy")


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 151), st.integers(0, 255)), min_size=1, max_size=4), st.integers(0, 152))
def test_a_damaged_array_is_bytes_or_one_line(tmp_path: Path, changes, length):
    data = bytearray(files.npy(ARRAY))
    assert len(data) == 152
    for place, value in changes:
        data[place] = value
    (tmp_path / "a.npy").write_bytes(data[: length or None])
    try:
        assert files.read_npy(tmp_path / "a.npy").dtype == np.uint8
    except ValueError as error:
        assert "a.npy: not an .npy array: " in str(error) and "\n" not in str(error)


def test_an_archive_takes_any_name(tmp_path: Path):
    arrays = {"file": ARRAY, "a b": ARRAY[:1]}
    (tmp_path / "a.npz").write_bytes(files.npz(arrays))
    with np.load(tmp_path / "a.npz") as archive:
        assert {name: archive[name].tolist() for name in archive} == {n: a.tolist() for n, a in arrays.items()}
    assert files.npz(arrays) == files.npz(arrays)


def test_a_file_that_is_read_is_not_overwritten(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    for target in ("a", "link"):
        with pytest.raises(ValueError, match=r": is the file that is read, and would be overwritten$"):
            files.check_writable(tmp_path / target, apart_from=[tmp_path / "b", tmp_path / "a"])
    files.check_writable(tmp_path / "b", apart_from=[tmp_path / "a"])


def test_what_has_no_end_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match=r"^/dev/zero: is a device, not a file$"):
        files.read_bytes(Path("/dev/zero"))
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ValueError, match=r"sparse: has 1,099,511,627,776 bytes; 4,294,967,296 are the most "):
        files.read_bytes(tmp_path / "sparse")


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(ValueError, match=r"none: No such file or directory$"):
        files.read_bytes(tmp_path / "none")
    with pytest.raises(ValueError, match=r": is a folder, not a file$"):
        files.read_bytes(tmp_path)
