"""A part with something to do: its inputs change, and so does the digest of what it gives."""

from hdl.secded import Checker
from tb.driven import Driven
from tests.hdl.simulate import simulate


def test_inputs_and_digest_change_in_every_cycle():
    dut = Driven(Checker(word_bits=32))
    words, digests = set(), set()

    async def bench(ctx):
        for _ in range(40):
            words.add(ctx.get(dut.part.word))
            digests.add(ctx.get(dut.digest))
            await ctx.tick()

    simulate(dut, bench)
    assert len(words) == 40 and len(digests) > 30
