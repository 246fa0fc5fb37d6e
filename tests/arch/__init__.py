"""Tests of the facts: configuration, instruction set, formats, timing."""
