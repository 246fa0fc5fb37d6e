"""What type and shape a node gives: the rules of the intermediate form, in one place for its builder and its check."""

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np

from arch.isa import vxm
from arch.types import Type
from compiler.graph import ir

Shape = tuple[int, ...]
#: Ways to combine two elements.
COMBINATIONS = ("Add", "Max", "Min")
_PRODUCTS = {Type.F16: Type.F32, Type.I8: Type.I32, Type.U8: Type.I32}


class GraphError(ValueError):
    """A graph that means nothing: one line with the node and what is wrong."""


def broadcast(shapes: Sequence[Shape]) -> Shape:
    """Shape that shapes broadcast to; ``GraphError`` if they do not."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise GraphError(f"shapes {', '.join(str(list(s)) for s in shapes)} do not broadcast") from None


def windows(sizes: Shape, kernel: Shape, node: ir.Conv | ir.Pool) -> Shape:
    """Positions of a window along each spatial axis."""
    fields = {"strides": node.strides, "pads": node.pads, "dilations": node.dilations}
    for name, values in fields.items():
        if len(values) != len(sizes):
            raise GraphError(f"{name} must have a value for each of {len(sizes)} axes, not {len(values)}")
    result = []
    for size, k, stride, pad, dilation in zip(sizes, kernel, node.strides, node.pads, node.dilations, strict=True):
        if min(k, stride, dilation) < 1 or min(pad) < 0:
            raise GraphError("kernel, strides and dilations must be at least 1, pads at least 0")
        room = size + sum(pad) - dilation * (k - 1) - 1
        if room < 0:
            raise GraphError(f"a window of {dilation * (k - 1) + 1} does not fit in {size + sum(pad)} elements")
        result.append(room // stride + 1)
    return tuple(result)


def result(node: ir.Node, tensors: Mapping[str, ir.Tensor], given: ir.Tensor | None = None) -> tuple[Shape, Type]:
    """Shape and type of a node's result.

    Parameters
    ----------
    node
        The node.
    tensors
        At least its inputs.
    given
        Its output, which Reshape and Slice need: theirs is the shape that they give.

    Raises
    ------
    GraphError
        If the node does not fit its inputs; the message does not name the node.
    """
    inputs = tuple(tensors[name] for name in node.inputs)
    if isinstance(node, ir.MatMul):
        return _matmul(*_count(inputs, 2))
    if isinstance(node, ir.Conv):
        return _conv(node, *_count(inputs, 2))
    if isinstance(node, ir.Map):
        return broadcast([t.shape for t in inputs]), step_types(node, [t.type for t in inputs])[-1]
    if isinstance(node, ir.Concat):
        return _concat(node, inputs)
    (x,) = _count(inputs, 1)
    if isinstance(node, ir.Reduce):
        _one_of("op", node.op, COMBINATIONS)
        axes = _axes(node.axes, x)
        return tuple(1 if n in axes else size for n, size in enumerate(x.shape)), x.type
    if isinstance(node, ir.Pool):
        _one_of("op", node.op, COMBINATIONS)
        if len(x.shape) != 2 + len(node.kernel):
            raise GraphError(f"a pool of {len(node.kernel)} axes needs two more in its input, not {list(x.shape)}")
        return (*x.shape[:2], *windows(x.shape[2:], node.kernel, node)), x.type
    if isinstance(node, ir.Transpose):
        if sorted(node.perm) != list(range(len(x.shape))):
            raise GraphError(f"perm must order the {len(x.shape)} axes, not {list(node.perm)}")
        return tuple(x.shape[n] for n in node.perm), x.type
    if isinstance(node, ir.Pad):
        if len(node.pads) != len(x.shape) or any(min(pair) < 0 for pair in node.pads):
            raise GraphError(f"pads must be a pair of at least 0 for each of {len(x.shape)} axes, not {node.pads}")
        return tuple(size + sum(pair) for size, pair in zip(x.shape, node.pads, strict=True)), x.type
    if isinstance(node, ir.Take):
        return _take(node, x)
    if given is None:
        raise GraphError("the shape of its output is unknown")
    if isinstance(node, ir.Reshape):
        if prod(given.shape) != prod(x.shape):
            raise GraphError(f"cannot give {list(x.shape)} the shape {list(given.shape)}")
        return given.shape, x.type
    if isinstance(node, ir.Slice):
        return _slice(node, x, given.shape)
    raise GraphError(f"{type(node).__name__} is no kind of node")


def step_types(node: ir.Map, types: Sequence[Type]) -> list[Type]:
    """Type of each step's result; ``GraphError`` if operations, operands or types are wrong."""
    if not node.steps:
        raise GraphError("a Map needs a step")
    done: list[Type] = []
    for number, step in enumerate(node.steps):
        operation = vxm.OPERATION_OF.get(step.op)
        if operation is None or step.op == "Latch" or step.type not in operation.types:
            raise GraphError(f"step {number}: no operation {step.op}.{step.type.value}")
        if (step.to is None) == (step.op == "Cast"):
            raise GraphError(f"step {number}: a Cast, and nothing else, names the type of its result")
        if step.sat and not (operation.saturates and not step.type.floating):
            raise GraphError(f"step {number}: {step.op}.{step.type.value} has no saturating form")
        roles = operation.operands
        if len(step.operands) != len(roles) and (step.op, len(step.operands)) != ("Cast", 1):
            raise GraphError(f"step {number}: {step.op} takes {len(roles)} operands, not {len(step.operands)}")
        for role, operand in zip(roles, step.operands, strict=False):
            _operand(operand, vxm.operand_type(step.op, role, step.type), types, done, number)
        done.append(vxm.result_type(step.op, step.type, step.to))
    return done


