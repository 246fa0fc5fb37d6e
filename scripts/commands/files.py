"""Reading and writing files: whole or not at all, and every failure one line."""

import os
import stat
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.lib import format as npy_format

#: Bytes of a file beyond which it is no model, program or array for any machine; a sparse one may claim more than the
#: computer has.
_MOST = 1 << 32


def write_whole(path: Path, data: bytes) -> None:
    """Write a file under a temporary name beside its place, then rename it: nobody sees half of it.

    A link is followed; what is no ordinary file (a pipe, a device) is written to as it is.
    """
    try:
        _write(Path(os.path.realpath(path)), data)
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror or error}") from None


def _write(path: Path, data: bytes) -> None:
    _check_target(path)
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def check_writable(path: Path, *, apart_from: Iterable[Path] = ()) -> None:
    """Refuse a target before the work whose result it is to take; ``ValueError`` says why.

    ``apart_from`` are files that are read: they must not be overwritten.
    """
    _check_target(path)
    if path.is_file() and any(read.exists() and path.samefile(read) for read in apart_from):
        raise ValueError(f"{path}: is the file that is read, and would be overwritten")
    if not os.access(path.parent, os.W_OK):
        raise ValueError(f"{path}: its folder cannot be written")


def _check_source(path: Path) -> None:
    """Refuse what may never end, or not fit in memory; pipes are read as they are."""
    found = path.stat()
    if stat.S_ISCHR(found.st_mode):
        raise ValueError(f"{path}: is a device, not a file")
    if found.st_size > _MOST:
        raise ValueError(f"{path}: has {found.st_size:,} bytes; {_MOST:,} are the most that are read")


def _check_target(path: Path) -> None:
    if path.is_dir():
        raise ValueError(f"{path}: is a folder, not a file to write")
    if not path.parent.is_dir():
        raise ValueError(f"{path}: there is no folder {path.parent}")


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def read_npy(path: Path) -> np.ndarray:
    """Array of an .npy file, of one byte per element; ``ValueError`` names the file and what is wrong.

    Signed bytes are taken as the bytes that they are.
    """
    return _read(path, "iu", 1, "uint8 or int8").view(np.uint8)


def read_array(path: Path) -> np.ndarray:
    """Array of an .npy file, of numbers of any type; ``ValueError`` names the file and what is wrong."""
    return _read(path, "biuf", None, "numbers")


def _read(path: Path, kinds: str, size: int | None, wanted: str) -> np.ndarray:
    """Array of elements of some kinds, and a size in bytes unless None."""
    data = read_bytes(path)
    with _one_line(path):
        stream = BytesIO(data)
        version = npy_format.read_magic(stream)
        header = npy_format.read_array_header_1_0 if version == (1, 0) else npy_format.read_array_header_2_0
        shape, _, dtype = header(stream)
        # Checked before NumPy allocates what a damaged header promises.
        if dtype.kind not in kinds or size not in (None, dtype.itemsize):
            raise ValueError(f"elements must be {wanted}, not {dtype}")
        expected = int(np.prod(shape, dtype=object)) * dtype.itemsize
        if any(n < 0 for n in shape) or expected != len(data) - stream.tell():
            what = "bytes" if dtype.itemsize == 1 else f"elements of {dtype}"
            raise ValueError(f"its data are not the {list(shape)} {what} that its header announces")
        return npy_format.read_array(BytesIO(data), allow_pickle=False)


@contextmanager
def _one_line(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # NumPy's header parser raises a dozen kinds on damaged files
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path}: not an .npy array: {reason[:200]}") from None


def npy(array: np.ndarray) -> bytes:
    """An .npy file."""
    buffer = BytesIO()
    npy_format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def npz(arrays: Mapping[str, np.ndarray]) -> bytes:
    """An .npz file; unlike ``numpy.savez`` it takes any name, and the same arrays give the same bytes."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), npy(array))
    return buffer.getvalue()


def read_bytes(path: Path) -> bytes:
    """Contents of a file; ``ValueError`` names it."""
    try:
        _check_source(path)
        return path.read_bytes()
    except IsADirectoryError:
        raise ValueError(f"{path}: is a folder, not a file") from None
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror or error}") from None
