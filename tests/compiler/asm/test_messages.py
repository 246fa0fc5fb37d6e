"""Every mistake, with its exact message: file, line, column, what and why."""

import pytest

from arch.config import PRESETS
from arch.faults import ProgramError
from compiler.asm.assembler import assemble
from compiler.asm.errors import LONGEST, AssemblyError

HEAD = ".superlane 1\n.preset tiny\n"
DATA = ".data E.mem0 0:0\nzeros 4\n.data E.mem1 0:0\nzeros 4\n"
#: Zeros on E0..E3 for seven cycles, installed as the weights of both eastern planes.
WEIGHTS = "".join(
    f".data E.mem{n} 0:0\nzeros 1\n.queue E.mem{n}\n0: Read a=0:0 s=E{n} times=7\n" for n in range(4)
) + "".join(f".queue E.mxm{n}.weights\n4: IW from=streams s=E0 col=0 stride=1 times=2\n" for n in range(2))
#: Two vectors through plane 0, whose sums arrive in cycles 14 and 18.
SUMS = WEIGHTS + ".queue E.mxm0.activations\n6: ABC.i8i8 s=E0 times=2 every=4\n.queue E.mxm0.accumulators\n"


def refusal(text: str, **options) -> str:
    with pytest.raises(AssemblyError) as caught:
        assemble(text, name="t.sl", **options)
    return str(caught.value)


