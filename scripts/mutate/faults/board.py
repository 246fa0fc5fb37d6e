"""Faults of the serial line to a board."""

from scripts.mutate.fault import Fault

_GOOD = ("tests/hdl/board/test_bridge.py::test_registers_and_packets",)
_BAD = ("tests/hdl/board/test_bridge.py::test_a_bad_line_costs_time_and_nothing_else",)
_STRANGE = ("tests/hdl/board/test_bridge.py::test_strange_requests_are_answered_and_do_nothing",)
_STILL = ("tests/hdl/board/test_bridge.py::test_a_chip_that_stands_still_is_reported",)

FAULTS = (
    Fault(
        "hdl/board/bridge.py",
        "with m.If((request.number != r.number) | ~self.greeted | (request.code == Request.HELLO)):",
        "with m.If(1):",
        "a request that is asked again is carried out again",
        _BAD,
    ),
    Fault(
        "hdl/board/frames.py",
        "m.d.comb += self.found.eq(crc.match)",
        "m.d.comb += self.found.eq(1)",
        "a request with a wrong CRC is carried out",
        _STRANGE,
    ),
    Fault(
        "hdl/board/frames.py",
        "m.d.comb += cut.eq(still == self.gap)",
        "m.d.comb += cut.eq(0)",
        "a frame that is cut off swallows the next one",
        _STRANGE,
    ),
    Fault(
        "hdl/board/bridge.py",
        "with m.Elif(r.patience == PATIENCE):\n                m.d.sync += r.passing.eq(r.place - 1 - self.beat_bytes)",
        "with m.Elif(0):\n                m.d.sync += r.passing.eq(r.place - 1 - self.beat_bytes)",
        "a chip that takes no beat makes the board silent",
        _STILL,
    ),
    Fault(
        "hdl/board/bridge.py",
        "self.m_axis_tlast.eq(r.last & r.whole),",
        "self.m_axis_tlast.eq(r.last),",
        "a packet ends with the first beat of its last request",
        _GOOD,
    ),
)
