"""Text to program."""

from pathlib import Path

from arch.config import Config
from arch.program import Program
from compiler.asm.errors import refuse
from compiler.asm.lower import lower
from compiler.asm.parser import parse


def assemble(text: str, *, name: str = "text", config: Config | None = None) -> Program:
    """Program of a text.

    Parameters
    ----------
    text
        The source, as docs/assembler.md describes it.
    name
        What messages call it.
    config
        The machine, for a text that names none; a text that names another is refused.

    Raises
    ------
    AssemblyError
        A ``ValueError`` whose message has a line for each mistake: file, line, column, what and why.
    """
    return lower(parse(text, name=name, config=config))


def assemble_file(path: Path | str, *, config: Config | None = None) -> Program:
    """Program of a file; raises ``OSError`` if it cannot be read, else as :func:`assemble`."""
    source = Path(path)
    try:
        text = source.read_text(encoding="utf-8-sig")  # with or without a mark of byte order
    except UnicodeDecodeError:
        raise refuse(None, f"{source}: not a text in UTF-8") from None
    return assemble(text, name=str(path), config=config)
