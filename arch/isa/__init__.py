"""The instruction set: one table that hardware, golden model, assembler and manual all read."""
