"""Settings of the whole suite: the same random examples in every run, and no deadline on slow machines."""

from hypothesis import settings

settings.register_profile("superlane", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("superlane")