MISTAKES = [
    # The frame of the text.
    ("", "t.sl:1:1: the text names no machine (.preset)"),
    (".preset tiny", "t.sl:1:1: a text begins with .superlane 1"),
    (".superlane 2", "t.sl:1:12: this assembler reads text of version 1, not 2"),
    (".superlane 1\n.preset huge", "t.sl:2:9: preset must be one of tiny, small, fpga, full, not 'huge'"),
    (".superlane 1\n.config [1", "t.sl:2:8: not a configuration in JSON"),
    (".superlane 1\n.queue E.mem0", "t.sl:2:1: the machine must be named first (.preset NAME or .config JSON)"),
    (HEAD + ".preset tiny", "t.sl:3:1: the machine is named twice"),
    (
        HEAD + ".bogus",
        "t.sl:3:1: there is no directive .bogus; there are .superlane, .preset, .config, .exact, .unchecked, .equ, "
        ".queue, .data, .input, .output, .inout, .meta",
    ),
    (HEAD + "0: Sync", "t.sl:3:1: an instruction must stand in a section (.queue NAME)"),
    (HEAD + ".queue E.mem9", "t.sl:3:8: this machine has no queue 'E.mem9'"),
    (HEAD + ".queue", "t.sl:3:1: .queue takes the name of a queue, and a first cycle if not 0"),
    (HEAD + ".queue vxm0\n.exact", "t.sl:4:1: .exact must stand before the first section"),
    (HEAD + '.meta "[]"', "t.sl:3:7: .meta must be a JSON object in quotes"),
    (HEAD + '.meta "{}', "t.sl:3:7: a quoted string has no end"),
    (HEAD + '.meta "\\ud800"', "t.sl:3:7: .meta must be a JSON object in quotes"),
    (HEAD + ".equ E4 5", "t.sl:3:6: 'E4' is no name for a constant"),
    (HEAD + ".equ A 5\n.equ A 6", "t.sl:4:6: constant A is defined twice"),
    # Memory.
    (HEAD + ".input x vxm0 0:0 rows=1", "t.sl:3:10: vxm0 is no MEM slice"),
    (HEAD + ".input x E.mem0 2:0 rows=1", "t.sl:3:17: a must be bank:offset, 0:0 to 1:4095, not '2:0'"),
    (HEAD + ".input x E.mem0 5 rows=1", "t.sl:3:17: an address must be bank:offset, 0:0 to 1:4095, not '5'"),
    (HEAD + ".input x E.mem0 0:0 rows=0", "t.sl:3:21: a region must have at least 1 row, not 0"),
    (
        HEAD + ".input x E.mem0 0:100 rows=32",
        "t.sl:3:1: region 'x' in E.mem0 must lie below offset 128 of its bank; it ends at 131",
    ),
    (
        HEAD + ".input x E.mem0 0:0 rows=1\n.output x E.mem1 0:0 rows=1",
        "t.sl:4:1: region 'x' is .input (t.sl:3:1), and its other parts must be, too, not .output; .inout is what the "
        "host fills and reads",
    ),
    (HEAD + ".data E.mem0 0:0", "t.sl:3:1: a data section must have rows"),
    (HEAD + ".data E.mem0 0:0\nhex 00", "t.sl:4:1: hex takes whole rows of 16 hexadecimal digits"),
    (HEAD + ".data E.mem0 0:0\nzeros 200", "t.sl:4:1: zeros takes 1 to 128 rows, not 200"),
    (
        HEAD + ".data E.mem0 0:100\nzeros 40",
        "t.sl:4:1: data go beyond the bank of E.mem0, which has room for 28 rows",
    ),
    (
        HEAD + ".data E.mem0 0:0\nzeros 4\n.data E.mem0 0:3\nzeros 1",
        "t.sl:5:1: E.mem0 0:3: data overlap other data (t.sl:3:1)",
    ),
    (HEAD + ".data E.mem0 0:0\ni8 1 2", "t.sl:4:1: i8 takes 1 or 8 elements, not 2"),
    (HEAD + ".data E.mem0 0:0\ni8 300", "t.sl:4:1: 300 must be a number of type i8, -128 to 127"),
    (HEAD + ".data E.mem0 0:0\nf16 1e9", "t.sl:4:1: 1e9 is out of range: it must be a number of type f16"),
    (HEAD + ".data E.mem0 0:0\ni16.2 1", "t.sl:4:1: i16 has the bytes 0 to 1, not '2'"),
    (
        HEAD + ".data E.mem0 0:0\npermute 0 1 2 3 4 5 6 6",
        "t.sl:4:1: a permutation must name each element 0..7 once; 7 is missing",
    ),
    (
        HEAD + ".data E.mem0 0:0\nfoo 1",
        "t.sl:4:1: data must be hex, zeros, iota, permute, i8, i16, i32, u8, u16, u32, f16, f32, not 'foo'",
    ),
    # Lines of a section.
    (HEAD + ".queue vxm0\nSync", "t.sl:4:1: a line must begin with a cycle, such as 40: or +1:"),
    (HEAD + ".queue vxm0\n0:", "t.sl:4:1: an instruction must follow 0:"),
    (HEAD + ".queue vxm0\nx: Sync", "t.sl:4:1: 'x' is no cycle"),
    (HEAD + ".queue vxm0\n99999999: Sync", "t.sl:4:11: vxm0 cycle 99999999: cycles must be from 0 to 4194303"),
    (
        HEAD + ".queue E.c2c0\n0: Read a=0:0 s=E0",
        "t.sl:4:4: E.c2c0 has no instruction 'Read'; it has NOP, Ifetch, Sync, Notify, Config, Repeat, Deskew, Send, "
        "Receive",
    ),
    (HEAD + ".queue E.mem0\n0: Read a=0:0", "t.sl:4:4: Read needs s: a stream (E0..E31 or W0..W31)"),
    (HEAD + ".queue E.mem0\n0: Read a=0:0 s=X1", "t.sl:4:15: s must be a stream (E0..E31 or W0..W31), not 'X1'"),
    (HEAD + ".queue E.mem0\n0: Read a=0:0 s", "t.sl:4:15: a field must be name=value, not 's'"),
    (HEAD + ".queue E.mem0\n0: Read a=0:0 s=E0 s=E1", "t.sl:4:20: s is given twice"),
    (HEAD + ".queue E.mem0\n0: Read a=0:0 q=1", "t.sl:4:15: Read has no field 'q'; its fields are a, s, stride"),
    (HEAD + ".queue E.mem0\n0: Read a=0:0 s=E0 times=0", "t.sl:4:20: times must be a positive integer, not '0'"),
    (HEAD + ".queue E.mem0\n0: | Read a=0:0 s=E0", "t.sl:4:4: an instruction must stand on both sides of |"),
    (
        HEAD + ".queue E.mem0\n0: Read a=0:0 s=E0 | Read a=1:0 s=E1",
        "t.sl:4:4: a word holds one instruction, or one read part and one write part of MEM, not Read | Read",
    ),
    (
        HEAD + ".queue vxm0\n0: Add.i8.i8 a=E0 b=E1 out=E2",
        "t.sl:4:4: Add takes 1 suffixes, not 2",
    ),
    (
        HEAD + ".queue vxm0\n0: Add.i8 a=E0 b=imm imm=-200 out=E2",
        "t.sl:4:4: imm must be an integer from 0 to 4294967295 or a number of type i8, not '-200'",
    ),
    # Legality.
    (
        HEAD + ".queue E.mem0\n0: Read a=0:0 s=E0 | Write a=0:1 s=E1",
        "t.sl:4:4: E.mem0 cycle 0: read part and write part use one bank",
    ),
    (
        HEAD + ".queue E.mem0\n0: Read a=0:200 s=E0",
        "t.sl:4:4: E.mem0 cycle 0: a must have an offset below 128, not 200",
    ),
    (
        HEAD + ".queue E.mem0\n0: Read a=0:100 s=E0 stride=8 times=5",
        "t.sl:4:4: E.mem0 cycle 0: a strides to offset 132; a bank has 128 words",
    ),
    (
        HEAD + ".queue E.mxm0.weights\n0: LW s=E0 col=1 stride=-1 times=3",
        "t.sl:4:4: E.mxm0.weights cycle 0: col strides to -1; it must stay from 0 to 1",
    ),
    (HEAD + ".queue vxm0\n3: Add.i8 a=N b=E0", "t.sl:4:4: vxm0 cycle 3: vxm0 has no neighbor N"),
    (
        HEAD + ".queue vxm0\n3: Ifetch s=E0",
        "t.sl:4:4: vxm0 cycle 3: Ifetch is placed by the assembler; only exact text writes it",
    ),
    (HEAD + ".queue vxm0\n3: Sync times=2", "t.sl:4:4: vxm0 cycle 3: Sync cannot be repeated"),
    # Queues in time.
    (
        HEAD + ".queue vxm0\n3: Sync\n3: Notify",
        "t.sl:5:4: vxm0 cycle 3: two words in one cycle (the other at t.sl:4:4)",
    ),
    (
        HEAD + ".queue E.mem0\n0: Read a=0:0 s=E0 times=4 every=2\n4: Read a=0:0 s=E1",
        "t.sl:5:4: E.mem0 cycle 4: two words in one cycle (the other at t.sl:4:4)",
    ),
    (
        HEAD + ".queue E.mem0\n0: Read a=0:0 s=E0\n2: Repeat n=2",
        "t.sl:5:4: E.mem0 cycle 2: Repeat must stand in the cycle behind an instruction of the unit or the last issue "
        "of a Repeat",
    ),
    (
        HEAD + ".queue E.mem0\n0: Read a=0:0 s=E0\n1: Repeat n=4 d=2\n4: Sync",
        "t.sl:6:4: E.mem0 cycle 4: two words in one cycle (the other at t.sl:5:4)",
    ),
    (
        HEAD + ".queue vxm0\n3: Sync\n9: Sync",
        "t.sl:5:4: vxm0 cycle 9: never issues: the queue is parked by the Sync of cycle 3, and no Notify releases it",
    ),
    (
        HEAD + ".queue vxm0\n3: Sync\n9: Sync\n.queue vxm1\n4: Notify",
        "t.sl:5:4: vxm0 cycle 9: the queue is parked by the Sync of cycle 3 until its release at cycle 13",
    ),
    # Dataflow.
    (
        HEAD + DATA + ".queue E.mem0\n40: Read a=0:0 s=W4\n.queue E.mem1\n38: Read a=0:0 s=W9\n40: Read a=0:0 s=W4",
        "t.sl:11:5: E.mem1 cycle 40: two producers drive one stream register (W4, which E.mem0 drives too; the other "
        "is E.mem0 at cycle 40, t.sl:8:5)",
    ),
    (
        HEAD + ".queue E.mem0\n5: Read a=0:7 s=W4",
        "t.sl:4:4: E.mem0 cycle 5: reads memory nobody defined (address 0:7)",
    ),
    (
        HEAD + ".queue E.mem0\n5: Write a=0:7 s=W4",
        "t.sl:4:4: E.mem0 cycle 5: reads a stream nobody defined (s W4)",
    ),
    (
        HEAD + ".queue vxm0\n5: Add.i8 a=E b=imm out=W0",
        "t.sl:4:4: vxm0 cycle 5: reads a mesh result nobody defined (a from E)",
    ),
    (
        HEAD + ".data W.mem0 0:0\nzeros 1\n.queue W.mem0\n0: Read a=0:0 s=E0\n"
        ".data E.mem2 1:3\nzeros 4\n.queue E.mem2\n5: Gather map=E0 s=E1 banks=2 lo=3 hi=7",
        "t.sl:10:4: E.mem2 cycle 5: reads memory nobody defined (range 3 to 7 of bank 1)",
    ),
    (
        HEAD + ".data E.mem3 0:0\nzeros 1\n.queue E.mem3\n0: Read a=0:0 s=E0\n"
        ".queue E.mxm1.activations\n4: ABC.i8i8 s=E0",
        "t.sl:8:4: E.mxm1.activations cycle 4: uses weights nobody defined (plane 1)",
    ),
    (
        HEAD + ".queue E.mxm0.accumulators\n9: ACC.i32 mode=read row=3 out=W0",
        "t.sl:4:4: E.mxm0.accumulators cycle 9: reads an accumulator row nobody defined (row 3)",
    ),
    (
        HEAD + SUMS + "13: ACC.i32 mode=write row=0 keep=1",
        "t.sl:26:5: E.mxm0.accumulators cycle 13: takes sums where none arrive (i32 wanted, none there)",
    ),
    (
        HEAD + SUMS + "14: ACC.f32 mode=write row=0 keep=1",
        "t.sl:26:5: E.mxm0.accumulators cycle 14: takes sums of another type (f32 wanted, i32 there)",
    ),
    (
        HEAD + SUMS + "14: ACC.i32 mode=write row=0 keep=1\n18: ACC.i32 mode=add row=0 keep=1\n"
        "19: ACC.i32 mode=read row=0 out=W0",
        "t.sl:28:5: E.mxm0.accumulators cycle 19: touches an accumulator row before its last value has landed (row 0)",
    ),
    (
        HEAD + WEIGHTS + ".queue E.mxm0.activations\n6: ABC.f16 s=E0\n.queue E.mxm1.activations\n6: ABC.i8i8 s=E0",
        "t.sl:26:4: E.mxm1.activations cycle 6: uses a plane that its partner commands in this cycle "
        "(E.mxm0.activations)",
    ),
    (
        HEAD + ".data E.mem2 0:0\nzeros 1\n.data E.mem3 0:0\nzeros 1\n.queue E.mem2\n0: Read a=0:0 s=E1\n"
        ".queue E.mem3\n0: Read a=0:0 s=E0\n.queue E.sxm.shift_north\n3: Select n=1 s=E0 mask=E1 out=E2",
        "t.sl:12:4: E.sxm.shift_north cycle 3: selects without a shift south in this cycle (E.sxm.shift_south)",
    ),
    (
        HEAD + ".queue vxm0\n5: Config n=1\n.queue vxm1\n3: Identity.i8 a=imm\n9: Identity.i8 a=imm",
        "t.sl:4:4: vxm0 cycle 5: Config while another queue is not parked",
    ),
    (HEAD + ".queue E.c2c0\n5: Receive link=2 s=W0", "t.sl:4:4: E.c2c0 cycle 5: Receive without a vector on the link"),
    # Exact text.
    (HEAD + ".exact\n.queue vxm0\n0: NOP n=4\n3: Sync", "t.sl:6:4: vxm0 takes this word in cycle 4, not 3"),
    (HEAD + ".exact\n.queue vxm0\n.word 12x", "t.sl:5:1: .word takes an integer of 128 bits"),
    (HEAD + ".exact\n.queue vxm0\n.queue vxm0", "t.sl:5:8: vxm0 has its exact words already"),
    (HEAD + ".exact\n.queue vxm0\n" + "NOP n=1\n" * 97, "vxm0 holds 96 instructions, not 97"),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES, ids=[message[:60] for _, message in MISTAKES])
