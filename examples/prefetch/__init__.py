"""Prefetch: a program larger than its queue, which fetches itself while it runs."""
