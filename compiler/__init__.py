"""Compiler: assembler and disassembler, scheduler, network front end."""
