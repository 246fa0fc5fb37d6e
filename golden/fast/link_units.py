"""VXM mesh, SXM pairs and C2C links without time: which issue every operand or vector comes from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arch.queues import Unit
from arch.timing import timing
from golden.fast.carry import Carry
from golden.fast.issues import Issues
from golden.fast.link_mxm import NONE, last_before
from golden.fast.tables import ROLES, Kind, Source, Tables

__all__ = ["LinkLinks", "MeshLinks", "PairLinks", "link_c2c", "link_mesh", "link_pairs"]

Column = NDArray[np.int64]


@dataclass(frozen=True)
class MeshLinks:
    """Mesh operands.

    Attributes
    ----------
    vxm : int64[vxm]
        VXM instructions as rows of the issues.
    user, role : int64[operands]
        Row of ``vxm`` and role of each operand from the mesh.
    source : int64[operands]
        Carried results, then those of ``vxm``: the one that the ALU's register holds; NONE.
    usable : bool[operands]
        Whether it may be used: issued d_alu before, or latched.
    """

    vxm: Column
    user: Column
    role: Column
    source: Column
    usable: NDArray[np.bool_]


def link_mesh(tables: Tables, issues: Issues, form: Column, kind: Column, carry: Carry) -> MeshLinks:
    """Find the result that each operand from the mesh takes."""
    vxm = np.flatnonzero(kind == Kind.VXM)
    forms, t = form[vxm], issues.t[vxm]
    none = np.zeros(0, np.int64)
    users, roles, alus = [none], [none], [none]
    for number, role in enumerate(ROLES):
        found = np.flatnonzero(tables.form[f"source_{role}"][forms] == Source.MESH)
        users.append(found)
        roles.append(np.full(len(found), number))
        alus.append(tables.form[f"neighbor_{role}"][forms[found]])
    user, role, alu = np.concatenate(users), np.concatenate(roles), np.concatenate(alus)
    if not len(user):
        return MeshLinks(vxm, user, role, user, np.zeros(0, np.bool_))
    made_alu = np.concatenate([carry.mesh.place, tables.form["where"][forms]])
    made_t = np.concatenate([carry.mesh.t, t])
    latch = np.concatenate([carry.mesh.note, tables.form["keep"][forms]]) != 0
    base = min(int(made_t.min()), carry.start - timing(tables.config).alu)
    span = int(made_t.max()) + 1 - base
    key = made_alu * span + made_t - base
    order = np.argsort(key)
    wanted = t[user] - timing(tables.config).alu - base
    at = last_before(key[order], alu * span + wanted)
    source = order[at]
    source = np.where((at >= 0) & (made_alu[source] == alu), source, NONE)
    usable = (source >= 0) & ((made_t[source] - base == wanted) | latch[source])
    return MeshLinks(vxm, user, role, source, usable)


@dataclass(frozen=True)
class PairLinks:
    """Pairs of instructions of one cycle.

    Attributes
    ----------
    select, south : int64
        Selects as rows of the issues, and the Shift south of each, NONE if there is none.
    odd, even : int64
        ABCs of an odd plane and the f16 ABC of the even one in the same cycle.
    """

    select: Column
    south: Column
    odd: Column
    even: Column


def link_pairs(tables: Tables, issues: Issues, form: Column, kind: Column) -> PairLinks:
    """Find the Shift of every Select, and ABCs that disturb each other."""
    config, where = tables.config, tables.form["where"][form]
    units = np.array([queue.unit is Unit.SXM_SHIFT_SOUTH for queue in tables.words.queues])
    select = np.flatnonzero(kind == Kind.SELECT)
    shift = np.flatnonzero((kind == Kind.SHIFT) & units[tables.form["queue"][form]])
    south = _meet(where[shift] + 2 * issues.t[shift], where[select] + 2 * issues.t[select], shift)
    none = np.zeros(0, np.int64)
    if config.planes == 1:
        return PairLinks(select, south, none, none)
    abc = np.flatnonzero(kind == Kind.ABC)
    paired = abc[tables.form["paired"][form[abc]] != 0]
    odd = abc[where[abc] % config.planes == 1]
    planes = 2 * config.planes
    even = _meet(where[paired] + 1 + planes * issues.t[paired], where[odd] + planes * issues.t[odd], paired)
    return PairLinks(select, south, odd[even >= 0], even[even >= 0])


def _meet(keys: Column, wanted: Column, rows: Column) -> Column:
    """Row whose key is the wanted one, NONE if there is none."""
    if not len(keys):
        return np.full(len(wanted), NONE)
    order = np.argsort(keys)
    at = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
    return np.where(keys[order[at]] == wanted, rows[order[at]], NONE)


@dataclass(frozen=True)
class LinkLinks:
    """Vectors on links.

    Attributes
    ----------
    send, receive : int64
        Instructions as rows of the issues.
    source : int64[receive]
        Carried vectors, then those of ``send``; NONE if none arrives.
    alive : bool[carried + send]
        Vectors that no Deskew of the window has discarded.
    """

    send: Column
    receive: Column
    source: Column
    alive: NDArray[np.bool_]


def link_c2c(tables: Tables, issues: Issues, form: Column, kind: Column, carry: Carry) -> LinkLinks:
    """Find the vector that every Receive takes."""
    loopback, where = timing(tables.config).loopback, tables.form["where"][form]
    send, receive = np.flatnonzero(kind == Kind.SEND), np.flatnonzero(kind == Kind.RECEIVE)
    deskew = np.flatnonzero(kind == Kind.DESKEW)
    link = np.concatenate([carry.sent.place, where[send]])
    t = np.concatenate([carry.sent.t, issues.t[send]])
    links = max(tables.config.c2c_links, 1)
    # A vector is discarded by the first Deskew behind it, if that comes before it arrives.
    alive = np.ones(len(t), np.bool_)
    for number in np.unique(where[deskew]):
        mine = np.sort(issues.t[deskew[where[deskew] == number]])
        behind = np.searchsorted(mine, t, side="right")
        later = np.where(behind < len(mine), mine[np.minimum(behind, len(mine) - 1)], t + loopback)
        alive &= (link != number) | (later >= t + loopback)
    source = _meet(
        (link + links * (t + loopback))[alive],
        where[receive] + links * issues.t[receive],
        np.flatnonzero(alive),
    )
    return LinkLinks(send, receive, source, alive)
