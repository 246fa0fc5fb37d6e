"""What all networks share in training: seed, loop, images shifted by a pixel, and weights under the models' names."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from examples.digits.network import images, is_test

#: Value of a white pixel. Training sees 0 to 1, the models 0 to 16.
WHITE = 16
#: Pixels along an edge; how far an image is shifted at most, and the share of images that may be.
EDGE, SHIFT, MOVED = 8, 1, 0.5


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes
    ----------
    epochs
        Passes over the images.
    rate
        Greatest learning rate; it falls to zero along a cosine.
    decay
        Decay of the weights.
    seed
        Of first weights, order and shifts.
    batch
        Images in a step.
    """

    epochs: int
    rate: float
    decay: float
    seed: int = 1
    batch: int = 64


def prepare(recipe: Recipe) -> None:
    """Make what follows the same in every run. One thread: the order of sums depends on how many there are."""
    torch.manual_seed(recipe.seed)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)


def fit(module: nn.Module, shape: tuple[int, ...], recipe: Recipe, tell: Callable[[int, float], None]) -> float:
    """Train a network on four fifths of the digits.

    Parameters
    ----------
    module
        From images [n, *shape] of 0 to 1 to scores [n, 10].
    shape
        Of an image as the network takes it.
    tell
        Called after each pass with the number of passes done and the mean loss.

    Returns
    -------
    float
        Share of the test images that it names rightly.
    """
    pixels, classes = images()
    test = is_test(len(classes))
    x = torch.from_numpy(pixels.astype(np.float32) / WHITE)
    y = torch.from_numpy(classes)
    seen, answers = x[torch.from_numpy(~test)].reshape(-1, EDGE, EDGE), y[torch.from_numpy(~test)]
    steps = -(-len(seen) // recipe.batch)
    optimizer = torch.optim.AdamW(module.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.epochs * steps)
    for epoch in range(recipe.epochs):
        losses = []
        for chosen in torch.randperm(len(seen)).split(recipe.batch):
            loss = nn.functional.cross_entropy(module(shifted(seen[chosen]).reshape(-1, *shape)), answers[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(float(loss.detach()))
        tell(epoch + 1, float(np.mean(losses)))
    with torch.no_grad():
        named = module(x[torch.from_numpy(test)].reshape(-1, *shape)).argmax(1)
    return float((named == y[torch.from_numpy(test)]).float().mean())


def shifted(seen: torch.Tensor) -> torch.Tensor:
    """Images [n, 8, 8], some moved by up to a pixel in either direction; what comes in is black."""
    count = len(seen)
    padded = nn.functional.pad(seen, [SHIFT] * 4)
    moves = torch.randint(-SHIFT, SHIFT + 1, (count, 2, 1)) * (torch.rand(count, 1, 1) < MOVED)
    first = moves + SHIFT + torch.arange(EDGE)
    return padded[torch.arange(count)[:, None, None], first[:, 0, :, None], first[:, 1, None, :]]


def arrays(module: nn.Module, first: str) -> dict[str, NDArray[np.float32]]:
    """Weights by name, matrices as [in, out].

    ``first`` are the weights that meet the pixels: they take in the division by ``WHITE``, which is exact.
    """
    found = {name: value.detach().numpy() for name, value in module.named_parameters()}
    for name, part in module.named_modules():
        if isinstance(part, nn.Linear):
            found[f"{name}.weight"] = found[f"{name}.weight"].T
    found[first] = found[first] / np.float32(WHITE)
    return found
