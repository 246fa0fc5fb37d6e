"""Hardware: the chip in Amaranth, one component per file, exported as Verilog."""
