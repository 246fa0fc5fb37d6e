"""Differences between what two engines give, in words."""

from dataclasses import fields

import numpy as np

from golden.result import Counters, Result, State


def differences(one: Result | State | Counters, other: Result | State | Counters) -> list[str]:
    """Names of the fields that differ, with the first place or entry where they do."""
    found = []
    for field in fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if field.name == "program":
            continue
        if isinstance(a, Counters):
            found += differences(a, b)
        elif isinstance(a, np.ndarray):
            if a.shape != b.shape or a.dtype != b.dtype:
                found.append(f"{field.name}: {a.dtype}{a.shape} and {b.dtype}{b.shape}")
            elif not np.array_equal(a, b):
                where = tuple(int(n) for n in np.argwhere(a != b)[0])
                found.append(f"{field.name}{where}: {a[where]} and {b[where]}, {int((a != b).sum())} in all")
        elif isinstance(a, tuple) and a != b:
            only = [entry for entry in a if entry not in b][:3], [entry for entry in b if entry not in a][:3]
            found.append(f"{field.name}: {len(a)} and {len(b)}; only here {only[0]}; only there {only[1]}")
        elif not isinstance(a, tuple) and a != b:
            found.append(f"{field.name}: {a} and {b}")
    return found
