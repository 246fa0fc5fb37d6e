"""Tests of the mutation check."""
