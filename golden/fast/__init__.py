"""The fast engine: whole runs of instructions as single array operations, exact to the bit and to the cycle."""
