"""Tests of the numerics, each against an oracle from outside the project."""
