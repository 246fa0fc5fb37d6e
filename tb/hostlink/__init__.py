"""Driver of a chip behind its host interface, whatever carries the accesses: a simulator, a bus, a serial line."""
