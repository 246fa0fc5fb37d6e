"""Tests of `make sim`."""
