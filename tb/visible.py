"""Signals of the hardware that test benches read besides the chip's ports: (module, signal) patterns."""

#: What the back door reaches (:mod:`tb.backdoor`): all memories, and how much a queue holds.
MEMORIES = (
    ("sram1_*", "mem"),
    ("sram2_*", "mem"),
    ("queue_store_*", "count"),
    ("queue_store_*", "tail"),
)

#: What lockstep comparison reads.
LOCKSTEP = (
    ("column_*", "here__*"),
    ("sram1_*", "en"),
    ("sram1_*", "write"),
    ("sram1_*", "addr"),
    ("sram1_*", "wdata"),
    ("sram2_*", "write_en"),
    ("sram2_*", "write_addr"),
    ("sram2_*", "wdata"),
    ("vxm_tile_*", "result"),
    *MEMORIES,
)
