"""The convolutional network in PyTorch."""

import torch
from torch import nn
from torch.nn import functional

from examples.networks.cnn.graph import BORDER, CHANNELS, CLASSES, KERNEL, POOL, flat
from scripts.train.common import Recipe

RECIPE = Recipe(epochs=80, rate=5e-3, decay=1e-2)
#: Weights that meet the pixels.
FIRST = "conv1.weight"


class Module(nn.Module):
    """``examples.networks.cnn.graph`` with parameters of the same names."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(CHANNELS[0], CHANNELS[1], KERNEL, padding=BORDER)
        self.conv2 = nn.Conv2d(CHANNELS[1], CHANNELS[2], KERNEL, padding=BORDER)
        self.dense = nn.Linear(flat(), CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """From pixels [n, 1, 8, 8] to scores [n, 10]."""
        for conv in (self.conv1, self.conv2):
            x = functional.max_pool2d(conv(x).relu(), POOL)
        return self.dense(x.flatten(1))