def test_mistakes_have_their_messages(text: str, message: str):
    assert refusal(text) == message


def test_every_program_error_is_among_them():
    texts = [message for _, message in MISTAKES]
    # Of a bank used twice the word itself is illegal, and legality has a phrase of its own.
    phrases = {e.value for e in ProgramError if e is not ProgramError.BANK_CONFLICT} | {"use one bank"}
    assert [phrase for phrase in phrases if not any(phrase in text for text in texts)] == []


def test_sums_in_time_are_no_mistake():
    """The texts of the sums above are wrong in nothing but what they are refused for."""
    rows = "14: ACC.i32 mode=write row=0 keep=1\n18: ACC.i32 mode=add row=0 keep=1\n22: ACC.i32 mode=read row=0 out=W0"
    assert assemble(HEAD + SUMS + rows).config.name == "tiny"


def test_a_text_for_another_machine_is_refused():
    wanted = PRESETS["small"]
    assert refusal(HEAD, config=wanted) == "t.sl:2:1: wrong configuration: the text is for tiny, not for small"
    assert assemble(".superlane 1", config=wanted).config is wanted


def test_a_refused_row_is_told_once():
    assert refusal(HEAD + ".data E.mem0 0:0\nhex 0\n.data E.mem1 0:0") == (
        "t.sl:4:1: hex takes whole rows of 16 hexadecimal digits\nt.sl:5:1: a data section must have rows"
    )


