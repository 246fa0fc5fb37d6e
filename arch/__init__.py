"""Facts of the machine: configuration, instruction set, formats and timing. Standard library only."""
