"""The configuration: one frozen value from which every size of the machine is derived (docs/architecture.md)."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from arch import secded
from arch.checks import check_choice, check_flag, check_range
from arch.features import DISTRIBUTE_GROUP, Features
from arch.stages import Stages
from arch.types import Type

#: Instruction word, bytes (our decision: every instruction is one word).
WORD_BYTES = 16
#: Bits of a lane's byte, of a stream element.
BYTE_BITS = 8
#: MEM slices that one stream hop spans (published).
GROUP_SLICES = 4
#: ALUs per row of the VXM mesh (published: 4x4).
MESH_COLUMNS = 4
#: Offset bits of a MEM address; the bank is the bit above (published: 13-bit address, bit 12 the bank).
OFFSET_BITS = 12
#: Banks per MEM slice (published).
BANKS = 2
#: Instructions that one Ifetch brings (published: 640 bytes).
FETCH_WORDS = 40
#: Links that one C2C queue commands (our decision).
LINKS_PER_QUEUE = 2


@dataclass(frozen=True)
class Alu:
    """One VXM ALU of every lane: the types it computes with, and whether it holds the transcendentals."""

    types: tuple[Type, ...] = tuple(Type)
    large: bool = False

    def __post_init__(self) -> None:
        if not self.types or tuple(t for t in Type if t in self.types) != self.types:
            raise ValueError(
                f"alu.types must be a non-empty tuple of distinct types in encoding order, not {self.types!r}"
            )
        check_flag("alu.large", self.large)
        if self.large and not any(t.floating for t in self.types):
            raise ValueError("alu.large must be False for an ALU without floating point")


@dataclass(frozen=True, kw_only=True)
class Config:
    """Size of a machine. Every other number of the project derives from these.

    Parameters
    ----------
    name
        What people call it; not part of the fingerprint.
    superlanes
        Tiles per slice that hold data, 1 to 20 (published: 20).
    lanes
        Byte lanes per superlane: 4, 8 or 16 (published: 16). Also the streams of a wide group and a supercell's side.
    spare
        Whether a further physical superlane stands by, any one being bypassed by a fuse (published: yes).
    streams
        Streams per direction: 4, 8, 16 or 32, at least ``lanes`` (published: 32); with 4 there are no distributors,
        which take 8.
    slices
        MEM slices per hemisphere, a multiple of 4 from ``lanes`` to 64 (published: 44).
    bank_words
        Words per bank and tile, a power of two from 16 to 4096 (published: 4096).
    planes
        MXM planes per hemisphere, 1 or 2 (published: 2).
    mxm_fp16
        Whether plane pairs compute fp16; needs two planes (published: yes).
    acc_rows
        Vectors in each plane's accumulator memory, 1 to 1024.
    alus
        The VXM's ALUs, in rows of four, the last one perhaps short, 1 to 16 (published: 16).
    vxm_hops
        Hops in which a stream crosses the VXM, 1 to 16.
    queue_depth
        Instructions that a queue holds, 48 to 1024.
    c2c_links
        Chip-to-chip links, a multiple of 4 from 0 to 16 (published: 16).
    stages
        Pipeline stages per operator class.
    features
        What the machine has of all that may be left out (published: everything).

    Raises
    ------
    ValueError
        Naming the field, its value and what is allowed.
    """

    name: str = "custom"
    superlanes: int
    lanes: int
    spare: bool = False
    streams: int = 32
    slices: int
    bank_words: int
    planes: int = 2
    mxm_fp16: bool = True
    acc_rows: int
    alus: tuple[Alu, ...] = field(default=())
    vxm_hops: int
    queue_depth: int = 96
    c2c_links: int = 0
    stages: Stages = field(default_factory=Stages)
    features: Features = field(default_factory=Features)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise ValueError(f"name must be text, not {self.name!r}")
        check_flag("spare", self.spare)
        check_flag("mxm_fp16", self.mxm_fp16)
        if not isinstance(self.stages, Stages):
            raise ValueError(f"stages must be a Stages, not {self.stages!r}")
        if not isinstance(self.features, Features):
            raise ValueError(f"features must be a Features, not {self.features!r}")
        if not isinstance(self.alus, tuple) or not all(isinstance(alu, Alu) for alu in self.alus):
            raise ValueError("alus must be a tuple of Alu")
        check_range("superlanes", self.superlanes, 1, 20)
        check_choice("lanes", self.lanes, (4, 8, 16))
        check_choice("streams", self.streams, (4, 8, 16, 32))
        if self.streams < self.lanes:
            raise ValueError(f"streams must be at least lanes ({self.lanes}), not {self.streams!r}")
        if self.features.distributors and self.streams < DISTRIBUTE_GROUP:
            raise ValueError(
                f"features.distributors must be 0 where streams is {self.streams}: one takes {DISTRIBUTE_GROUP} streams"
            )
        check_range("slices", self.slices, self.lanes, 64)
        if self.slices % GROUP_SLICES:
            raise ValueError(f"slices must be a multiple of {GROUP_SLICES}, not {self.slices!r}")
        check_choice("bank_words", self.bank_words, tuple(2**n for n in range(4, OFFSET_BITS + 1)))
        check_range("planes", self.planes, 1, 2)
        if self.mxm_fp16 and self.planes != 2:
            raise ValueError(f"mxm_fp16 must be False where planes is {self.planes}: fp16 takes a pair of planes")
        check_range("acc_rows", self.acc_rows, 1, 1024)
        if not 1 <= len(self.alus) <= MESH_COLUMNS**2:
            raise ValueError(f"alus must be 1 to {MESH_COLUMNS**2} ALUs, not {len(self.alus)}")
        check_range("vxm_hops", self.vxm_hops, 1, 16)
        check_range("queue_depth", self.queue_depth, 48, 1024)
        check_choice("c2c_links", self.c2c_links, (0, 4, 8, 12, 16))

    def __hash__(self) -> int:
        """Hash of what tells most machines apart: every cached function of a configuration asks for it."""
        return hash((self.name, self.superlanes, self.lanes, self.slices, self.streams, self.planes))

    # Derived sizes -----------------------------------------------------------------------------------

    @property
    def vector(self) -> int:
        """Elements of a vector: bytes of one stream over all superlanes (published: 320)."""
        return self.superlanes * self.lanes

    @property
    def physical_superlanes(self) -> int:
        """Superlanes in silicon, the spare included."""
        return self.superlanes + self.spare

    @property
    def word_bits(self) -> int:
        """Data bits of one stream element over a superlane, of one MEM word (published: 128)."""
        return self.lanes * BYTE_BITS

    @property
    def code_bits(self) -> int:
        """Bits of a word with its check bits, if it has any (published: 137)."""
        return self.word_bits + (secded.check_bits(self.word_bits) if self.features.ecc else 0)

    @property
    def groups(self) -> int:
        """Groups of four MEM slices per hemisphere: hops across it (published: 11)."""
        return self.slices // GROUP_SLICES

    @property
    def positions(self) -> int:
        """Stream-register columns from chip edge to chip edge, the VXM's crossing included."""
        return 2 * (self.groups + 2) + self.vxm_hops - 1

    @property
    def supercells(self) -> int:
        """Supercells of one plane."""
        return self.superlanes**2

    @property
    def row_words(self) -> int:
        """MEM words of one superlane that make one instruction."""
        return WORD_BYTES // self.lanes

    @property
    def c2c_queues(self) -> int:
        """C2C queues per hemisphere (published: 4)."""
        return self.c2c_links // (2 * LINKS_PER_QUEUE)

    def to_json(self) -> str:
        """Canonical text of the configuration: the same value always gives the same text."""
        record = dataclasses.asdict(self)
        # So that a machine that has everything is still the machine that it was before anything could be left out.
        if self.features == Features():
            del record["features"]
        record["alus"] = [{"types": [t.value for t in a.types], "large": a.large} for a in self.alus]
        return json.dumps(record, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Config":
        """Configuration of a canonical text; ``ValueError`` says what is wrong with it."""
        try:
            record: dict[str, Any] = json.loads(text)
            record["alus"] = tuple(
                Alu(types=tuple(Type(t) for t in a["types"]), large=a["large"]) for a in record["alus"]
            )
            record["stages"] = Stages(**record["stages"])
            record["features"] = Features(**record.get("features", {}))
            return cls(**record)
        except (TypeError, KeyError, AttributeError, RecursionError, json.JSONDecodeError) as error:
            raise ValueError(f"not a configuration: {error}") from None

    @property
    def fingerprint(self) -> bytes:
        """Sixteen bytes that tell machines apart; the name does not count."""
        unnamed = dataclasses.replace(self, name="")
        return hashlib.sha256(unnamed.to_json().encode()).digest()[:16]


def _mesh(count: int, types: tuple[Type, ...] = tuple(Type), large: bool = True) -> tuple[Alu, ...]:
    """ALUs with the large ones in the even columns, so that every small one has a large neighbor."""
    return tuple(Alu(types=types, large=large and n % 2 == 0) for n in range(count))


_NO_FP16 = tuple(t for t in Type if t is not Type.F16)
#: What a small FPGA has room for: of the SXM a transposer and a Permute.
_LEAN = Features(
    ecc=False, fetch=False, indexed=False, distributors=0, transposers=1, shift=False, rotate=False, still=False
)

#: Named configurations, used by the command line, the tests and the docs.
PRESETS = {
    config.name: config
    for config in (
        Config(
            name="tiny",
            superlanes=2,
            lanes=4,
            slices=4,
            bank_words=128,
            acc_rows=16,
            alus=_mesh(16),
            vxm_hops=2,
            c2c_links=4,
        ),
        Config(
            name="small",
            superlanes=4,
            lanes=8,
            slices=16,
            bank_words=4096,
            acc_rows=128,
            alus=_mesh(16),
            vxm_hops=4,
            c2c_links=16,
        ),
        Config(
            name="fpga",
            superlanes=1,
            lanes=4,
            streams=4,
            slices=4,
            bank_words=1024,
            planes=2,
            mxm_fp16=False,
            acc_rows=64,
            # An ALU with floats takes as much as two planes, and sums are few: a requantization goes through in parts.
            alus=(Alu(types=_NO_FP16),),
            vxm_hops=1,
            # What a block RAM of 36 bits holds: networks for so small a machine are mostly text.
            queue_depth=512,
            stages=Stages(operand=2, result=2, mem_access=2, alu=12, mxm_mac=4),
            features=_LEAN,
        ),
        Config(
            name="full",
            superlanes=20,
            lanes=16,
            spare=True,
            slices=44,
            bank_words=4096,
            acc_rows=320,
            alus=_mesh(16),
            vxm_hops=8,
            c2c_links=16,
        ),
    )
}


def preset(name: str) -> Config:
    """Configuration of a name; ``ValueError`` lists the names."""
    if name not in PRESETS:
        raise ValueError(f"preset must be one of {', '.join(PRESETS)}, not {name!r}")
    return PRESETS[name]
