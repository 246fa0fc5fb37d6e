"""Verilog as Yosys writes it for Amaranth, made such as a person would write it: fewer lines, and faster to simulate.

Yosys gives each register a wire for what it takes next, and a process that makes that wire, even where the register
keeps what it has. Simulators then copy every register twice in every cycle. Here the process becomes the register's
own: ``if (en) register <= value;``. An expression with a wire of its own that one process takes as it is, is written
there, so that a simulator works it out only where it is taken. And a bit that is repeated is written as a repetition.

Pure functions of text. What does not look as Yosys writes it stays as it is.
"""

import re
from collections import Counter
from collections.abc import Mapping

#: A name, an escaped one with the blank that ends it.
_NAME = r"(?:\\\S+ |[A-Za-z_]\w*)"
_WORD = re.compile(r"\\\S+|[A-Za-z_]\w*")
_REGISTER = re.compile(rf"^  always @\((?P<edge>\w+ {_NAME})\)\n    (?P<q>{_NAME}) ?<= (?P<d>{_NAME});\n", re.MULTILINE)
_PROCESS = re.compile(
    r"^  always @\* begin\n    if \(kick ?\) begin end\n(?P<body>.*?)^  end\n", re.MULTILINE | re.DOTALL
)
_TARGET = re.compile(rf"^(?P<indent> +)(?P<name>{_NAME}) ?(?P<part>\[[^\]]*\])? ?= ", re.MULTILINE)
_TAKEN = re.compile(rf"^ +(?P<name>{_NAME}) ?(?:\[[^\]]*\] ?)?<?= ", re.MULTILINE)
_DECLARED = re.compile(rf"^  (?:reg|wire) (?:\[[^\]]*\] )?(?P<name>{_NAME}) ?;\n", re.MULTILINE)
_WIRE = re.compile(rf"^  wire (?P<bits>\[[^\]]*\] )?(?P<name>{_NAME}) ?;\n", re.MULTILINE)
_SIZED = re.compile(rf"^  (?:reg|wire) (?P<bits>\[[^\]]*\] )?(?P<name>{_NAME}) ?(?:= [^;]*)?;\n", re.MULTILINE)
_ASSIGN = re.compile(r"^  assign (?P<name>\\\$\d+ ) = (?P<value>[^;\n]*);\n", re.MULTILINE)
_CLOCKED = re.compile(r"^  always @\(\w+ [^)]*\) begin\n(?P<body>.*?)^  end\n", re.MULTILINE | re.DOTALL)
_TAKES = re.compile(rf"^ +(?P<name>{_NAME}) ?(?P<part>\[[^\]]*\] ?)?<?= (?P<value>\\\$\d+ );\n", re.MULTILINE)
_CONCATENATION = re.compile(r"\{ ([^{}]*) \}")
#: Repetitions that are worth being written as such.
_RUN = 3


def tidy(module: str) -> str:
    """A module's text with its registers' own processes, expressions in them, and repeated bits as repetitions."""
    return _CONCATENATION.sub(_repeated, _expressions_inside(_own_processes(module)))


def _own_processes(text: str) -> str:
    registers = {match["d"].strip(): match for match in _REGISTER.finditer(text)}
    if not registers:
        return text
    found = {}
    for process in _PROCESS.finditer(text):
        targets = {target["name"].strip() for target in _TARGET.finditer(process["body"])}
        if len(targets) == 1 and (name := next(iter(targets))) in registers:
            found[name] = process
    uses = Counter(_WORD.findall(text))
    # Its declaration, the register that takes it, and the places where its process makes it.
    own = {name: 2 + len(_TARGET.findall(process["body"])) for name, process in found.items()}
    moved = {name: process for name, process in found.items() if uses[name] == own[name]}
    return _joined(text, {name: (registers[name], process) for name, process in moved.items()})


def _joined(text: str, moved: Mapping[str, tuple[re.Match[str], re.Match[str]]]) -> str:
    """The text with each process in place of its register."""
    cuts: list[tuple[int, int, str]] = []
    for register, process in moved.values():
        cuts += [(*register.span(), _sequential(register, process["body"])), (*process.span(), "")]
    cuts += [(*match.span(), "") for match in _DECLARED.finditer(text) if match["name"].strip() in moved]
    return _cut(text, cuts)


def _expressions_inside(text: str) -> str:
    """The text with expressions that are taken once, by a process, in the place where they are taken."""
    uses = Counter(_WORD.findall(text))
    sizes = {match["name"].strip(): match["bits"] for match in _SIZED.finditer(text)}
    values = {match["name"].strip(): match for match in _ASSIGN.finditer(text)}
    cuts: list[tuple[int, int, str]] = []
    gone = set()
    for process in (*_PROCESS.finditer(text), *_CLOCKED.finditer(text)):
        targets = {target["name"].strip() for target in _TAKEN.finditer(process["body"])}
        for taken in _TAKES.finditer(text, *process.span("body")):
            name, target = taken["value"].strip(), taken["name"].strip()
            # Of other widths the expression would mean something else; three uses are declaration, value and this.
            alike = not taken["part"] and name in sizes and sizes[name] == sizes.get(target, "")
            if (
                alike
                and name in values
                and uses[name] == 3
                and targets.isdisjoint(_WORD.findall(values[name]["value"]))
            ):
                cuts += [(*taken.span("value"), values[name]["value"]), (*values[name].span(), "")]
                gone.add(name)
    return _cut(text, cuts + [(*m.span(), "") for m in _WIRE.finditer(text) if m["name"].strip() in gone])


def _cut(text: str, cuts: list[tuple[int, int, str]]) -> str:
    """The text with something else in place of each (start, end)."""
    parts, at = [], 0
    for start, end, instead in sorted(cuts):
        parts += [text[at:start], instead]
        at = end
    return "".join([*parts, text[at:]])


def _sequential(register: re.Match[str], body: str) -> str:
    """A register's process out of that of what it takes next."""
    q = register["q"]
    keeps = re.compile(rf"^    {re.escape(register['d'].strip())} ? = {re.escape(q.strip())} ?;\n", re.MULTILINE)
    body = keeps.sub("", body, count=1)
    body = _TARGET.sub(lambda target: f"{target['indent']}{q.strip()}{_end(q)}{target['part'] or ''} <= ", body)
    return f"  always @({register['edge']}) begin\n{body}  end\n"


def _end(name: str) -> str:
    """The blank that ends an escaped name."""
    return " " if name.startswith("\\") else ""


def _repeated(match: re.Match[str]) -> str:
    """A concatenation in which what follows itself is written once."""
    runs: list[tuple[str, int]] = []
    for item in match[1].split(", "):
        if runs and runs[-1][0] == item.strip():
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((item.strip(), 1))
    items = []
    for item, count in runs:
        ended = f"{item} " if item.startswith("\\") and " " not in item else item
        items += [f"{{{count}{{{ended}}}}}"] if count >= _RUN else [ended] * count
    return f"{{ {', '.join(items)} }}" if len(items) > 1 or items[0] != runs[0][0] else match[0]
