"""The stream registers of a superlane at one position, and the multiplexer by which units sample them.

Sources: ``docs/architecture.md``, Streams and Errors; ``arch.conveyor`` says which units meet at a position.
"""

from typing import Any, ClassVar

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from arch.config import Config
from arch.conveyor import Direction
from arch.isa.fields import STREAM_BITS
from hdl.checks import check, overlap, wanted
from hdl.seam import Block
from hdl.words import STREAM_NUMBER_BITS, column_bits, drive_signature, piece


def group_of(width: int) -> int:
    """Streams to which a group of ``width`` is aligned: the next power of two."""
    return 1 << (width - 1).bit_length()


def injection_signature(config: Config) -> wiring.Signature:
    """One armed error: which stream's register takes a wrong word at the end of this cycle.

    Members
    -------
    en : Out(1)
    ref : Out(6)
        Stream and direction.
    mask : Out(code_bits)
        Bits that flip.
    """
    return wiring.Signature({"en": Out(1), "ref": Out(STREAM_BITS), "mask": Out(config.code_bits)})


class Column(Block):
    """Stream registers of one superlane and position, both directions. Latency 1 per position.

    In each cycle a register takes the upstream neighbor's word, unless a producer drives it: then it takes the result.
    Two producers on one register in one cycle are a program error; the later one in the list wins.

    Parameters
    ----------
    config : Config
        The machine.
    widths : tuple of tuple of int
        Streams that each producer drives at once, of the eastward and of the westward registers.
    merged : tuple of bool
        By direction, whether the VXM drives here, all of whose ALUs are merged into a mask and a word per stream.

    Members
    -------
    upstream : In(column_bits).array(2)
        By direction: what the upstream neighbors hold.
    here : Out(column_bits).array(2)
        By direction: what the registers hold.
    east_<n>, west_<n> : In(drive_signature)
        Producers.
    east_mask, west_mask : In(streams)
        Registers that take a result of the VXM; where ``merged``.
    east_words, west_words : In(column_bits)
        The results.
    inject : In(injection_signature)
        XOR over what one register takes.
    """

    def __init__(
        self,
        *,
        config: Config,
        widths: tuple[tuple[int, ...], tuple[int, ...]],
        merged: tuple[bool, bool] = (False, False),
    ):
        self.config, self.widths, self.merged = config, widths, merged
        bits = column_bits(config)
        ports: dict[str, Any] = {
            "upstream": In(bits).array(2),
            "here": Out(bits).array(2),
            "inject": In(injection_signature(config)),
        }
        for direction in Direction:
            for n, width in enumerate(widths[direction]):
                if not 1 <= width <= config.streams:
                    raise ValueError(f"widths must be from 1 to {config.streams} streams, not {width!r}")
                ports[f"{direction.name.lower()}_{n}"] = In(drive_signature(config, width))
            if merged[direction]:
                ports[f"{direction.name.lower()}_mask"] = In(config.streams)
                ports[f"{direction.name.lower()}_words"] = In(bits)
        name = tuple(
            ("".join(f"{letter}{w}" for w in ws) or f"{letter}0") + "m" * with_mask
            for letter, ws, with_mask in zip("ew", widths, merged, strict=True)
        )
        super().__init__("column", (f"{config.streams}x{config.word_bits}", *name), ports)

    def producer(self, direction: Direction, n: int) -> Any:
        """Port of the ``n``-th producer of a direction."""
        return getattr(self, f"{direction.name.lower()}_{n}")

    def merged_ports(self, direction: Direction) -> tuple[Any, Any]:
        """Mask and words of the VXM."""
        return tuple(getattr(self, f"{direction.name.lower()}_{name}") for name in ("mask", "words"))

    def body(self, platform: Any) -> Module:
        m, word = Module(), self.config.code_bits
        for direction in Direction:
            letter = direction.letter.lower()
            # Undefined until somebody drives it, hence without reset.
            register = Signal(column_bits(self.config), name=f"{letter}_t0", reset_less=True)
            taken = Signal(column_bits(self.config), name=f"{letter}_next")
            m.d.comb += taken.eq(self.upstream[direction])
            if wanted(platform):
                self._check(m, direction)
            for n, width in enumerate(self.widths[direction]):
                self._override(m, taken, self.producer(direction, n), width)
            if self.merged[direction]:
                self._merge(m, taken, *self.merged_ports(direction))
            m.d.sync += register.eq(taken)
            with m.If(self.inject.en & (self.inject.ref[-1] == direction)):
                with m.Switch(self.inject.ref[:STREAM_NUMBER_BITS]):
                    for stream in range(self.config.streams):
                        with m.Case(stream):
                            m.d.sync += piece(register, stream, word).eq(piece(taken, stream, word) ^ self.inject.mask)
            m.d.comb += self.here[direction].eq(register)
        return m

    def _check(self, m: Module, direction: Direction) -> None:
        """No two producers on one register."""
        masks = []
        for n, width in enumerate(self.widths[direction]):
            producer, mask = self.producer(direction, n), Signal(self.config.streams)
            m.d.comb += mask.eq(Mux(producer.en, ((1 << width) - 1) << producer.stream, 0))
            masks.append(mask)
        if self.merged[direction]:
            masks.append(self.merged_ports(direction)[0])
        if len(masks) > 1:
            check(m, ~overlap(masks), f"two producers on one {direction.name.lower()}ward stream register\n")

    def _override(self, m: Module, taken: Any, producer: Any, width: int) -> None:
        group, word = group_of(width), self.config.code_bits
        with m.If(producer.en):
            with m.Switch(producer.stream):
                for first in range(0, self.config.streams - width + 1, group):
                    with m.Case(first):
                        m.d.comb += taken[first * word : (first + width) * word].eq(producer.words)

    def _merge(self, m: Module, taken: Any, mask: Any, words: Any) -> None:
        word = self.config.code_bits
        with m.If(mask.any()):
            for n in range(self.config.streams):
                with m.If(mask[n]):
                    m.d.comb += piece(taken, n, word).eq(piece(words, n, word))


class Tap(Block):
    """Picks a group of adjacent streams of a direction. Latency 0.

    Parameters
    ----------
    config : Config
        The machine.
    width : int
        Streams in the group.
    directions : int
        2 where streams of both directions come by; 1 at the chip's edge, where those of one do: then the reference's
        direction is not looked at.

    Members
    -------
    en : In(1)
        Without it the words are zero.
    ref : In(6)
        First stream and direction.
    columns : In(column_bits).array(directions)
        Registers sampled, by direction.
    words : Out(width * code_bits)
        Codewords by stream.
    """

    clocked: ClassVar[bool] = False

    def __init__(self, *, config: Config, width: int = 1, directions: int = 2):
        if directions not in (1, 2):
            raise ValueError(f"directions must be 1 or 2, not {directions!r}")
        self.config, self.width, self.directions = config, width, directions
        super().__init__(
            "tap",
            (f"{config.streams}x{config.word_bits}", f"w{width}", f"d{directions}"),
            {
                "en": In(1),
                "ref": In(STREAM_BITS),
                "columns": In(column_bits(config)).array(directions),
                "words": Out(width * config.code_bits),
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        word, group = self.config.code_bits, group_of(self.width)
        number, direction = self.ref[:STREAM_NUMBER_BITS], self.ref[-1]
        with m.If(self.en):
            for way, column in enumerate(self.columns):
                with m.If((direction == way) if self.directions == 2 else 1):
                    with m.Switch(number):
                        for first in range(0, self.config.streams - self.width + 1, group):
                            with m.Case(first):
                                m.d.comb += self.words.eq(column[first * word : (first + self.width) * word])
        return m
