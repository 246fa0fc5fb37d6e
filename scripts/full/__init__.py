"""`make full`: the published chip in RTL, programs that use all of it, and its published figures, measured."""
