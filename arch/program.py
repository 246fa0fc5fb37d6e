"""The program file: what a queue holds at boot, what memory holds, which regions the host fills and reads.

Layout, little endian (our decision): magic, format version, configuration fingerprint, the sections, and the SHA-256 of
all that precedes. Each section is a four-byte length and its bytes. The configuration stands in it as canonical JSON,
so that a program says by itself which machine it is for.
"""

import hashlib
import itertools
import json
import struct
from dataclasses import dataclass

from arch.config import BANKS, OFFSET_BITS, WORD_BYTES, Config
from arch.conveyor import Hemisphere
from arch.queues import queues

MAGIC = b"SUPRLANE"
VERSION = 1
_HEAD = struct.Struct("<8sI16s")
_SEGMENT = struct.Struct("<BBHI")
_DIGEST_BYTES = 32
#: Roles of a region by code: what the host fills before the start, what it reads at the end, and both.
ROLES = ("input", "output", "inout")


@dataclass(frozen=True)
class Segment:
    """Initial contents of consecutive MEM addresses of one slice, all superlanes.

    Attributes
    ----------
    hemisphere, mem_slice
        The slice.
    address
        First 13-bit address; all words lie in its bank.
    data
        Rows of ``config.vector`` bytes: superlane 0 first, lane 0 first.
    """

    hemisphere: Hemisphere
    mem_slice: int
    address: int
    data: bytes


@dataclass(frozen=True)
class Region:
    """Consecutive addresses that the host fills or reads, by a name.

    Several regions may share a name: they are then parts of one tensor, in order, and have one role.

    Attributes
    ----------
    name
        What the user calls it.
    role
        One of ``ROLES``.
    hemisphere, mem_slice, address
        Where it starts; all words lie in one bank.
    rows
        Vectors.
    """

    name: str
    role: str
    hemisphere: Hemisphere
    mem_slice: int
    address: int
    rows: int


@dataclass(frozen=True)
class Program:
    """A program, ready to boot.

    Attributes
    ----------
    config
        The machine it is for.
    preload
        Words of each queue at boot, by queue index.
    data
        Initial memory, sorted, without overlap.
    regions
        Inputs and outputs of the host.
    meta
        Remarks of whoever made it (names of tensors and operators), any JSON object; no effect on the run.
    """

    config: Config
    preload: tuple[tuple[int, ...], ...]
    data: tuple[Segment, ...] = ()
    regions: tuple[Region, ...] = ()
    meta: str = "{}"

    def __post_init__(self) -> None:
        config = self.config
        if len(self.preload) != len(queues(config)):
            raise ValueError(f"preload must have {len(queues(config))} queues, not {len(self.preload)}")
        for queue, words in zip(queues(config), self.preload, strict=True):
            if len(words) > config.queue_depth:
                raise ValueError(f"{queue.name} holds {config.queue_depth} instructions, not {len(words)}")
            if any(not 0 <= word < 1 << 8 * WORD_BYTES for word in words):
                raise ValueError(f"{queue.name} has a word of more than {8 * WORD_BYTES} bits")
        for segment in self.data:
            _check_place(config, "segment", segment.hemisphere, segment.mem_slice, segment.address, len(segment.data))
        roles: dict[str, str] = {}
        for region in self.regions:
            if region.role not in ROLES:
                raise ValueError(f"region {region.name!r} must have a role of {', '.join(ROLES)}, not {region.role!r}")
            first = roles.setdefault(region.name, region.role)
            if region.role != first:
                both = f"{first} and {region.role}"
                raise ValueError(f"region {region.name!r} must have one role in all its parts, not {both}")
            size = region.rows * config.vector
            _check_place(config, f"region {region.name!r}", region.hemisphere, region.mem_slice, region.address, size)
        _check_overlap(config, self.data)
        if not isinstance(_json(self.meta), dict):
            raise ValueError("meta must be a JSON object")

    def to_bytes(self) -> bytes:
        """The program file."""
        body = _HEAD.pack(MAGIC, VERSION, self.config.fingerprint)
        sections = [self.config.to_json().encode()]
        for words in self.preload:
            sections.append(b"".join(word.to_bytes(WORD_BYTES, "little") for word in words))
        segments = b"".join(
            _SEGMENT.pack(s.hemisphere, s.mem_slice, s.address, len(s.data)) + s.data for s in self.data
        )
        regions = [[r.name, r.role, int(r.hemisphere), r.mem_slice, r.address, r.rows] for r in self.regions]
        sections += [segments, json.dumps(regions, separators=(",", ":")).encode(), self.meta.encode()]
        body += b"".join(struct.pack("<I", len(section)) + section for section in sections)
        return body + hashlib.sha256(body).digest()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Program":
        """Program of a file's bytes.

        Raises
        ------
        ValueError
            If it is no program file, of another version, cut short, damaged, or names what its machine lacks.
        """
        if not data.startswith(MAGIC):
            raise ValueError("not a Superlane program: it does not start with the magic bytes")
        if len(data) < _HEAD.size + _DIGEST_BYTES:
            raise ValueError("program file is cut short: its header is incomplete")
        _, version, fingerprint = _HEAD.unpack_from(data)
        if version != VERSION:
            raise ValueError(f"program file has format version {version}; this release reads version {VERSION}")
        body, digest = data[:-_DIGEST_BYTES], data[-_DIGEST_BYTES:]
        if hashlib.sha256(body).digest() != digest:
            raise ValueError("program file is damaged or cut short: its checksum does not match")
        sections = _sections(body)
        config = Config.from_json(_text(next(sections, b"")))
        if config.fingerprint != fingerprint:
            raise ValueError("program file is damaged: its configuration does not match its fingerprint")
        preload = tuple(_words(next(sections, b"")) for _ in queues(config))
        segments = tuple(_segments(next(sections, b"")))
        regions = tuple(_regions(_text(next(sections, b"[]"))))
        meta = _text(next(sections, b""))
        if next(sections, None) is not None:
            raise ValueError("program file is damaged: it has more sections than its machine")
        return cls(config, preload, segments, regions, meta)


