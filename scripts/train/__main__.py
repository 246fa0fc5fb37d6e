"""Train networks and write their files (`make train NETWORK=cnn`; without a name, all).

The same versions of the libraries on the same kind of processor give the same files; others may give other last bits,
which is why the files are kept in the repository.
"""

import argparse
import sys
from types import ModuleType

from examples.networks.accuracy import right, scores
from examples.networks.catalog import NETWORKS, Network, network
from scripts.cli import refuse
from scripts.commands.files import check_writable, write_whole

#: Passes over the images between two lines of progress.
EVERY = 20


def recipe(name: str) -> ModuleType:
    """The module that trains a network; ``ValueError`` if PyTorch is missing."""
    try:
        from scripts.train import cnn, mlp, transformer
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ValueError("training needs PyTorch: pip install -e '.[train]'") from None
    return {"mlp": mlp, "cnn": cnn, "transformer": transformer}[name]


def train(chosen: Network) -> None:
    """Train a network, tell its progress, and write its files: all, or none if anything fails before."""
    module = recipe(chosen.name)
    # Only now: these import PyTorch, whose absence `recipe` tells in one line.
    from scripts.train.common import arrays, fit, prepare
    from scripts.train.save import files, models

    plan = module.RECIPE

    def tell(epoch: int, loss: float) -> None:
        if epoch % EVERY == 0 or epoch == plan.epochs:
            print(f"{chosen.name}: pass {epoch} of {plan.epochs}, loss {loss:.4f}", flush=True)

    prepare(plan)
    trained = module.Module()
    accuracy = fit(trained, chosen.shape, plan, tell)
    made = models(chosen, arrays(trained, module.FIRST))
    for form, model in made.items():
        share = right(scores(chosen, form, model)).mean()
        print(f"{chosen.name}: {form}, onnxruntime: {share:.2%} of the test images right")
    parameters = sum(value.numel() for value in trained.parameters())
    record = {"accuracy": round(accuracy, 6), "parameters": parameters, **vars(plan)}
    for name, data in files(made, record).items():
        write_whole(chosen.folder / name, data)
    print(f"{chosen.name}: PyTorch: {accuracy:.2%} of the test images right; files written")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    names = [found.name for found in NETWORKS]
    parser = argparse.ArgumentParser(prog="scripts.train", description="Train the networks of examples/networks.")
    parser.add_argument("names", metavar="NETWORK", nargs="*", help=f"of {', '.join(names)}; all, if left out")
    parsed = parser.parse_args(arguments)
    try:
        for chosen in [network(name) for name in parsed.names or names]:
            check_writable(chosen.path("float"))
            train(chosen)
    except (ValueError, OSError) as error:
        return refuse(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
