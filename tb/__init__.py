"""Test bench: drivers, monitors and scoreboards that run the hardware against the golden model."""
