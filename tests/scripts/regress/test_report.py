"""The page counts what ran and names what did not."""

from dataclasses import replace

from arch.faults import Fault
from scripts.regress.batch import summary
from scripts.regress.ledger import Ledger
from scripts.regress.report import page, possible_misses, possible_pairs
from tb.random.configs import named
from tb.random.generate import generate


def book() -> Ledger:
    found = Ledger("nano", {0, 1}, cycles=1234)
    found.fuses[0] = 2
    found.coverage.add(generate(named("nano"), 0, cycles=40))
    found.coverage.faults["MAP"] = 3
    return found


def test_a_ledger_survives_its_file():
    assert Ledger.from_json(book().to_json()) == book()


def test_holes_are_named():
    text = page([book()])
    assert "| nano | 2 | 1,234 | 0 |  |" in text
    holes = {line.split(" | ")[0]: line for line in text.splitlines() if line.startswith("| ")}
    assert "DRY; UNDEFINED" in holes["| faults"]
    assert "MAP" not in holes["| faults"]
    assert "| MAP | 3 |" in text
    assert "Cast f16>f32" in holes["| instructions, types and modes"]
    # Rotate is in no machine of four lanes.
    assert "Rotate" not in holes["| instructions, types and modes"]
    assert "rotate" not in holes["| near misses"]


def test_fuse_positions_are_counted_where_there_is_a_spare():
    assert "The fuse has 3 positions" in page([replace(book(), machine="spare")])


def test_possible_pairs_and_misses():
    nano = named("nano")
    assert ("mem", "mem") in possible_pairs(nano)
    assert ("permute", "vxm") in possible_pairs(nano)
    assert not any("rotate" in pair for pair in possible_pairs(nano))
    misses = possible_misses(nano)
    assert ("next cycle", "mem", "mem") in misses
    assert ("next stream", "c2c", "transpose") in misses
    # The VXM stands alone between its columns; weights drive nothing.
    assert ("next cycle", "vxm", "vxm") in misses
    assert not any("weights" in miss or {"vxm", "permute"} <= set(miss) for miss in misses)


def test_operands_are_counted_by_field():
    found = Ledger("nano")
    found.coverage.sources.update({("Add", "a", "imm"): 1200, ("Add", "a", "N"): 3, ("Add", "b", "N"): 4})
    text = page([found])
    assert "| Add | a | N 3, imm 1,200 |" in text
    assert "| Add | b | N 4 |" in text


def test_every_fault_has_a_row():
    text = page([book()])
    assert all(f"| {fault.name} | " in text for fault in Fault)


def test_a_log_is_cut_to_the_difference():
    log = "start\nE   DivergenceError: 3.slp: cycle 9: stream E1\n  instruction: x\n" + "noise\n" * 40
    assert summary(log).splitlines()[:2] == ["E   DivergenceError: 3.slp: cycle 9: stream E1", "  instruction: x"]
    assert len(summary("a\n" * 40).splitlines()) == 12
