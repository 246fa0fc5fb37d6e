"""A chip that tests itself (`make selftest`): Verilog of a machine, and around it `examples/fpga/axi/selftest.v`, which
boots a program from a ROM, runs it, and compares its cycles and results, without a host.

Into a folder go the chip's modules, `selftest.v`, its ROM `selftest.hex`, and `files.f`, which lists the modules.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from arch.config import Config
from golden.lanes import Bytes
from golden.result import Result
from golden.run import LIMIT
from golden.run import run as run_golden
from hdl.export import export
from hdl.host.top import HostedChip
from scripts.cli import INTERRUPTED, Parser, refuse
from scripts.commands.load import load
from scripts.commands.run import inputs_of
from scripts.commands.tensors import network_of
from scripts.verilog import LIST, WAIVERS, listing, waivers, write
from tb.hostlink.steps import Step, steps, width

ROOT = Path(__file__).resolve().parent.parent
TOP, ROM = "selftest", "selftest.hex"
#: What stands around the chip.
TEMPLATE = ROOT / "examples" / "fpga" / "axi" / "selftest.v"


def chip(config: Config) -> HostedChip:
    """The chip that it is put around; its links, if it has any, are looped back, as in the golden model."""
    return HostedChip(config=config, looped=bool(config.c2c_links))


def around(config: Config, chip_name: str, count: int, rom: str = ROM) -> str:
    """Verilog of the self-test: what stands around a chip, with so many steps in a file."""
    text = TEMPLATE.read_text(encoding="utf-8")
    names = {"BEAT": str(config.word_bits), "STEPS": str(count), "FILE": f'"{rom}"', "CHIP": chip_name}
    for name, value in names.items():
        text = text.replace(f"`{name}", value)
    return text


def image(config: Config, played: tuple[Step, ...]) -> str:
    """Text of the ROM, for $readmemh."""
    digits = -(-width(config.word_bits) // 4)
    return "".join(f"{step.word(config.word_bits):0{digits}x}\n" for step in played)


def files(golden: Result, inputs: Mapping[str, Bytes]) -> dict[str, str]:
    """Text of every file, by name, for a program that ran with these inputs."""
    config, played = golden.program.config, steps(golden, inputs)
    texts = {f"{name}.v": text for name, text in export(chip(config)).items()}
    top = next(iter(texts)).removesuffix(".v")
    texts = {f"{TOP}.v": around(config, top, len(played)), **texts}
    return {
        **texts,
        ROM: image(config, played),
        LIST: listing(f"self-test of {config.name}", texts),
        WAIVERS: waivers(),
    }


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    parser = Parser(prog="selftest", description="Write a chip that tests itself, as Verilog.")
    parser.add_argument("program", metavar="PROGRAM", type=Path, help="as of `superlane run`")
    parser.add_argument("--preset", metavar="P", help="machine that it must be for")
    parser.add_argument("--input", metavar="[NAME=]FILE.npy", action="append", default=[], help="as of `superlane run`")
    parser.add_argument("--out", metavar="FOLDER", type=Path, default=ROOT / "build" / TOP, help="where to")
    try:
        given: argparse.Namespace = parser.parse_args(arguments)
        loaded = load(given.program, given.preset)
        inputs = inputs_of(given.input, loaded, network_of(loaded.program, str(given.program)))
        golden = run_golden(loaded.program, inputs, limit=LIMIT)
        texts = files(golden, inputs)
        write(given.out, texts)
    except (ValueError, OSError) as error:
        return refuse(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    bits = width(golden.program.config.word_bits)
    print(f"{given.out}: {golden.cycles:,} cycles; a ROM of {texts[ROM].count(chr(10)):,} words of {bits} bits")
    return 0


if __name__ == "__main__":
    sys.exit(main())
