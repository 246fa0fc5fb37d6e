"""The transformer in PyTorch."""

import torch
from torch import nn
from torch.nn import functional

from examples.networks.transformer.graph import BLOCKS, CLASSES, EPSILON, HEADS, HIDDEN, SHAPE, WIDTH
from scripts.train.common import Recipe

RECIPE = Recipe(epochs=80, rate=3e-3, decay=5e-2)
#: Weights that meet the pixels.
FIRST = "embed.weight"
#: Spread of the first positions.
SPREAD = 0.1


class Norm(nn.Module):
    """Root mean square norm over the last axis."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x over the root of the mean of its squares, scaled."""
        return functional.rms_norm(x, (WIDTH,), self.scale, EPSILON)


class Block(nn.Module):
    """Attention and a perceptron, each behind a norm and added to what came in."""

    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = Norm(), Norm()
        for name in ("query", "key", "value", "join"):
            self.add_module(name, nn.Linear(WIDTH, WIDTH, bias=False))
        self.up, self.down = nn.Linear(WIDTH, HIDDEN), nn.Linear(HIDDEN, WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Tokens [n, 8, 32] to tokens of the same shape."""
        normal = self.norm1(x)
        query, key, value = (
            self.get_submodule(name)(normal).unflatten(2, (HEADS, WIDTH // HEADS)).transpose(1, 2)
            for name in ("query", "key", "value")
        )
        told = functional.scaled_dot_product_attention(query, key, value)
        x = x + self.get_submodule("join")(told.transpose(1, 2).flatten(2))
        return x + self.down(functional.gelu(self.up(self.norm2(x)), approximate="tanh"))


class Module(nn.Module):
    """``examples.networks.transformer.graph`` with parameters of the same names."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(SHAPE[1], WIDTH, bias=False)
        self.positions = nn.Parameter(SPREAD * torch.randn(SHAPE[0], WIDTH))
        for block in range(1, BLOCKS + 1):
            self.add_module(f"block{block}", Block())
        self.norm = Norm()
        self.dense = nn.Linear(WIDTH, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """From pixels [n, 8, 8] to scores [n, 10]."""
        x = self.embed(x) + self.positions
        for block in range(1, BLOCKS + 1):
            x = self.get_submodule(f"block{block}")(x)
        return self.dense(self.norm(x).mean(1))
