"""Seconds of processors: what a job took, whatever else the computer did at the same time."""

import resource


def seconds() -> float:
    """Those of this process and of all that it has waited for, so far."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
