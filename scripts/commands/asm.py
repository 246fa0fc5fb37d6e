"""`superlane asm` and `superlane disasm`: text to program file and back."""

import argparse
import sys
from pathlib import Path

from arch.config import PRESETS
from arch.program import MAGIC, Program
from scripts.commands.assemble import assemble, disassemble
from scripts.commands.files import check_writable, read_bytes, write_whole
from scripts.commands.load import text_of


def add(commands) -> None:
    """Declare both commands."""
    parser = commands.add_parser("asm", help="assemble a source text into a program file")
    parser.add_argument("file", metavar="FILE", type=Path, help="source text")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="program file to write")
    parser.add_argument("--preset", metavar="P", help=f"machine, if the text names none: {', '.join(PRESETS)}")
    parser.set_defaults(command=asm)
    parser = commands.add_parser("disasm", help="print a program file as text that assembles to the same bytes")
    parser.add_argument("program", metavar="PROGRAM", type=Path, help="program file")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, help="file to write instead of printing")
    parser.set_defaults(command=disasm)


def asm(arguments: argparse.Namespace) -> int:
    """Assemble; the program file is written whole or not at all."""
    check_writable(arguments.output, apart_from=[arguments.file])
    data = read_bytes(arguments.file)
    if data.startswith(MAGIC):
        raise ValueError(f"{arguments.file}: is a program file already")
    program = assemble(text_of(arguments.file, data), str(arguments.file), arguments.preset)
    write_whole(arguments.output, program.to_bytes())
    return 0


def disasm(arguments: argparse.Namespace) -> int:
    """Print a program file as text."""
    if arguments.output:
        check_writable(arguments.output, apart_from=[arguments.program])
    try:
        program = Program.from_bytes(read_bytes(arguments.program))
    except ValueError as error:
        prefix = "" if str(error).startswith(str(arguments.program)) else f"{arguments.program}: "
        raise ValueError(f"{prefix}{error}") from None
    text = disassemble(program)
    if arguments.output:
        write_whole(arguments.output, text.encode())
    else:
        sys.stdout.write(text)
    return 0
