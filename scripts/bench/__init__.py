"""Benchmarks of the golden model: speed, memory, and counts that do not depend on the computer."""
