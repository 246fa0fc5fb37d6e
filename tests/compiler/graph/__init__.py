"""Tests of the intermediate form."""
