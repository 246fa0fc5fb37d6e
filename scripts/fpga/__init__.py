"""From the export to a bitstream for a board, with open tools (`make fpga`)."""
