"""``make regress``: many random programs on the chip under Verilator, in lockstep with the golden model."""