def _check_place(config: Config, what: str, side: Hemisphere, mem_slice: int, address: int, size: int) -> None:
    if not 0 <= mem_slice < config.slices:
        raise ValueError(f"{what} must lie in a slice below {config.slices}, not {mem_slice}")
    if not 0 <= address < BANKS << OFFSET_BITS:
        raise ValueError(f"{what} must have an address below {BANKS << OFFSET_BITS}, not {address}")
    rows, rest = divmod(size, config.vector)
    where = f"{side.letter}.mem{mem_slice}"
    if rest or rows < 1:
        raise ValueError(f"{what} in {where} must be whole vectors of {config.vector} bytes, not {size} bytes")
    offset = address % (1 << OFFSET_BITS)
    if offset + rows > config.bank_words:
        last = offset + rows - 1
        raise ValueError(f"{what} in {where} must lie below offset {config.bank_words} of its bank; it ends at {last}")


def _check_overlap(config: Config, segments: tuple[Segment, ...]) -> None:
    keys = [(s.hemisphere, s.mem_slice, s.address, s.address + len(s.data) // config.vector) for s in segments]
    for before, after in itertools.pairwise(keys):
        if before[:3] > after[:3] or (before[:2] == after[:2] and before[3] > after[2]):
            where = f"{after[0].letter}.mem{after[1]}"
            raise ValueError(f"segments must be sorted and not overlap, which they do at {where} address {after[2]}")


def _sections(body: bytes):
    at = _HEAD.size
    while at < len(body):
        if at + 4 > len(body):
            raise ValueError("program file is damaged: a section has no length")
        (length,) = struct.unpack_from("<I", body, at)
        at += 4
        if at + length > len(body):
            raise ValueError("program file is damaged: a section is longer than the file")
        yield body[at : at + length]
        at += length


def _words(section: bytes) -> tuple[int, ...]:
    if len(section) % WORD_BYTES:
        raise ValueError(f"program file is damaged: a queue's text is no multiple of {WORD_BYTES} bytes")
    return tuple(int.from_bytes(section[n : n + WORD_BYTES], "little") for n in range(0, len(section), WORD_BYTES))


def _segments(section: bytes):
    at = 0
    while at < len(section):
        if at + _SEGMENT.size > len(section):
            raise ValueError("program file is damaged: a memory segment is cut short")
        side, mem_slice, address, length = _SEGMENT.unpack_from(section, at)
        at += _SEGMENT.size
        if side > 1 or at + length > len(section):
            raise ValueError("program file is damaged: a memory segment is cut short")
        yield Segment(Hemisphere(side), mem_slice, address, section[at : at + length])
        at += length


def _regions(text: str):
    rows = _json(text)
    if not isinstance(rows, list):
        raise ValueError("program file is damaged: its regions are no list")
    for row in rows:
        shape = [type(value) for value in row] if isinstance(row, list) else []
        if shape != [str, str, int, int, int, int] or row[2] not in (0, 1):
            raise ValueError(f"program file is damaged: {row!r} is no region")
        yield Region(row[0], row[1], Hemisphere(row[2]), *row[3:])


def _text(section: bytes) -> str:
    try:
        return section.decode()
    except UnicodeDecodeError:
        raise ValueError("program file is damaged: text is not UTF-8") from None


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("program file is damaged: its JSON cannot be read") from None
