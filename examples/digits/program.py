"""The network as a program for the preset `small`: one image enters in each cycle.

Both layers run at once, as a pipeline across the chip::

    E.mem0, E.mem1     pixels 0..31 and 32..63 of every image, eastward
    E.mxm0, E.mxm1     hidden layer: blocks of images in turn; a block's first pass (pixels 0..31) is kept in the
                       accumulators, the second (pixels 32..63) added and emitted westward
    vxm0..3            bias, float, scale, uint8: row 0 of the mesh, constants latched in row 1
    W.mxm0             output layer: what the VXM sends westward, without a trip to memory; emitted eastward
    vxm12..15          bias, float, scale, int8: row 3 of the mesh, constants latched in row 2
    E.mem2             scores

A plane holds 32 x 32 weights, the hidden layer has 64 x 32. So a plane swaps weights after every pass; while one block
streams through, the next pass's weights are loaded into the buffer behind it. E.mxm1 runs one pass behind E.mxm0: when
one adds and emits, the other keeps, so their results follow each other on the same streams without a gap.

Every cycle below follows from ``arch.timing`` and ``arch.conveyor``; none is written as a number.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arch.config import PRESETS
from arch.conveyor import Direction, hops
from arch.program import Program
from arch.queues import queues_by_name
from arch.timing import timing
from compiler.asm.builder import Builder
from examples.digits.network import CLASSES, Network
from examples.planes import to_planes

MACHINE = PRESETS["small"]
#: Images that pass between two changes of weights. At least ``acc_row``, and enough to load two planes meanwhile.
BLOCK = 30
#: Images at most: the words of more would not all reach the queues in time.
MOST = 40 * BLOCK

#: Streams, by what they carry: the two halves of the pixels; weights and constants; sums; hidden units; scores.
PIXELS, SUMS, HIDDEN, SCORES = ("E8", "E9"), {"E": "W0", "W": "E0"}, "W8", "E16"
WEIGHTS, CONSTANTS = {"E": 0, "W": 16}, 0
#: Planes of the hidden layer.
_PLANES = ("E.mxm0", "E.mxm1")
#: Regions of the host.
INPUT, OUTPUT = "pixels", "scores"


@dataclass(frozen=True)
class Chain:
    """ALUs of one requantization, and the mesh side on which the constants are latched.

    Attributes
    ----------
    add, to_float, scale, to_integer
        Each takes the result of the one before it, its west neighbor.
    bias, factor
        Those that latch the constants, neighbors of ``add`` and ``scale``.
    side
        Where they stand, seen from these.
    """

    add: str
    to_float: str
    scale: str
    to_integer: str
    bias: str
    factor: str
    side: str


_HIDDEN_CHAIN = Chain("vxm0", "vxm1", "vxm2", "vxm3", "vxm4", "vxm6", "S")
_OUTPUT_CHAIN = Chain("vxm12", "vxm13", "vxm14", "vxm15", "vxm8", "vxm10", "N")


def build(network: Network, images: int) -> Program:
    """Program that gives the scores of ``images`` images, a multiple of ``BLOCK``.

    Raises
    ------
    ValueError
        If the number of images does not fit, in one line.
    """
    if images < BLOCK or images % BLOCK or images > MOST:
        raise ValueError(f"images must be a multiple of {BLOCK} up to {MOST}, not {images!r}")
    b = Builder(MACHINE)
    _contents(b, network)
    b.region(INPUT, "input", "E.mem0", "0:0", images)
    b.region(INPUT, "input", "E.mem1", "0:0", images)
    b.region(OUTPUT, "output", "E.mem2", "0:0", images)
    _latch_constants(b)
    sums = _hidden(b, images)
    units = _chain(b, _HIDDEN_CHAIN, sums + _hops("E.mxm0", "vxm0", "W"), images, SUMS["E"], HIDDEN, "u8", 0)
    emitted = _output(b, images, units + _hops("vxm0", "W.mxm0", "W"))
    into = emitted + _hops("W.mxm0", "vxm0", "E")
    found = _chain(b, _OUTPUT_CHAIN, into, images, SUMS["W"], SCORES, "i8", network.zero)
    b.run(found + _hops("vxm0", "E.mem2", "E"), "E.mem2", "Write", images, a="0:0", s=SCORES, stride=1)
    b.meta({"network": "digits", "images": images})
    return b.build()


def rows(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Region ``pixels`` of images uint8[n, 64]: uint8[2n, vector], the first halves, then the second."""
    return np.concatenate(np.split(pixels, pixels.shape[1] // MACHINE.vector, axis=1))


def scores(region: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Scores int8[n, 10] of region ``scores``, uint8[n, vector]."""
    return region[:, :CLASSES].view(np.int8)


def _contents(b: Builder, network: Network) -> None:
    """Initial memory: weights by streams of the wide group; constants byte by byte, a row for each."""
    size = MACHINE.vector
    hidden = network.hidden.weights.reshape(-1, size, size)
    output = _padded(network.output.weights)
    for stream in range(MACHINE.lanes):
        b.data(_weight_slice("E", stream), "0:0", np.concatenate([_columns(part, stream) for part in hidden]))
        b.data(_weight_slice("W", stream), "0:0", _columns(output, stream))
    # Rows: bias and scale of the hidden layer, then those of the output layer; byte n of their elements in slice n.
    for row, layer in enumerate((network.hidden, network.output)):
        for n, values in enumerate((layer.bias, layer.scale)):
            for byte, plane in enumerate(to_planes(_padded(values)[None])):
                b.data(f"W.mem{byte}", 2 * row + n, plane[None])


def _padded(values: NDArray) -> NDArray:
    """Zeros for the columns that the layer does not have."""
    width = [(0, 0)] * (values.ndim - 1) + [(0, MACHINE.vector - values.shape[-1])]
    return np.pad(values, width)


def _columns(weights: NDArray[np.int8], stream: int) -> NDArray[np.uint8]:
    """What one stream of the wide group carries of W[vector, vector]: in row c its column ``lanes * c + stream``."""
    return np.ascontiguousarray(weights[:, stream :: MACHINE.lanes].T).view(np.uint8)


def _weight_slice(side: str, stream: int) -> str:
    """Slice of a stream of the wide group: those nearest to the MXM."""
    return f"{side}.mem{MACHINE.slices - MACHINE.lanes + stream}"


def _hops(source: str, target: str, way: str) -> int:
    """Hops between two units, each named by a queue of it or by its plane."""
    chip = queues_by_name(MACHINE)
    sites = [chip.get(name) or chip[f"{name}.weights"] for name in (source, target)]
    found = hops(MACHINE, sites[0].site, sites[1].site, Direction("EW".index(way)))
    if found is None:
        raise ValueError(f"no stream leads {way} from {source} to {target}")
    return found


def _latch_constants(b: Builder) -> None:
    """Bias and scale of both layers into the ALUs beside the chains, where they stay."""
    for byte in range(4):
        b.run(0, f"W.mem{byte}", "Read", 4, a="0:0", s=f"E{CONSTANTS + byte}", stride=1)
    arrival = timing(MACHINE).read + _hops("W.mem0", "vxm0", "E")
    for n, chain in enumerate((_HIDDEN_CHAIN, _OUTPUT_CHAIN)):
        b.at(arrival + 2 * n, chain.bias, "Latch.i32", a=f"E{CONSTANTS}")
        b.at(arrival + 2 * n + 1, chain.factor, "Latch.f32", a=f"E{CONSTANTS}")


def _load(b: Builder, plane: str, first: int, row: int, ahead: int = 0) -> None:
    """Fill a plane's buffer from a row of its weight slices on, and install it for an ABC in cycle ``first``.

    ``ahead`` is how many cycles earlier than necessary it is loaded, so that two planes can take turns.
    """
    side, t = plane[0], timing(MACHINE)
    install = first - t.install
    start = install - t.install - MACHINE.superlanes + 1 - ahead
    group = WEIGHTS[side]
    for stream in range(MACHINE.lanes):
        source = _weight_slice(side, stream)
        issue = start - t.read - _hops(source, plane, side)
        b.run(issue, source, "Read", MACHINE.superlanes, a=row, s=f"{side}{group + stream}", stride=1)
    b.run(start, f"{plane}.weights", "LW", MACHINE.superlanes, s=f"{side}{group}", col=0, stride=1)
    b.at(install, f"{plane}.weights", "IW", from_="buffer")


def _earliest(plane: str) -> int:
    """Earliest ABC of a plane whose weights are read from cycle 0 on."""
    t = timing(MACHINE)
    farthest = max(_hops(_weight_slice(plane[0], n), plane, plane[0]) for n in range(MACHINE.lanes))
    return t.read + farthest + MACHINE.superlanes - 1 + 2 * t.install


def _hidden(b: Builder, images: int) -> int:
    """The hidden layer; the result is the cycle in which the first image's sums leave the MXM."""
    t, first, vectors = timing(MACHINE), _earliest("E.mxm0"), MACHINE.superlanes
    for half, stream in enumerate(PIXELS):
        source = f"E.mem{half}"
        issue = first + half * BLOCK - t.read - _hops(source, "E.mxm0", "E")
        b.run(issue, source, "Read", images, a="0:0", s=stream, stride=1)
    for block in range(images // BLOCK):
        number = block % len(_PLANES)
        plane = _PLANES[number]
        for half, stream in enumerate(PIXELS):
            start = first + (block + half) * BLOCK
            # Both planes change weights in the same cycle; E.mxm1's come right before E.mxm0's, on the same streams.
            _load(b, plane, start, half * vectors, ahead=number * vectors)
            b.run(start, f"{plane}.activations", "ABC.u8i8", BLOCK, s=stream)
            queue, issue = f"{plane}.accumulators", start + t.abc
            if half:
                b.run(issue, queue, "ACC.i32", BLOCK, mode="add", row=0, stride=1, out=SUMS["E"])
            else:
                b.run(issue, queue, "ACC.i32", BLOCK, mode="write", row=0, stride=1, keep=1)
    return first + BLOCK + t.abc + t.acc


def _output(b: Builder, images: int, start: int) -> int:
    """The output layer on hidden units that arrive from ``start`` on; the result is when the first sums leave."""
    t = timing(MACHINE)
    _load(b, "W.mxm0", _earliest("W.mxm0"), 0)
    b.run(start, "W.mxm0.activations", "ABC.u8i8", images, s=HIDDEN)
    b.run(start + t.abc, "W.mxm0.accumulators", "ACC.i32", images, mode="write", row=0, out=SUMS["W"])
    return start + t.abc + t.acc


def _chain(b: Builder, chain: Chain, start: int, images: int, source: str, target: str, element: str, zero: int) -> int:
    """Requantize sums that arrive from ``start`` on; the result is the cycle in which the first leaves the VXM."""
    step = timing(MACHINE).alu
    b.run(start, chain.add, "Add.i32", images, a=source, b=chain.side)
    b.run(start + step, chain.to_float, "Cast.i32.f32", images, a="W")
    b.run(start + 2 * step, chain.scale, "Mul.f32", images, a="W", b=chain.side)
    last = start + 3 * step
    b.run(last, chain.to_integer, f"Cast.f32.{element}", images, a="W", b="imm", imm=zero, out=target)
    return last + timing(MACHINE).vxm