def _operand(operand: ir.Operand, wanted: Type, types: Sequence[Type], done: Sequence[Type], number: int) -> None:
    """Operands have the width that the step reads: floats may be read as integers, bit by bit."""
    if isinstance(operand, ir.Immediate):
        if not 0 <= operand.bits < 1 << wanted.bits:
            raise GraphError(f"step {number}: {operand.bits:#x} does not fit {wanted.value}")
        return
    known, index = (types, operand.number) if isinstance(operand, ir.Input) else (done, operand.step)
    if not 0 <= index < len(known):
        raise GraphError(f"step {number}: operand {operand} does not exist")
    if known[index].bits != wanted.bits:
        raise GraphError(f"step {number}: operand {operand} is {known[index].value}, not {wanted.value}")


def _count(inputs: tuple[ir.Tensor, ...], count: int) -> tuple[ir.Tensor, ...]:
    if len(inputs) != count:
        raise GraphError(f"takes {count} inputs, not {len(inputs)}")
    return inputs


def _one_of(name: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise GraphError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")


def _axes(axes: tuple[int, ...], x: ir.Tensor) -> set[int]:
    if not axes or len(set(axes)) != len(axes) or not set(axes) <= set(range(len(x.shape))):
        raise GraphError(f"axes must be distinct ones of {len(x.shape)}, not {list(axes)}")
    return set(axes)


def _product_type(a: ir.Tensor, b: ir.Tensor) -> Type:
    if _PRODUCTS.get(a.type) is None or _PRODUCTS.get(a.type) != _PRODUCTS.get(b.type):
        raise GraphError(f"multiplies i8 or u8 by i8 or u8, or f16 by f16, not {a.type.value} by {b.type.value}")
    return _PRODUCTS[a.type]


def _matmul(a: ir.Tensor, b: ir.Tensor) -> tuple[Shape, Type]:
    kind = _product_type(a, b)
    if min(len(a.shape), len(b.shape)) < 2 or a.shape[-1] != b.shape[-2]:
        raise GraphError(f"shapes must be [..., M, K] and [..., K, N], not {list(a.shape)} and {list(b.shape)}")
    return (*broadcast([a.shape[:-2], b.shape[:-2]]), a.shape[-2], b.shape[-1]), kind


def _conv(node: ir.Conv, x: ir.Tensor, w: ir.Tensor) -> tuple[Shape, Type]:
    kind = _product_type(x, w)
    fits = len(x.shape) == len(w.shape) >= 3 and node.groups >= 1
    if not fits or x.shape[1] != w.shape[1] * node.groups or w.shape[0] % node.groups:
        raise GraphError(
            f"shapes must be [N, C, *S] and [F, C / {node.groups}, *k], not {list(x.shape)} and {list(w.shape)}"
        )
    return (x.shape[0], w.shape[0], *windows(x.shape[2:], w.shape[2:], node)), kind


def _concat(node: ir.Concat, inputs: tuple[ir.Tensor, ...]) -> tuple[Shape, Type]:
    if not inputs or any(len(t.shape) != len(inputs[0].shape) or t.type != inputs[0].type for t in inputs):
        raise GraphError("the inputs of a Concat must have one type and one number of axes")
    first, axis = inputs[0], node.axis
    if not 0 <= axis < len(first.shape):
        raise GraphError(f"axis must be one of {len(first.shape)}, not {axis}")
    if any(t.shape[:axis] + t.shape[axis + 1 :] != first.shape[:axis] + first.shape[axis + 1 :] for t in inputs):
        raise GraphError(f"shapes {', '.join(str(list(t.shape)) for t in inputs)} differ not in axis {axis} alone")
    return (*first.shape[:axis], sum(t.shape[axis] for t in inputs), *first.shape[axis + 1 :]), first.type


def _take(node: ir.Take, x: ir.Tensor) -> tuple[Shape, Type]:
    if not 0 <= node.axis < len(x.shape):
        raise GraphError(f"axis must be one of {len(x.shape)}, not {node.axis}")
    low, high = int(node.indices.min(initial=0)), int(node.indices.max(initial=0))
    if low < 0 or high >= x.shape[node.axis]:
        raise GraphError(f"indices {low}..{high} are not all in 0..{x.shape[node.axis] - 1}")
    return (*x.shape[: node.axis], *node.indices.shape, *x.shape[node.axis + 1 :]), x.type


def _slice(node: ir.Slice, x: ir.Tensor, shape: Shape) -> tuple[Shape, Type]:
    if not len(node.start) == len(node.step) == len(x.shape) == len(shape):
        raise GraphError(f"start and step must have a value for each of {len(x.shape)} axes")
    for start, step, size, count in zip(node.start, node.step, x.shape, shape, strict=True):
        last = start + step * (count - 1)
        if step == 0 or not (0 <= start < size and 0 <= last < size):
            raise GraphError(f"elements {start}..{last} by {step} are not all in 0..{size - 1}")
    return shape, x.type
