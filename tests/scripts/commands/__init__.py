"""Tests of the commands of `superlane`."""
