"""What Yosys does with a whole machine: `synth_ecp5` with what large designs need.

Two things differ from `synth_ecp5` as it is. `share` is left out: it asks a SAT solver for each pair of shifters, of
which error correction makes thousands. And constant registers go before all else (`scripts.cells.tools`).
"""

from collections.abc import Iterable

from scripts.cells.tools import CLEAN, DEFINES

#: Cells of the ECP5, for reading.
LIBRARY = "read_verilog -lib -specify +/lattice/cells_sim_ecp5.v +/lattice/cells_bb_ecp5.v"
#: Wide LUTs would take up to two and a half times the logic, and gain no speed (docs/decisions/0012-fpga.md).
_SYNTH = "synth_ecp5 -nowidelut"
#: Picoseconds in LUTs that the optimizer may take from register to register, saving area where less would do; wires
#: take at least as much again.
_LONGEST = "scratchpad -set abc9.D 4200"
_MULTIPLIERS = (
    "techmap -map +/mul2dsp.v -map +/lattice/dsp_map_18x18.v -D DSP_A_MAXWIDTH=18 -D DSP_B_MAXWIDTH=18 "
    "-D DSP_A_MINWIDTH=2 -D DSP_B_MINWIDTH=2 -D DSP_NAME=$__MUL18X18",
    "chtype -set $mul t:$__soft_mul",
)


def reading(files: Iterable[str], *, defines: Iterable[str] = ()) -> str:
    """Command that reads Verilog for synthesis."""
    return " ".join(("read_verilog", *(f"-D{name}" for name in (*DEFINES, *defines)), *files))


def mapping(top: str) -> tuple[str, ...]:
    """Commands from what was read to cells of the ECP5, in one module: the hierarchy is in the names."""
    return (
        f"hierarchy -check -top {top}",
        "proc",
        "opt_clean",
        "flatten",
        *CLEAN,
        # Choices by number become multiplexers, of which else come comparisons, with about twice the logic.
        "opt -full",
        "opt_clean",
        "pmux2shiftx",
        "opt",
        "fsm",
        "opt",
        "wreduce",
        "peepopt",
        "opt_clean",
        "techmap -map +/cmp2lut.v -D LUT_WIDTH=4",
        "opt_expr",
        "opt_clean",
        *_MULTIPLIERS,
        "alumacc",
        "opt",
        "memory -nomap",
        "opt_clean",
        _LONGEST,
        f"{_SYNTH} -run map_ram:check -top {top}",
        "hierarchy -check",
        "check -noinit",
        "autoname",
        "blackbox =A:whitebox",
    )
