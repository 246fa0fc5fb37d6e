"""A chain of ALUs: arithmetic in fp32 with exp and rsqrt, no step of it through memory."""

from typing import Any

import numpy as np

from arch.config import Config
from arch.timing import timing
from arch.types import Type
from compiler.asm.builder import Builder
from examples.planes import to_planes
from scripts.full.case import Case, distance

#: Vectors that pass.
VECTORS = 32
#: What follows what: instruction, ALU, operands. Each takes the result of the one before it, a neighbor of the mesh.
STEPS = (
    ("Mul.f32", "vxm0", {"a": "E0", "b": "W0"}),
    ("Add.f32", "vxm1", {"a": "W", "b": "imm", "imm": 0.5}),
    ("Exp.f32", "vxm2", {"a": "W"}),
    ("Add.f32", "vxm3", {"a": "W", "b": "imm", "imm": 1.0}),
    ("Identity.f32", "vxm7", {"a": "N"}),
    ("RSqrt.f32", "vxm6", {"a": "E"}),
)
#: The operands' factor: x times w stays where exp is neither zero nor infinite.
LARGEST = 6.0


def chain(config: Config) -> Case:
    """y = 1 / sqrt(exp(x w + 1/2) + 1), x from the western hemisphere, w from the eastern one."""
    draw, t, b = np.random.default_rng(15), timing(config), Builder(config)
    inputs, into = {}, {"x": ("W", "E"), "w": ("E", "W")}
    start = t.read + max(distance(config, f"{side}.mem0", "vxm0", way) for side, way in into.values())
    for name, (side, way) in into.items():
        values = draw.uniform(-(LARGEST**0.5), LARGEST**0.5, (VECTORS, config.vector)).astype(np.float32)
        inputs[name] = to_planes(values)
        for byte in range(Type.F32.bytes):
            source = f"{side}.mem{byte}"
            issue = start - t.read - distance(config, source, "vxm0", way)
            b.region(name, "input", source, "0:0", VECTORS)
            b.run(issue, source, "Read", VECTORS, a="0:0", s=f"{way}{byte}", stride=1)
    for n, (name, alu, operands) in enumerate(STEPS):
        fields: dict[str, Any] = {**operands, **({"out": "E8"} if n == len(STEPS) - 1 else {})}
        b.run(start + n * t.alu, alu, name, VECTORS, **fields)
    done = start + (len(STEPS) - 1) * t.alu + t.vxm
    for byte in range(Type.F32.bytes):
        target = f"E.mem{byte}"
        store = done + distance(config, "vxm0", target, "E")
        b.run(store, target, "Write", VECTORS, a="1:0", s=f"E{8 + byte}", stride=1)
        b.region("y", "output", target, "1:0", VECTORS)
    title = f"{VECTORS} vectors of fp32 through {len(STEPS)} ALUs in a row, exp and rsqrt among them"
    return Case("chain", title, b.build(), inputs)
