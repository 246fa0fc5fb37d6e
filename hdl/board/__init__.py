"""What stands around the chip on a board: the serial line to the host, and the pins."""
