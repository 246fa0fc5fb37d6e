"""Seeing a schedule: what a program promises, what happened, a page and a trace for browsers (docs/timeline.md)."""
