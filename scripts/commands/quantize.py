"""`superlane quantize`: an fp32 model and samples in, a quantized model out."""

import argparse
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.lib import format as npy_format

from scripts.commands.files import check_writable, read_bytes, write_whole


def add(commands) -> None:
    """Declare the command."""
    parser = commands.add_parser("quantize", help="quantize an fp32 ONNX model with onnxruntime's static quantizer")
    parser.add_argument("model", metavar="MODEL", type=Path, help="ONNX file")
    parser.add_argument(
        "--data",
        metavar="[NAME=]X.npy",
        action="append",
        required=True,
        help="samples of an input, [count, ...]; once for each input, with its name if there are several",
    )
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="ONNX file to write")
    parser.add_argument("--format", default="qdq", help="qdq (default) or qoperator")
    parser.add_argument("--per-channel", action="store_true", help="a scale for each channel of the weights")
    parser.add_argument("--activations", default="u8", help="u8 (default) or i8; weights are i8")
    parser.set_defaults(command=quantize)


def quantize(arguments: argparse.Namespace) -> int:
    """Quantize; the file is written whole or not at all."""
    check_writable(arguments.output, apart_from=arguments.model)
    read_bytes(arguments.model)
    data = {}
    for text in arguments.data:
        name, _, file = text.rpartition("=")
        data[name] = samples(Path(file))
    # Imported now: onnxruntime takes a second, which the other commands need not wait for.
    from compiler.frontend import quantize as quantizer

    made = quantizer.quantize(arguments.model, data, arguments.format, arguments.per_channel, arguments.activations)
    write_whole(arguments.output, made.SerializeToString())
    return 0


def samples(path: Path) -> np.ndarray:
    """Array of an .npy file, of numbers of any type; ``ValueError`` names the file."""
    data = read_bytes(path)
    try:
        return npy_format.read_array(BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, SyntaxError, MemoryError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path}: not an .npy array: {reason.removeprefix(f'{path}: ')[:200]}") from None
