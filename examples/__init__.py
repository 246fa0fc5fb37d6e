"""Programs to learn from, each with inputs and with what NumPy says they should give."""