def test_words_of_any_length_make_short_messages():
    message = refusal(HEAD + f".queue {'9' * 100_000}")
    assert message.startswith("t.sl:3:8: this machine has no queue '999") and len(message) <= LONGEST
    assert message.endswith("999'")


def test_mistakes_are_listed_together_and_counted():
    text = HEAD + ".queue vxm0\n" + "0: Foo\n" * 30
    lines = refusal(text).split("\n")
    assert len(lines) == 21 and lines[20] == "... and 10 more"
    assert [line.split(":")[1] for line in lines[:20]] == [str(n) for n in range(4, 24)]


def test_a_mistake_in_a_run_is_told_once():
    text = HEAD + ".queue E.mem0\n0: Read a=0:0 s=W0 stride=1 times=50"
    assert refusal(text) == "t.sl:4:4: E.mem0 cycle 0: reads memory nobody defined (address 0:0)"


def test_unchecked_text_may_be_wrong_but_not_illegal():
    assert assemble(HEAD + ".unchecked\n.queue E.mem0\n0: Read a=0:0 s=W0").config.name == "tiny"
    text = HEAD + ".unchecked\n.queue E.mem0\n0: Read a=0:200 s=W0"
    assert refusal(text) == "t.sl:5:4: E.mem0 cycle 0: a must have an offset below 128, not 200"
