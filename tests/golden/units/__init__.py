"""Tests of the instruction bodies."""
