"""C2C instructions (published names; fields are our decision)."""

from arch.isa.fields import Field, Kind
from arch.isa.spec import Spec
from arch.queues import Unit

_UNITS = (Unit.C2C,)
_LINK = Field("link", 8, 4, Kind.UINT, "link, one of the queue's two")

DESKEW = Spec(
    "Deskew",
    _UNITS,
    0x78,
    (_LINK,),
    "Aligns a link's receiver to its sender and discards what is under way on the link. On a link looped back this "
    "empties it: a vector sent before is absent afterwards.",
)
SEND = Spec(
    "Send",
    _UNITS,
    0x79,
    (_LINK, Field("s", 12, 6, Kind.STREAM, "stream to send")),
    "Sends the vector of stream s over a link, corrected and checked.",
)
RECEIVE = Spec(
    "Receive",
    _UNITS,
    0x7A,
    (_LINK, Field("s", 12, 6, Kind.STREAM, "stream to drive")),
    "Drives the vector that arrives on a link in this cycle. There is no back-pressure: absent data is a fault and "
    "zero bytes are driven.",
)

C2C = (DESKEW, SEND, RECEIVE)
