"""Random legal programs: how they are drawn, written out, shrunk, listed and counted."""
