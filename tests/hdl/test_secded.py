"""SECDED encoder and checker against a code worked out bit by bit from the parity-check matrix."""

import random

import pytest

from arch import secded
from hdl.secded import Checker, Encoder
from tests.hdl.simulate import simulate

WIDTHS = (32, 64, 128)


def expected_check(data: int, bits: int) -> int:
    """XOR of the columns of all data bits that are set."""
    check = 0
    for bit, column in enumerate(secded.columns(bits)):
        if data >> bit & 1:
            check ^= column
    return check


def words(bits: int) -> list[int]:
    rng = random.Random(bits)
    return [0, (1 << bits) - 1, *(rng.getrandbits(bits) for _ in range(4))]


@pytest.mark.parametrize("bits", WIDTHS)
def test_encoder(bits: int):
    dut = Encoder(word_bits=bits)

    async def bench(ctx):
        for data in words(bits):
            ctx.set(dut.data, data)
            assert ctx.get(dut.word) & (1 << bits) - 1 == data
            assert ctx.get(dut.word) >> bits == expected_check(data, bits)

    simulate(dut, bench)


@pytest.mark.parametrize("bits", WIDTHS)
def test_checker_corrects_every_single_error_and_flags_doubles(bits: int):
    dut = Checker(word_bits=bits)
    total = bits + secded.check_bits(bits)

    async def bench(ctx):
        def look(data: int, error: int, en: int = 1) -> tuple[int, int, int]:
            word = (data | expected_check(data, bits) << bits) ^ error
            ctx.set(dut.en, en)
            ctx.set(dut.word, word)
            return ctx.get(dut.data), ctx.get(dut.corrected), ctx.get(dut.failed)

        rng = random.Random(1)
        for data in words(bits):
            assert look(data, 0) == (data, 0, 0)
            for bit in range(total):
                assert look(data, 1 << bit) == (data, 1, 0)
            for _ in range(40):
                first, second = rng.sample(range(total), 2)
                error = 1 << first | 1 << second
                raw = (data ^ error) & (1 << bits) - 1
                assert look(data, error) == (raw, 0, 1)
                assert look(data, error, en=0) == (raw, 0, 0)

    simulate(dut, bench)


@pytest.mark.parametrize("bits", WIDTHS)
def test_without_check_bits_words_pass_as_they_are(bits: int):
    async def encode(ctx):
        for data in words(bits):
            ctx.set(encoder.data, data)
            assert ctx.get(encoder.word) == data

    async def check(ctx):
        ctx.set(checker.en, 1)
        for data in words(bits):
            ctx.set(checker.word, data)
            assert (ctx.get(checker.data), ctx.get(checker.corrected), ctx.get(checker.failed)) == (data, 0, 0)

    encoder, checker = Encoder(word_bits=bits, ecc=False), Checker(word_bits=bits, ecc=False)
    assert len(encoder.word) == len(checker.word) == bits
    simulate(encoder, encode)
    simulate(checker, check)
