"""The mutation check: single faults put into the hardware, each of which the unit tests must notice (`make mutate`)."""
