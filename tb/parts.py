"""A chip as a composition of models: a module that stands in it many times is a model of its own, made once, and what
is around it, the rim, another.

In the rim a stub stands for each instance: at a rising edge of the clock it hands its inputs to an instance of the
module's model (``parts.cpp``), as they are before the edge, and then takes its outputs. That is exact as long as no
output depends on an input of the same cycle, but on constants, which ``tests/hdl/test_superlane.py`` proves of the
superlane. The stub's two steps are two events of the same time: with the last stub's inputs all instances take their
step, on several threads if told so by the environment variable ``SUPERLANE_THREADS``, and nothing takes an output
before. What runs from one instance straight to another is no part of the rim at all (:mod:`tb.wires`).

Where somebody looks into the instances, the stub hands over the inputs at falling edges, too: from then on everything
inside stands as it will at the end of the cycle.

Verilator evaluates whatever depends on an input of a model at each call. So the module's model has a shell around the
module, which holds its inputs and loads them when ``fresh`` rises: once per cycle.

Instances call their variables as if they were in the rim: ``top.chip.superlane_3.column_0.here__0``.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tb import routes
from tb.ports import WORD, Port, packed, size
from tb.routes import CONDITIONS
from tb.wires import Holder, holder, instances

#: The half that is C++.
SUPPORT = Path(__file__).with_name("parts.cpp")
#: Name of the class that Verilator makes of the module, and of its generated header of ports.
PREFIX, PORTS = "Vpart", "part_ports.h"
#: Generated header of what a rim gives its instances, takes from them, and leaves to run between them.
WIRES = "part_wires.h"
#: Environment variable of a running model: how many threads its instances take their steps on; one, if not set.
THREADS = "SUPERLANE_THREADS"
#: The module in its shell.
_INNER = "it"

_PORT = re.compile(r"^  (?P<way>input|output) (?:\[(?P<high>\d+):0\] )?(?P<name>\w+);$", re.MULTILINE)
_INSTANCE = re.compile(r"^  (\w+) (?:\\\S+ |\w+) \($", re.MULTILINE)

_STUB = """\
module {name} ({names});
{declarations}
  import "DPI-C" function void part_open(input int part, input string place);
  import "DPI-C" function void part_give(input int part, input bit clk, input int words []);
  import "DPI-C" function void part_take(input int part, output int words []);
  /* verilator tracing_off */
  /* verilator lint_off BLKSEQ */
  bit given;
  int give [0:{last_in}];
  int take [0:{last_out}];
  initial begin
    part_open({number}, $sformatf("%m"));
    part_take({number}, take);
{taken}  end
  always @({edges}) begin
{gives}    part_give({number}, clk, give);
    if (clk) given <= ~given;
  end
  always @(given) begin
    part_take({number}, take);
{taken}  end
  /* verilator lint_on BLKSEQ */
endmodule
"""

_SHELL = """\
module {shell} (clk, fresh, {names});
{declarations}
  /* verilator tracing_off */
{held}  always @(posedge fresh) begin
{loads}  end
  /* verilator tracing_on */
  {name} {instance} (
{joined}
  );
endmodule
"""

_HEADER = """\
// Ports of {name}, for parts.cpp.
#include <cstdint>
#include <cstring>
#include "{prefix}.h"
constexpr int part_inputs = {inputs}, part_outputs = {outputs};
inline void part_load({prefix}& model, const uint32_t* words) {{
{loads}}}
inline void part_store(const {prefix}& model, uint32_t* words) {{
{stores}}}
"""


@dataclass(frozen=True)
class Composition:
    """A design with stubs for the instances of a part.

    Attributes
    ----------
    sources
        Its modules, without the part and the stubs.
    stubs
        Verilog of the stubs by name.
    wires
        Text of the header :data:`WIRES`.
    """

    sources: dict[str, str]
    stubs: dict[str, str]
    wires: str


def compose(sources: Mapping[str, str], part: str, *, watched: bool) -> Composition:
    """Put stubs in the place of a part; ``watched`` if somebody looks into its instances.

    Raises
    ------
    ValueError
        If the part does not stand in just one module.
    """
    place, text = holder(sources, part), sources[part]
    ins, outs = ports(text, "input"), ports(text, "output")
    found = Holder(sources[place], part, (p.name for p in ins), (p.name for p in outs))
    fed = [packed(p for p in ins if p.name in found.fed(n)) for n in range(len(found.names))]
    shown = [packed(p for p in outs if p.name in found.shown(n)) for n in range(len(found.names))]
    if found.conditions:
        fed[0] = packed((*fed[0], Port(CONDITIONS, len(found.conditions), 0)))
    names = [f"{part}_at_{n}" for n in range(len(found.names))]
    stubs = {name: stub(name, n, fed[n], shown[n], watched=watched) for n, name in enumerate(names)}
    rest = {**sources, place: found.rim(names, CONDITIONS)}
    del rest[part]
    return Composition(rest, stubs, routes.header(part, found, ins, outs, fed, shown))


def place(sources: Mapping[str, str], part: str, instance: str, port: str) -> int:
    """Place of an output's first word in the array that ``part_state`` of a running model gives.

    Parameters
    ----------
    sources, part
        As for :func:`compose`.
    instance
        Name of the instance.
    port
        Name of its output.

    Raises
    ------
    ValueError
        If there is no such instance or output.
    """
    text = sources[part]
    ins, outs = ports(text, "input"), {p.name: p for p in ports(text, "output")}
    names = instances(sources[holder(sources, part)], part)
    if instance not in names or port not in outs:
        raise ValueError(f"{part} has no output {port!r}, or no instance {instance!r}")
    before = len(names) * size(ins) + names.index(instance) * size(list(outs.values()))
    return before + outs[port].first


def closure(sources: Mapping[str, str], top: str) -> dict[str, str]:
    """The texts of ``top`` and all that it holds, ``top`` first."""
    found: dict[str, str] = {}
    waiting = [top]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = sources[name]
            waiting += sorted({inner for inner in _INSTANCE.findall(sources[name]) if inner in sources})
    return found


def ports(text: str, way: str) -> list[Port]:
    """Ports of a module's text, "input" or "output", the clock aside."""
    found: list[Port] = []
    for match in _PORT.finditer(text):
        if match["way"] == way and match["name"] != "clk":
            first = found[-1].first + found[-1].words if found else 0
            found.append(Port(match["name"], int(match["high"] or 0) + 1, first))
    return found


