"""Geometry of convolutions and pools as ONNX gives it: kernel, strides, dilations, pads of every kind."""

from dataclasses import dataclass

from compiler.frontend.context import View


@dataclass(frozen=True)
class Window:
    """Geometry of a window, a value for each spatial axis.

    Attributes
    ----------
    kernel, strides, dilations
        As ONNX means them.
    pads
        With what ceil_mode adds behind.
    declared
        Without: what the model or auto_pad says.
    """

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    pads: tuple[tuple[int, int], ...]
    dilations: tuple[int, ...]
    declared: tuple[tuple[int, int], ...]

    @property
    def fields(self) -> dict:
        """Fields of a Conv or Pool that it sets."""
        return {"strides": self.strides, "pads": self.pads, "dilations": self.dilations}


def window(view: View, sizes: tuple[int, ...], kernel: tuple[int, ...]) -> Window:
    """Geometry of a node on an input with the given spatial sizes."""
    axes = len(sizes)
    if axes == 0 or len(kernel) != axes:
        view.refuse(f"the kernel must have {axes} axes, at least 1, not {len(kernel)}")
    strides = _each(view, "strides", axes)
    dilations = _each(view, "dilations", axes)
    auto = view.attribute("auto_pad", "NOTSET")
    if auto == "NOTSET":
        flat = view.attribute("pads") or [0] * (2 * axes)
        if len(flat) != 2 * axes or min(flat) < 0:
            view.refuse(f"pads must be {2 * axes} numbers of at least 0, not {list(flat)}")
        pads = [(int(flat[n]), int(flat[n + axes])) for n in range(axes)]
    elif auto == "VALID":
        pads = [(0, 0)] * axes
    elif auto in ("SAME_UPPER", "SAME_LOWER"):
        pads = []
        for size, k, s, d in zip(sizes, kernel, strides, dilations, strict=True):
            need = max((-(-size // s) - 1) * s + d * (k - 1) + 1 - size, 0)
            small = need // 2
            pads.append((small, need - small) if auto == "SAME_UPPER" else (need - small, small))
    else:
        view.refuse(f"auto_pad {auto} is unknown")
    declared = tuple(pads)
    if view.attribute("ceil_mode", 0):
        pads = [_ceiling(*p) for p in zip(sizes, kernel, strides, dilations, pads, strict=True)]
    return Window(kernel, strides, tuple(pads), dilations, declared)


def _ceiling(size: int, k: int, stride: int, dilation: int, pad: tuple[int, int]) -> tuple[int, int]:
    """The pad behind grows until the last window that begins inside is whole."""
    reach = dilation * (k - 1) + 1
    count = -(-(size + sum(pad) - reach) // stride) + 1
    if (count - 1) * stride >= size + pad[0]:
        count -= 1
    return pad[0], max(pad[1], (count - 1) * stride + reach - size - pad[0])


def _each(view: View, name: str, axes: int) -> tuple[int, ...]:
    values = tuple(int(n) for n in view.attribute(name) or [1] * axes)
    if len(values) != axes or min(values) < 1:
        view.refuse(f"{name} must be {axes} numbers of at least 1, not {list(values)}")
    return values
