"""`superlane compile`: an ONNX model in, a program out whose cycles are known before it runs."""

import argparse
import json
from pathlib import Path

from arch.config import PRESETS, preset
from arch.isa.fields import parse_integer
from scripts.commands import prediction
from scripts.commands.files import check_writable, read_bytes, write_whole
from scripts.commands.steps import Steps

#: Largest size of an axis.
LARGEST = (1 << 31) - 1


def add(commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "compile",
        help="compile an ONNX model into a program",
        description="Compiles a quantized or fp16 ONNX model, and prints the cycles that its program will take, use of "
        "the units, memory, and the critical path. Exit code 0: fine; 2: bad input.",
    )
    parser.add_argument("model", metavar="MODEL.onnx", type=Path, help="quantized (QDQ or QOperator), or fp16")
    parser.add_argument("-o", "--output", metavar="PROGRAM", type=Path, required=True, help="program file to write")
    parser.add_argument("--preset", metavar="P", required=True, help=f"machine: one of {', '.join(PRESETS)}")
    parser.add_argument(
        "--dim", metavar="NAME=N", action="append", default=[], help="size of an open axis; may be given several times"
    )
    parser.add_argument("--cast", metavar="TYPE", help="fp16: convert a model in fp32")
    parser.add_argument("--json", action="store_true", help="print the report for machines")
    parser.set_defaults(command=command)


def command(arguments: argparse.Namespace) -> int:
    """Compile; the program file is written whole or not at all."""
    config, sizes = preset(arguments.preset), dims(arguments.dim)
    check_writable(arguments.output, apart_from=[arguments.model])
    read_bytes(arguments.model)
    with Steps() as tell:
        tell("reading the model")
        # Imported now: onnx and onnxruntime take a second, which the other commands need not wait for.
        from compiler.frontend.load import load_network
        from compiler.schedule.program import compile_graph

        graph = load_network(arguments.model, sizes, arguments.cast)
        try:
            compiled = compile_graph(graph, config, tell)
        except ValueError as error:
            raise ValueError(f"{arguments.model}: {error}") from None
        data = compiled.program.to_bytes()
    write_whole(arguments.output, data)
    if arguments.json:
        print(json.dumps(prediction.record(graph.name, config, compiled.facts, len(data))))
    else:
        print(prediction.text(graph.name, config, compiled.facts, len(data)))
    return 0


def dims(options: list[str]) -> dict[str, int]:
    """Sizes of ``NAME=N`` options."""
    found: dict[str, int] = {}
    for option in options:
        name, _, text = option.rpartition("=")
        size = parse_integer(text)
        if not name or size is None or not 1 <= size <= LARGEST:
            raise ValueError(f"--dim must be NAME=N, N a whole number from 1 to {LARGEST:,}, not {option!r}")
        if name in found:
            raise ValueError(f"--dim {name} is given twice")
        found[name] = size
    return found
