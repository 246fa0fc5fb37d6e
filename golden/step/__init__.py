"""The reference engine: the machine cycle by cycle, plainly, in local time (docs/architecture.md)."""
