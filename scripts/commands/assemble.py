"""The assembler as the command line calls it: a preset supplies the machine that a text leaves open."""

from arch.config import preset
from arch.program import Program
from compiler.asm import assembler
from compiler.asm.disassembler import disassemble

__all__ = ["assemble", "disassemble"]


def assemble(text: str, name: str, preset_name: str | None) -> Program:
    """Program of a source text; ``ValueError`` has a line for each mistake."""
    config = None if preset_name is None else preset(preset_name)
    return assembler.assemble(text, name=name, config=config)
