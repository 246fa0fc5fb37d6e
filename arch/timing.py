"""The timing table: when operands must be there and when results are visible, as a function of the configuration.

All times are cycles after issue, in the time of the superlane concerned (superlane k does everything k cycles later).
An operand of ``d_skew`` d is sampled from the stream registers at issue + d; a result of ``d_func`` d is in the stream
register that it drives from issue + d on. Published: the two notions, hops, and the numbers that docs/architecture.md
lists; the formulas are our decision. Everything that knows a latency reads it here.
"""

from dataclasses import dataclass
from functools import cache

from arch import text
from arch.config import Config


@dataclass(frozen=True)
class Latency:
    """One row of the timing table.

    Attributes
    ----------
    d_skew
        When stream operands are sampled; None where an instruction has none.
    d_func
        When the result is visible in the stream register it drives, or, where ``note`` says so, elsewhere.
    note
        What ``d_func`` is measured to, where that is no stream register.
    """

    d_skew: int | None
    d_func: int | None
    note: str = ""


@dataclass(frozen=True)
class Timing:
    """Every latency of one configuration, in cycles.

    Attributes
    ----------
    read
        d_func of Read and Gather. The SRAM is accessed in the same cycle after issue by all four parts, so two parts
        conflict exactly if they issue together, and a Read sees every Write issued before it.
    write
        From Write to the first Read that sees it.
    alu
        d_alu: an operand that is a mesh neighbor or self is the result issued this long ago.
    vxm
        d_func of a VXM result on a stream.
    install
        From LW to the first IW that installs it, and from IW to the first ABC that uses it.
    abc
        From ABC to the ACC that takes its sums.
    acc
        d_func of an ACC that emits.
    acc_row
        d_acc: from an ACC that keeps a row to the first ACC that may add to it or read it.
    sxm_local, sxm_cross
        d_func of SXM results inside a superlane, and across.
    receive
        d_func of Receive.
    loopback
        From Send to the Receive that takes its vector, on a link looped back.
    barrier
        B: from Notify to the first cycle in which a released queue issues (published: 35 at full size).
    drain
        From the first cycle in which all queues are parked to idle.
    """

    read: int
    write: int
    alu: int
    vxm: int
    install: int
    abc: int
    acc: int
    acc_row: int
    sxm_local: int
    sxm_cross: int
    receive: int
    loopback: int
    barrier: int
    drain: int


@cache
def timing(config: Config) -> Timing:
    """Latencies of a configuration."""
    s = config.stages
    vertical = 2 * (config.superlanes - 1)
    read = 1 + s.mem_access + 1
    vxm = s.operand + s.alu + s.result
    abc = s.operand + s.mxm_mac + 1 + vertical + (s.mxm_round if config.mxm_fp16 else 0)
    acc = s.acc + s.result
    sxm_cross = s.operand + s.sxm_cross + vertical + s.result
    sxm_local = s.operand + s.sxm_local + s.result
    fetch = text.sample_offset(config, text.vectors(config) - 1) + vertical + s.fetch
    longest = max(read, vxm, abc + acc, sxm_cross, sxm_local, s.c2c + s.result, fetch)
    return Timing(
        read=read,
        write=1,
        alu=s.alu,
        vxm=vxm,
        install=1,
        abc=abc,
        acc=acc,
        acc_row=s.acc,
        sxm_local=sxm_local,
        sxm_cross=sxm_cross,
        receive=s.result,
        loopback=s.c2c,
        barrier=config.positions + 2,
        drain=config.superlanes - 1 + longest,
    )


def table(config: Config) -> dict[str, Latency]:
    """The timing table by mnemonic; "VXM" stands for every instruction of the VXM."""
    t = timing(config)
    last = text.sample_offset(config, text.vectors(config) - 1)
    return {
        "Ifetch": Latency(0, text.block(config)[0].ready, f"the first word's issue; samples until +{last}"),
        "Notify": Latency(None, t.barrier, "the first cycle in which released queues issue"),
        "Read": Latency(None, t.read),
        "Gather": Latency(0, t.read),
        "Write": Latency(0, t.write, "the first Read that sees it"),
        "Scatter": Latency(0, t.write, "the first Read that sees it"),
        "VXM": Latency(0, t.vxm, f"streams; mesh neighbors and self see the result at +{t.alu}"),
        "LW": Latency(0, t.install, "the first IW that installs it"),
        "IW": Latency(0, t.install, "the first ABC that uses it"),
        "ABC": Latency(0, t.abc, "the ACC that takes its sums"),
        "ACC": Latency(0, t.acc, f"streams; the row may be used again at +{t.acc_row}"),
        "Shift": Latency(0, t.sxm_cross),
        "Select": Latency(0, t.sxm_cross),
        "Permute": Latency(0, t.sxm_cross),
        "Distribute": Latency(0, t.sxm_local),
        "Rotate": Latency(0, t.sxm_local),
        "Transpose": Latency(0, t.sxm_local),
        "Deskew": Latency(None, 1, "the first Send that it does not discard"),
        "Send": Latency(0, t.loopback, "the Receive that takes it, on a link looped back"),
        "Receive": Latency(None, t.receive),
    }


def weight_transit(config: Config) -> int:
    """Cycles, at one superlane, from the first Read of all planes' weights to the last weight in its buffer.

    Every plane has a wide group of its own (published: all four in under 40). The weights come from the slices
    nearest to the MXM, one slice a stream; the far columns load first, so that all columns complete together. A
    hemisphere with too few slices to feed all of its planes at once loads them in rounds.
    """
    together = min(config.planes, config.slices // config.lanes)
    rounds = -(-config.planes // together)
    hops = -(-together * config.lanes // 4)
    last_issue = timing(config).read + hops + rounds * config.superlanes - 1
    return last_issue + config.stages.operand + 1
