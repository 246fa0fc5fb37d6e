"""What a command is given as PROGRAM: a program file, a source text, or the folder of an example."""

from dataclasses import dataclass
from pathlib import Path

from arch.config import preset
from arch.program import MAGIC, Program
from scripts.commands.assemble import assemble
from scripts.commands.files import read_bytes

#: How source files end.
SOURCE = ".sl"


@dataclass(frozen=True)
class Loaded:
    """A program, and the folder in which inputs are looked for that nobody gave; None where there is none."""

    program: Program
    inputs: Path | None


def load(path: Path, preset_name: str | None) -> Loaded:
    """Program of a path.

    Parameters
    ----------
    path
        A program file, a source text, or a folder: then the source in it that is named like it, and for inputs the
        .npy files in it.
    preset_name
        The machine that it must be for; it may supply the one that a source text leaves open.

    Raises
    ------
    ValueError
        One line for each thing wrong.
    """
    if path.is_dir():
        return Loaded(load(path / f"{path.resolve().name}{SOURCE}", preset_name).program, path)
    data = read_bytes(path)
    if data.startswith(MAGIC):
        try:
            program = Program.from_bytes(data)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
    else:
        program = assemble(text_of(path, data), str(path), preset_name)
    if preset_name is not None and preset(preset_name).fingerprint != program.config.fingerprint:
        raise ValueError(f"{path}: is for the machine {program.config.name!r}, not for preset {preset_name!r}")
    return Loaded(program, None)


def text_of(path: Path, data: bytes) -> str:
    """Source text of a file's bytes."""
    try:
        text = data.decode("utf-8-sig")  # editors of some systems put a mark of byte order first
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise ValueError(f"{path}: is neither a program file nor a source text (UTF-8)")
    return text
