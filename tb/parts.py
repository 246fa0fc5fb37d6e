"""A chip as a composition of models: a module that stands in it many times is a model of its own, made once, and what
is around it, the rim, another.

In the rim a stub stands for the module: at a rising edge of the clock it hands its inputs to an instance of the
module's model (``parts.cpp``), as they are before the edge, and then takes its outputs. That is exact as long as no
output depends on an input of the same cycle, but on constants, which ``tests/hdl/test_superlane.py`` proves of the
superlane. The stub's two steps are two events of the same time: nothing takes an output before all have given their
inputs, so that instances may run at the same time.

Where somebody looks into the instances, the stub hands over the inputs at falling edges, too: from then on everything
inside stands as it will at the end of the cycle.

Verilator evaluates whatever depends on an input of a model at each call. So the module's model has a shell around the
module, which holds its inputs and loads them when ``fresh`` rises: once per cycle.

Instances call their variables as if they were in the rim: ``top.chip.superlane_3.column_0.here__0``.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from tb.ports import WORD, Port

#: The half that is C++.
SUPPORT = Path(__file__).with_name("parts.cpp")
#: Name of the class that Verilator makes of the module, and of its generated header of ports.
PREFIX, PORTS = "Vpart", "part_ports.h"
#: The module in its shell.
_INNER = "it"

_PORT = re.compile(r"^  (?P<way>input|output) (?:\[(?P<high>\d+):0\] )?(?P<name>\w+);$", re.MULTILINE)
_INSTANCE = re.compile(r"^  (\w+) (?:\\\S+ |\w+) \($", re.MULTILINE)

_STUB = """\
module {name} ({names});
{declarations}
  import "DPI-C" function int part_open(input string place);
  import "DPI-C" function void part_give(input int part, input bit clk, input bit [31:0] words [0:{last_in}]);
  import "DPI-C" function void part_take(input int part, output bit [31:0] words [0:{last_out}]);
  /* verilator tracing_off */
  /* verilator lint_off BLKSEQ */
  int part;
  bit given;
  bit [31:0] give [0:{last_in}];
  bit [31:0] take [0:{last_out}];
  initial begin
    part = part_open($sformatf("%m"));
    part_take(part, take);
{taken}  end
  always @({edges}) begin
{gives}    part_give(part, clk, give);
    if (clk) given <= ~given;
  end
  always @(given) begin
    part_take(part, take);
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


def closure(sources: Mapping[str, str], top: str, *, without: str = "") -> dict[str, str]:
    """The texts of ``top`` and all that it holds, ``top`` first, but for a module ``without``."""
    found: dict[str, str] = {}
    waiting = [top]
    while waiting:
        name = waiting.pop()
        if name not in found and name != without:
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


def stub(name: str, text: str, *, watched: bool) -> str:
    """Verilog that stands for a module in the rim; ``watched`` if somebody looks into the instances."""
    ins, outs = ports(text, "input"), ports(text, "output")
    return _STUB.format(
        name=name,
        names=", ".join(["clk", *(port.name for port in (*ins, *outs))]),
        declarations=_declared(ins, outs, "output reg"),
        edges="posedge clk or negedge clk" if watched else "posedge clk",
        last_in=_words(ins) - 1,
        last_out=_words(outs) - 1,
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
        inputs=_words(ins),
        outputs=_words(outs),
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


def _words(found: Sequence[Port]) -> int:
    return found[-1].first + found[-1].words


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
