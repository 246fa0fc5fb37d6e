"""Runs logic without a clock over many operands in Amaranth's simulator."""

from collections.abc import Callable, Iterable

from amaranth import Module, Signal
from amaranth.hdl import Shape, Value
from amaranth.sim import Simulator


def evaluate(
    inputs: dict[str, Shape], build: Callable[..., list[Value]], rows: Iterable[dict[str, int]]
) -> list[tuple[int, ...]]:
    """Outputs of ``build(m, **signals)`` for each row of input values."""
    m = Module()
    signals = {name: Signal(shape, name=f"in_{name}") for name, shape in inputs.items()}
    outputs = []
    for n, value in enumerate(build(m, **signals)):
        outputs.append(out := Signal(Value.cast(value).shape(), name=f"out_{n}"))
        m.d.comb += out.eq(value)
    seen: list[tuple[int, ...]] = []

    async def drive(ctx) -> None:
        for row in rows:
            for name, value in row.items():
                ctx.set(signals[name], value)
            seen.append(tuple(ctx.get(out) for out in outputs))

    simulator = Simulator(m)
    simulator.add_testbench(drive)
    simulator.run()
    return seen
