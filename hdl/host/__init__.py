"""The host interface: registers, commands, and the way of host data through the machine's own streams."""
