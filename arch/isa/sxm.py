"""SXM instructions (published names; fields are our decision)."""

from arch.isa.fields import Field, Kind
from arch.isa.spec import Spec
from arch.queues import Unit

_SRC = Field("s", 8, 6, Kind.STREAM, "source stream")
_DST = Field("out", 14, 6, Kind.STREAM, "stream to drive")
_SECOND = Field("map", 20, 6, Kind.STREAM, "stream of the map")
_AMOUNT = Field("n", 26, 10, Kind.UINT, "lanes to shift by, of the whole vector", high=511)

SHIFT = Spec(
    "Shift",
    (Unit.SXM_SHIFT_NORTH, Unit.SXM_SHIFT_SOUTH),
    0x70,
    (_AMOUNT, _SRC, Field("out", 14, 7, Kind.OUT, "stream to drive, if any", default=0)),
    "Moves the vector by n elements, across superlanes: in the shift-north queue element i goes to i+n (north is "
    "where superlane numbers grow), in the shift-south queue to i-n. Vacated elements are zero. A south shift may "
    "drive nothing and serve a Select only.",
)
SELECT = Spec(
    "Select",
    (Unit.SXM_SHIFT_NORTH,),
    0x71,
    (
        _AMOUNT,
        Field("s", 8, 6, Kind.STREAM, "stream to shift north"),
        Field("mask", 20, 6, Kind.STREAM, "per lane: 0 takes north, else south"),
        _DST,
    ),
    "Shifts s north by n and drives, per lane, that or the vector of the Shift that the shift-south queue issues in "
    "the same cycle, as the mask says. Without such a Shift it is a program error.",
)
PERMUTE = Spec(
    "Permute",
    (Unit.SXM_PERMUTE,),
    0x72,
    (_SRC, Field("map", 20, 6, Kind.STREAM, "aligned pair of streams, the map"), _DST),
    "Permutes all elements of the vector by a bijection (published), through a three-stage Clos network (our "
    "decision). Of the 16-bit map entry at superlane k, lane x, bits 3:0 name the lane of superlane k that feeds wire "
    "x, bits 8:4 the superlane whose wire x arrives at superlane k, bits 12:9 the wire that feeds lane x. The three "
    "stages must each be a bijection, unused bits zero: else it is a fault, every reference out of range reads zero, "
    "and the others still select as they say. A dark superlane takes part with zeros and its map is ignored.",
)
DISTRIBUTE = Spec(
    "Distribute",
    (Unit.SXM_DISTRIBUTE,),
    0x73,
    (
        Field("s", 8, 6, Kind.STREAM, "first stream of an aligned group of 8"),
        _SECOND,
        Field("out", 14, 6, Kind.STREAM, "first stream of an aligned group of 8"),
    ),
    "Remaps or replicates lanes inside each superlane: lane l of each of the eight results is lane map[l] of its "
    "source; an index of lanes or more gives zero (published).",
)
ROTATE = Spec(
    "Rotate",
    (Unit.SXM_ROTATE,),
    0x74,
    (
        Field("n", 26, 3, Kind.UINT, "side of the block", low=3, high=4),
        _SRC,
        Field("out", 14, 6, Kind.STREAM, "first of n*n streams, aligned to 16"),
    ),
    "Rotates the n x n block held row by row in the first n*n lanes of each superlane: result stream r*n + c holds, at "
    "block place (i, j), the element ((i+r) mod n, (j+c) mod n). Further lanes are zero.",
)
TRANSPOSE = Spec(
    "Transpose",
    (Unit.SXM_TRANSPOSE,),
    0x75,
    (
        Field("s", 8, 6, Kind.STREAM, "first stream of the wide group"),
        Field("out", 14, 6, Kind.STREAM, "first stream of the wide group"),
    ),
    "Exchanges streams and lanes inside each superlane: lane l of result stream i is lane i of source stream l, over a "
    "wide group of as many streams as lanes (published: 16 x 16).",
)

SXM = (SHIFT, SELECT, PERMUTE, DISTRIBUTE, ROTATE, TRANSPOSE)