def stub(name: str, number: int, ins: Sequence[Port], outs: Sequence[Port], *, watched: bool) -> str:
    """Verilog that stands for an instance in the rim, with those of its ports that the rim drives or needs."""
    return _STUB.format(
        name=name,
        number=number,
        names=", ".join(["clk", *(port.name for port in (*ins, *outs))]),
        declarations=_declared(ins, outs, "output reg"),
        edges="posedge clk or negedge clk" if watched else "posedge clk",
        last_in=max(1, size(ins)) - 1,
        last_out=max(1, size(outs)) - 1,
        gives="".join(f"    {line}\n" for port in ins for line in _gives(port)),
        taken="".join(f"    {port.name} = {_taken(port)};\n" for port in outs),
    )


def shell_name(name: str) -> str:
    """The module around a part."""
    return f"{name}_shell"


def shell(name: str, text: str) -> str:
    """Verilog of the module around a part."""
    ins, outs = ports(text, "input"), ports(text, "output")
    return _SHELL.format(
        shell=shell_name(name),
        names=", ".join(port.name for port in (*ins, *outs)),
        declarations=_declared(ins, outs, "output") + "\n  input fresh;",
        held="".join(f"  reg {_range(port)}{port.name}_held;\n" for port in ins),
        loads="".join(f"    {port.name}_held <= {port.name};\n" for port in ins),
        name=name,
        instance=_INNER,
        joined=",\n".join(
            [
                "    .clk(clk)",
                *(f"    .{p.name}({p.name}_held)" for p in ins),
                *(f"    .{p.name}({p.name})" for p in outs),
            ]
        ),
    )


def header(name: str, text: str) -> str:
    """C++ that copies the ports of a module's model; words lie in memory as they do in Verilator's variables."""
    ins, outs = ports(text, "input"), ports(text, "output")
    return _HEADER.format(
        name=name,
        prefix=PREFIX,
        inputs=size(ins),
        outputs=size(outs),
        loads="".join(f"  std::memcpy(&model.{p.member}, words + {p.first}, sizeof model.{p.member});\n" for p in ins),
        stores="".join(
            f"  std::memcpy(words + {p.first}, &model.{p.member}, sizeof model.{p.member});\n" for p in outs
        ),
    )


def placed(symbols: str, shell: str) -> str:
    """Text of Verilator's table of symbols of a part's model, in which shell and module are no part of a place: an
    instance's place is that of its stub."""
    inner = f'new VerilatedScope{{this, "{shell}.{_INNER}'
    return symbols.replace(f"{inner}.", 'new VerilatedScope{this, "').replace(
        f'{inner}"', 'new VerilatedScope{this, ""'
    )


def _declared(ins: Sequence[Port], outs: Sequence[Port], output: str) -> str:
    lines = ["  input clk;"]
    lines += [f"  input {_range(port)}{port.name};" for port in ins]
    lines += [f"  {output} {_range(port)}{port.name};" for port in outs]
    return "\n".join(lines)


def _range(port: Port) -> str:
    return f"[{port.bits - 1}:0] " if port.bits > 1 else ""


def _gives(port: Port) -> list[str]:
    if port.bits <= WORD:
        return [f"give[{port.first}] = 32'({port.name});"]
    return [
        f"give[{port.first + n}] = 32'({port.name}[{min(WORD * n + WORD, port.bits) - 1}:{WORD * n}]);"
        for n in range(port.words)
    ]


def _taken(port: Port) -> str:
    rest = port.bits - WORD * (port.words - 1)
    top = f"take[{port.first + port.words - 1}][{rest - 1}:0]"
    return f"{{{', '.join((top, *(f'take[{port.first + n}]' for n in reversed(range(port.words - 1)))))}}}"
