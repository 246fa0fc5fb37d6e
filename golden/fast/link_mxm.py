"""MXM without time: which weights every ABC uses, which sums and which row every ACC takes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arch.isa.mxm import ACC, LW
from arch.timing import timing
from golden.fast.carry import Carry
from golden.fast.issues import Issues
from golden.fast.tables import MODE_READ, MODE_WRITE, Kind, Tables

__all__ = ["NONE", "AccLinks", "WeightLinks", "last_before", "link_acc", "link_weights", "strided"]

Column = NDArray[np.int64]

#: No producer in the window: the state at its start stands.
NONE = -1


def last_before(keys: Column, wanted: Column) -> Column:
    """Row of the last of sorted keys at or below each wanted one; -1 if there is none."""
    return np.searchsorted(keys, wanted, side="right") - 1


def strided(tables: Tables, issues: Issues, rows: Column, width: int) -> Column:
    """Row of an ACC or column of a weight load, wrapped at the width of its field."""
    wid = issues.wid[rows]
    return (tables.number[wid] + issues.repeat[rows] * tables.stride[wid]) & ((1 << width) - 1)


@dataclass(frozen=True)
class WeightLinks:
    """Versions of the weight arrays that matter in a window.

    Attributes
    ----------
    loads, column : int64[loads]
        LW and IW from streams as rows of the issues; the column, which may be out of range.
    version : int64[abc, 2]
        Version that each ABC uses of its plane and, for f16, of the odd one (else -1).
    plane, source, base : int64[versions], int64[versions, S], int64[versions, S]
        Plane of a version; by column the row of ``loads`` that brought it, or ``NONE``: then it is that of the buffer
        (``base`` 0) or array (1) at the start of the window.
    final : int64[2 kinds, 2 * planes, S]
        Row of ``loads`` that each column of buffer and array ends with, or NONE; ``final_base`` likewise.
    """

    loads: Column
    column: Column
    version: Column
    plane: Column
    source: Column
    base: Column
    final: Column
    final_base: Column


def link_weights(tables: Tables, issues: Issues, form: Column, kind: Column, abc: Column) -> WeightLinks:
    """Follow weights from the streams into the buffers and arrays."""
    config = tables.config
    S, planes = config.superlanes, 2 * config.planes
    where = tables.form["where"][form]
    loads = np.flatnonzero((kind == Kind.LW) | (kind == Kind.IW_STREAM))
    column = strided(tables, issues, loads, LW.by_name["col"].width)
    installs = np.flatnonzero((kind == Kind.IW_BUFFER) | (kind == Kind.IW_STREAM))
    ends = int(issues.t.max()) + 2 if len(issues) else 1
    # Versions: the state after the last install before a cycle, by plane.
    place = where[installs] * ends + issues.t[installs]
    order = np.argsort(place)
    place, installs = place[order], installs[order]
    version = np.full((len(abc), 2), -1)
    paired = tables.form["paired"][form[abc]] != 0
    used = []
    for number, extra in enumerate((0, 1)):
        plane = where[abc] + extra
        at = last_before(place, plane * ends + issues.t[abc] - 1)
        at = np.where((at >= 0) & (where[installs[at]] == plane) if len(installs) else False, at, -1 - plane)
        chosen = np.ones(len(abc), np.bool_) if number == 0 else paired
        used.append(np.where(chosen, at, NONE - planes))
    finals = last_before(place, np.arange(planes) * ends + ends - 1)
    finals = np.where(
        (finals >= 0) & (where[installs[finals]] == np.arange(planes)) if len(installs) else False,
        finals,
        -1 - np.arange(planes),
    )
    stamps, back = np.unique(np.concatenate([*used, finals]), return_inverse=True)
    back = back.reshape(-1)
    for number in range(2):
        ids = back[number * len(abc) : (number + 1) * len(abc)]
        version[:, number] = np.where(used[number] == NONE - planes, -1, ids)
    source, base, plane = _columns(issues, where, kind, loads, column, installs, stamps, S, ends)
    final = np.full((2, planes, S), NONE)
    final[0] = _last_loads(issues, where, kind, loads, column, np.arange(planes), np.full(planes, ends - 1), S, ends)
    last = back[2 * len(abc) :]
    final[1] = source[last]
    final_base = np.stack([np.zeros((planes, S), np.int64), base[last]])
    plane = np.minimum(plane, planes - 1)  # the stamp of "no version" has none
    return WeightLinks(loads, column, version, plane, source, base, final, final_base)


def _last_loads(
    issues: Issues,
    where: Column,
    kind: Column,
    loads: Column,
    column: Column,
    plane: Column,
    before: Column,
    S: int,
    ends: int,
    wanted: Kind = Kind.LW,
) -> Column:
    """Row of ``loads``, of kind LW or IW from streams, that last brought each column of a plane before a cycle."""
    rows = np.flatnonzero((kind[loads] == wanted) & (column < S))
    key = (where[loads[rows]] * S + column[rows]) * ends + issues.t[loads[rows]]
    order = np.argsort(key)
    place = plane[:, None] * S + np.arange(S)
    at = last_before(key[order], place * ends + before[:, None] - 1)
    if not len(rows):
        return np.full(place.shape, NONE)
    found = rows[order[at]]
    same = (at >= 0) & (where[loads[found]] * S + column[found] == place)
    return np.where(same, found, NONE)


def _columns(
    issues: Issues,
    where: Column,
    kind: Column,
    loads: Column,
    column: Column,
    installs: Column,
    stamps: Column,
    S: int,
    ends: int,
) -> tuple[Column, Column, Column]:
    """Where each column of each version comes from; a stamp is the last install, or -1 - plane for none."""
    count = len(stamps)
    none = np.full((count, S), NONE)
    plane = np.where(stamps >= 0, 0, -1 - stamps)
    fresh = stamps >= 0
    if not fresh.any():
        return none, np.ones((count, S), np.int64), plane
    rows = installs[stamps[fresh]]
    plane[fresh] = where[rows]
    t = issues.t[rows]
    buffers = installs[kind[installs] == Kind.IW_BUFFER]
    key = where[buffers] * ends + issues.t[buffers]
    at = last_before(key, plane[fresh] * ends + t)
    has = (at >= 0) & (where[buffers[at]] == plane[fresh]) if len(buffers) else np.zeros(len(rows), np.bool_)
    installed = np.where(has, issues.t[buffers[at]] if len(buffers) else 0, -1)
    common = (issues, where, kind, loads, column, plane[fresh])
    direct = _last_loads(*common, t + 1, S, ends, Kind.IW_STREAM)
    direct_t = np.where(direct >= 0, issues.t[loads[direct]] if len(loads) else 0, -1)
    buffered = _last_loads(*common, installed, S, ends)
    late = direct_t > installed[:, None]
    source, base = none, np.ones((count, S), np.int64)
    source[fresh] = np.where(late, direct, np.where(has[:, None], buffered, NONE))
    base[fresh] = np.where(has[:, None] & ~late, 0, 1)
    return source, base, plane


@dataclass(frozen=True)
class AccLinks:
    """What every ACC takes.

    Attributes
    ----------
    acc, place : int64[acc]
        ACCs as rows of the issues; plane * acc_rows + row, -1 out of range.
    sums : int64[acc]
        Carried sums, then the ABCs of the window; ``NONE``.
    held : int64[acc]
        Carried values, then the ACCs of the window: the one whose value stands in the row; ``NONE``: the row itself.
    wrong_type, hazard : bool[acc]
    """

    acc: Column
    place: Column
    sums: Column
    held: Column
    wrong_type: NDArray[np.bool_]
    hazard: NDArray[np.bool_]


def link_acc(tables: Tables, issues: Issues, form: Column, kind: Column, abc: Column, carry: Carry) -> AccLinks:
    """Find the sums and the row of every ACC."""
    config, t, columns = tables.config, timing(tables.config), tables.form
    acc = np.flatnonzero(kind == Kind.ACC)
    row = strided(tables, issues, acc, ACC.by_name["row"].width)
    plane, at, mode = columns["where"][form[acc]], issues.t[acc], columns["mode"][form[acc]]
    place = np.where(row < config.acc_rows, plane * config.acc_rows + row, -1)
    base = carry.start - t.abc - t.acc_row
    ends = int(issues.t.max()) + 2 - base if len(issues) else 1
    made_plane = np.concatenate([carry.sums.place, columns["where"][form[abc]]])
    made_t = np.concatenate([carry.sums.t, issues.t[abc]])
    made_type = np.concatenate([carry.sums.note, columns["type"][form[abc]]])
    sums = _exact(made_plane * ends + made_t - base, plane * ends + at - t.abc - base)
    taken = mode != MODE_READ
    sums = np.where(taken, sums, NONE)
    wrong = (sums >= 0) & (made_type[sums] != columns["type"][form[acc]]) if len(made_type) else sums >= 0
    keep = np.flatnonzero((columns["keep"][form[acc]] != 0) & (place >= 0))
    key = np.concatenate([carry.kept.place * ends + carry.kept.t - base, place[keep] * ends + at[keep] - base])
    source = np.concatenate([np.arange(len(carry.kept)), len(carry.kept) + keep])
    order = np.argsort(key)
    key, source = key[order], source[order]
    asks = (mode != MODE_WRITE) & (place >= 0)
    landed = last_before(key, place * ends + at - t.acc_row - base)
    latest = last_before(key, place * ends + at - 1 - base)
    if not len(key):
        none = np.full(len(acc), NONE)
        return AccLinks(acc, place, sums, none, wrong, np.zeros(len(acc), np.bool_))
    mine = (landed >= 0) & (key[landed] // ends == place)
    held = np.where(asks & mine, source[landed], NONE)
    hazard = asks & (latest > landed) & (key[latest] // ends == place)
    return AccLinks(acc, place, sums, held, wrong, hazard)


def _exact(keys: Column, wanted: Column) -> Column:
    """Row of the key equal to each wanted one; NONE if there is none."""
    if not len(keys):
        return np.full(len(wanted), NONE)
    order = np.argsort(keys)
    at = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
    return np.where(keys[order[at]] == wanted, order[at], NONE)
