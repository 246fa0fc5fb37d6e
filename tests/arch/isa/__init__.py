"""Tests of the instruction table, its codec and its legality rules."""
