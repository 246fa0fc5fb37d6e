"""`superlane info`: the derived sizes and rates of a machine, or what is in a program."""

import argparse
import json
from pathlib import Path

from arch.config import PRESETS, Config, preset
from arch.isa.forms import available
from arch.isa.table import TABLE
from arch.queues import Unit, queues
from arch.rates import rates
from arch.timing import Latency
from arch.timing import table as timing_table
from scripts.commands import contents
from scripts.commands.load import load
from scripts.commands.tables import columns, unit_name
from scripts.pages.machine import label


def add(commands) -> None:
    """Declare the command."""
    parser = commands.add_parser("info", help="sizes, rates and latencies of a machine, or what is in a program")
    parser.add_argument("program", metavar="PROGRAM", type=Path, nargs="?", help="program file, source text, or folder")
    parser.add_argument("--preset", metavar="P", help=f"one of {', '.join(PRESETS)}; all, if left out")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(command=info)


def info(arguments: argparse.Namespace) -> int:
    """Print what is in a program, or what follows from one configuration, or from all presets side by side."""
    if arguments.program is not None:
        facts = contents.record(load(arguments.program, arguments.preset), str(arguments.program))
        print(json.dumps(facts, indent=2) if arguments.json else contents.text(facts))
        return 0
    chosen = list(PRESETS.values()) if arguments.preset is None else [preset(arguments.preset)]
    if arguments.json:
        records = [record(config) for config in chosen]
        print(json.dumps(records[0] if arguments.preset else records, indent=2))
    else:
        print(text(chosen))
    return 0


def record(config: Config) -> dict:
    """Everything about a configuration, for JSON."""
    return {
        "name": config.name,
        "fingerprint": config.fingerprint.hex(),
        "config": json.loads(config.to_json()),
        "rates": rates(config),
        "timing": {name: {"d_skew": row.d_skew, "d_func": row.d_func} for name, row in _latencies(config).items()},
        "queues": [queue.name for queue in queues(config)],
    }


def text(configs: list[Config]) -> str:
    """Three tables: numbers, queues, latencies."""
    names = [config.name for config in configs]
    numbers = [rates(config) for config in configs]
    blocks = [columns(["", *names], [[label(key), *(f"{n[key]:,}" for n in numbers)] for key in numbers[0]])]
    chips = [queues(config) for config in configs]
    kinds = [[unit_name(unit), *(f"{sum(q.unit is unit for q in chip)}" for chip in chips)] for unit in Unit]
    blocks.append(columns(["queues", *names], kinds))
    tables = [_latencies(config) for config in configs]
    latencies = [
        [name, *(str(t[name].d_func) if name in t else "-" for t in tables)] for name in timing_table(configs[0])
    ]
    blocks.append(columns(["d_func, cycles", *names], latencies))
    return "\n\n".join(blocks)


def _latencies(config: Config) -> dict[str, Latency]:
    """The timing table of the instructions that a machine has."""
    has = {spec.mnemonic for spec in TABLE if available(config, spec)} | {"VXM"}
    return {name: row for name, row in timing_table(config).items() if name in has}
