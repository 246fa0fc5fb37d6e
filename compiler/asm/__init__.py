"""Assembler, disassembler and builder of programs."""
