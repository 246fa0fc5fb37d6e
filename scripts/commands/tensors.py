"""Arrays of a compiled network, in the shapes and types of its user: what `superlane run` takes and gives."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from arch.config import Config
from arch.program import Program
from compiler.schedule import host
from compiler.schedule.interface import Interface, interface
from golden.result import Result
from scripts.commands.files import npy, npz, read_array

#: Rows of an output whose largest elements are printed.
SHOWN = 40

Arrays = Mapping[str, np.ndarray]


def network_of(program: Program, name: str) -> Interface | None:
    """Inputs and outputs of a program compiled from a network; None of another; ``ValueError`` names the file."""
    try:
        return interface(program)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def given(options: list[str], network: Interface, config: Config, folder: Path | None) -> dict[str, np.ndarray]:
    """Regions of the inputs, of ``NAME=FILE.npy`` options, or ``FILE.npy`` if there is one input.

    Parameters
    ----------
    folder
        Where inputs that no option names are looked for.
    """
    names, files = list(network.inputs), {}
    for option in options:
        name, equals, path = option.partition("=")
        if not equals and len(names) == 1:
            name, path = names[0], option
        if not (name and path):
            raise ValueError(f"--input must be NAME=FILE.npy, not {option!r}; inputs are {', '.join(names)}")
        if name in files:
            raise ValueError(f"--input {name} is given twice")
        if name not in names:
            raise ValueError(f"--input {name}: the network's inputs are {', '.join(names) or 'none'}")
        files[name] = Path(path)
    found = {}
    for name, known in network.inputs.items():
        path = files.get(name) or (folder / f"{name}.npy" if folder is not None else None)
        if path is None or not (name in files or path.is_file()):
            shape = "x".join(map(str, known["shape"]))
            raise ValueError(f"input {name} is missing: --input {name}=FILE.npy, {known['dtype']} {shape or 'scalar'}")
        array = read_array(path)
        try:
            found[name] = host.pack(config, known, array)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
    return found


def outputs(result: Result, network: Interface) -> dict[str, np.ndarray]:
    """The user's arrays of a run."""
    config = result.program.config
    return {name: host.unpack(config, known, result.region(name)) for name, known in network.outputs.items()}


def content(arrays: Arrays, suffix: str) -> bytes:
    """File of arrays: .npz, or .npy of the only one."""
    return npz(arrays) if suffix == ".npz" else npy(next(iter(arrays.values())))


def text(arrays: Arrays, *, whole: bool) -> str:
    """Outputs for people: shape and type, where the largest element of each row is, and all of them if asked."""
    lines = []
    for name, array in arrays.items():
        shape = "x".join(map(str, array.shape)) or "scalar"
        lines.append(f"output {name}: {array.dtype} {shape}")
        if whole:
            lines += [f"  {line}" for line in np.array2string(array, threshold=2**31, max_line_width=118).splitlines()]
        elif array.ndim and array.shape[-1] > 1:
            largest = np.argmax(array, axis=-1).reshape(-1)
            more = f" and {largest.size - SHOWN:,} more" if largest.size > SHOWN else ""
            lines.append(f"  largest of each row: {' '.join(map(str, largest[:SHOWN].tolist()))}{more}")
    return "\n".join(lines)


def record(arrays: Arrays, *, whole: bool) -> dict:
    """The same for machines."""
    return {
        name: {"dtype": array.dtype.name, "shape": list(array.shape), **({"values": array.tolist()} if whole else {})}
        for name, array in arrays.items()
    }


def promised(result: Result, network: Interface) -> str | None:
    """How a run's cycles differ from those predicted; None if they do not, or nobody knows."""
    if result.stopped or network.cycles in (None, result.cycles):
        return None
    return f"the run took {result.cycles:,} cycles, the compiler has predicted {network.cycles:,}"
