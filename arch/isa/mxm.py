"""MXM instructions (published names; fields are our decision)."""

from arch.isa.fields import Field, Kind
from arch.isa.spec import Spec
from arch.queues import Unit

#: Forms of a multiplication by encoding: activation type, then weight type.
FORMS = ("i8i8", "i8u8", "u8i8", "u8u8", "f16")
#: Where IW takes weights from, by encoding.
SOURCES = ("buffer", "streams")
#: What ACC does with its row, by encoding.
MODES = ("write", "add", "read")

LW = Spec(
    "LW",
    (Unit.MXM_WEIGHTS,),
    0x60,
    (
        Field("s", 8, 6, Kind.STREAM, "first stream of the wide group"),
        Field("col", 14, 5, Kind.UINT, "supercell column to load"),
        Field("stride", 19, 6, Kind.SINT, "added to col at each Repeat", default=0),
    ),
    "Loads one lanes x lanes supercell per superlane of column col from a wide group into the weight buffer: stream i, "
    "lane l is W[superlane*lanes + l, col*lanes + i]. A plane takes as many LW as it has superlanes. The load moves "
    "outward one supercell per cycle, as everything in the plane does.",
)
IW = Spec(
    "IW",
    (Unit.MXM_WEIGHTS,),
    0x61,
    (
        Field("from", 8, 1, Kind.CHOICE, "what is installed", choices=SOURCES),
        Field("s", 9, 6, Kind.STREAM, "with streams: first stream of the wide group", default=0),
        Field("col", 15, 5, Kind.UINT, "with streams: supercell column to install", default=0),
        Field("stride", 20, 6, Kind.SINT, "added to col at each Repeat", default=0),
    ),
    "Installs weights in the array, for every ABC issued in a later cycle: the whole buffer, or one column straight "
    "from a wide group. It travels with the activation wave, so weights change between two vectors without a bubble.",
)
ABC = Spec(
    "ABC",
    (Unit.MXM_ACTIVATIONS,),
    0x62,
    (
        Field("form", 8, 3, Kind.CHOICE, "types of activations and weights", choices=FORMS),
        Field("s", 11, 6, Kind.STREAM, "activations; an aligned pair for f16"),
        Field("half", 17, 1, Kind.UINT, "f16: half of each superlane's lanes that is this pass's K", default=0),
    ),
    "Sends one activation vector through the array; its sums reach the accumulators a constant time later, where an "
    "ACC takes them or they are lost. int8: all lanes, exact int32. f16, in the even plane's queue only: the even "
    "plane holds the weights' low bytes, the odd one the high bytes; the exact sum over half of the lanes is rounded "
    "once to fp32, and the odd plane's own activations queue must not issue in that cycle.",
)
ACC = Spec(
    "ACC",
    (Unit.MXM_ACCUMULATORS,),
    0x63,
    (
        Field("type", 8, 3, Kind.TYPE, "i32, or f32 for the sums of an f16 ABC"),
        Field("mode", 11, 2, Kind.CHOICE, "what becomes of the row", choices=MODES),
        Field("row", 13, 10, Kind.UINT, "accumulator row"),
        Field("stride", 23, 11, Kind.SINT, "added to row at each Repeat", default=0),
        Field("keep", 34, 1, Kind.FLAG, "store the value in the row", default=0),
        Field("out", 35, 7, Kind.OUT, "emit the value on an aligned group of four streams", default=0),
    ),
    "Takes the sums that arrive in this cycle (write), adds them to the row (add; int32 wrapping, fp32 rounded), or "
    "takes the row alone (read). The value is kept in the row, emitted, or both. A row that is kept at t may be added "
    "to or read again from t+d_acc on; earlier is a program error. The f16 sums of a pair arrive at the even plane.",
)

MXM = (LW, IW, ABC, ACC)
