"""`superlane quantize`: an fp32 model and samples in, a quantized model out."""

import argparse
from pathlib import Path

from scripts.commands.files import check_writable, read_array, read_bytes, write_whole


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
    files: dict[str, Path] = {}
    for text in arguments.data:
        name, _, file = text.rpartition("=")
        if name in files:
            raise ValueError(f"--data {name or file} is given twice: an input has one file")
        files[name] = Path(file)
    check_writable(arguments.output, apart_from=[arguments.model, *files.values()])
    read_bytes(arguments.model)
    data = {name: read_array(file) for name, file in files.items()}
    # Imported now: onnxruntime takes a second, which the other commands need not wait for.
    from compiler.frontend import quantize as quantizer

    made = quantizer.quantize(arguments.model, data, arguments.format, arguments.per_channel, arguments.activations)
    write_whole(arguments.output, made.SerializeToString())
    return 0
