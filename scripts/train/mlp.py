"""The perceptron in PyTorch."""

import torch
from torch import nn

from examples.networks.mlp.graph import UNITS
from scripts.train.common import Recipe

RECIPE = Recipe(epochs=150, rate=3e-3, decay=1e-2)
#: Weights that meet the pixels.
FIRST = "layer1.weight"


class Module(nn.Module):
    """``examples.networks.mlp.graph`` with parameters of the same names."""

    def __init__(self):
        super().__init__()
        self.count = len(UNITS) - 1
        for number in range(1, len(UNITS)):
            self.add_module(f"layer{number}", nn.Linear(UNITS[number - 1], UNITS[number]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """From pixels [n, 64] to scores [n, 10]."""
        for number in range(1, self.count):
            x = self.get_submodule(f"layer{number}")(x).relu()
        return self.get_submodule(f"layer{self.count}")(x)
