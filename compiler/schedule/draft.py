"""A flow in the making: wires, what drives and samples them, and chains of ALUs between them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from arch.config import Config
from arch.conveyor import Direction, Hemisphere, vxm_site
from arch.isa.fields import SOURCES
from arch.isa.spec import Spec
from arch.isa.vxm import OPERATION_OF, VXM
from arch.queues import queues_by_name
from arch.timing import timing
from compiler.graph.ir import Immediate, Input, Result, Step
from compiler.schedule import access, mesh
from compiler.schedule.flow import Drive, Flow, Issue, Sample, Wire
from compiler.schedule.ledger import Times
from compiler.schedule.storage import Piece

_VXM = {spec.mnemonic: spec for spec in VXM}


@dataclass(frozen=True)
class Rows:
    """Rows of one block of a stored tensor, as a flow reads or writes them.

    Attributes
    ----------
    planes
        Pieces for each byte of the element.
    rows
        Row by row.
    borders
        For each byte the row that stands for those beyond the border; () if none is.
    latched
        Whether the VXM is to latch the row, which is the same one every time.
    """

    planes: tuple[tuple[Piece, ...], ...]
    rows: NDArray[np.int64]
    borders: tuple[Piece, ...] = ()
    latched: bool = False

    @property
    def side(self) -> Hemisphere:
        """Hemisphere in which all of it lies."""
        return self.planes[0][0].hemisphere


@dataclass
class _Wire:
    direction: Direction
    width: int
    drives: list[Drive] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)


class Draft:
    """Collects a flow.

    Parameters
    ----------
    config
        The machine.
    label
        Of the flow.
    """

    def __init__(self, config: Config, label: str) -> None:
        self.config, self.label = config, label
        self.time = timing(config)
        self.issues: list[Issue] = []
        self.choices: list[tuple[tuple[Issue, ...], ...]] = []
        self._wires: list[_Wire] = []
        self._earliest = 0

    def flow(self) -> Flow:
        """The flow."""
        wires = tuple(Wire(w.direction, w.width, tuple(w.drives), tuple(w.samples)) for w in self._wires)
        return Flow(self.label, tuple(self.issues), wires, tuple(self.choices), self._earliest)

    def wire(self, direction: Direction, width: int) -> int:
        """A new wire's number."""
        self._wires.append(_Wire(direction, width))
        return len(self._wires) - 1

    def drive(self, wire: int, position: int | None, times: Times) -> None:
        """A unit drives all streams of a wire."""
        assert position is not None
        for byte in range(self._wires[wire].width):
            self._wires[wire].drives.append(Drive(byte, position, times))

    def add_samples(self, wire: int, samples: Iterable[Sample]) -> None:
        """Note samples of all streams of a wire."""
        self._wires[wire].samples.extend(samples)

    def sample(self, wire: int, position: int | None, times: Times) -> None:
        """A unit samples all streams of a wire."""
        assert position is not None
        self._wires[wire].samples.append(Sample(position, times))

    def issue(self, queue: str, times: Times, spec: Spec, streams: dict[str, int] | None = None, **fields: int) -> None:
        """A run of an instruction of a queue that is no MEM queue."""
        wired = tuple((name, wire, 0) for name, wire in (streams or {}).items())
        self.issues.append(Issue(queues_by_name(self.config)[queue].index, times, spec, fields, wired))

    def read(self, source: Rows, direction: Direction, end: int, times: Times, width: int | None = None) -> int:
        """Read rows onto a new wire so that the first is at ``end`` in the first of ``times``; its number."""
        wire = self.wire(direction, width or len(source.planes))
        for byte, pieces in enumerate(source.planes):
            border = source.borders[byte] if source.borders else None
            issues, drives, earliest = access.read(
                self.config, pieces, source.rows, direction, end, times.first, wire, byte, border, times.every
            )
            self.issues += issues
            self._wires[wire].drives += drives
            self.wait(earliest)
        self.sample(wire, end, times)
        return wire

    def write(self, target: Rows, wire: int, position: int, times: Times) -> None:
        """Write what a wire carries, driven at ``position`` at these times."""
        direction = self._wires[wire].direction
        for byte, pieces in enumerate(target.planes):
            issues, samples, earliest = access.write(
                self.config, pieces, target.rows, direction, position, times.first, wire, byte, times.every
            )
            self.issues += issues
            self._wires[wire].samples += samples
            self.wait(earliest)

    def wait(self, earliest: int) -> None:
        """Let the flow begin no earlier than in a cycle."""
        self._earliest = max(self._earliest, earliest)

    def compute(
        self,
        steps: tuple[Step, ...],
        times: Times,
        sources: Sequence[Rows | int],
        direction: Direction,
        early: int | None = 0,
    ) -> tuple[int, Times]:
        """Let the VXM compute steps and drive the result.

        Parameters
        ----------
        steps
            What.
        times
            When the values that arrive by a wire are sampled; without such, issues of the steps of depth 0.
        sources
            For each input the rows to read, or a wire that brings it to the VXM at ``times``.
        direction
            Of the result.
        early
            How many cycles before they must, constants that can be latched are; None lets them stream instead.

        Returns
        -------
        wire, times
            The result's wire, and when it stands in the stream register that the VXM drives.
        """
        fixed = [n for n, source in enumerate(sources) if isinstance(source, Rows) and source.latched]
        latched = frozenset(fixed if early is not None else ())
        chain = mesh.chain(steps, latched)
        placed = mesh.placements(self.config, chain)
        types, site = mesh.input_types(chain.steps), vxm_site(self.config)
        arriving = [depth for number, depth in chain.uses if isinstance(sources[number], int)]
        base = times.shifted(-arriving[0] * self.time.alu) if arriving else times
        wires: dict[tuple[int, int], int] = {}
        for number, depth in chain.uses:
            source, at = sources[number], base.shifted(depth * self.time.alu)
            if isinstance(source, int):
                if at != times:
                    raise mesh.MeshError("values that arrive in one cycle are used in several")
                wires[number, depth] = source
                self.sample(source, site.sample(self._wires[source].direction), at)
                continue
            way = Direction.EAST if source.side is Hemisphere.WEST else Direction.WEST
            end = site.sample(way)
            assert end is not None and types[number].bytes == len(source.planes)
            if number in latched:
                source, at = replace(source, rows=source.rows[:1]), Times(at.first - (early or 0), 1)
            wires[number, depth] = self.read(source, way, end, at)
        out = self.wire(direction, mesh.result_of(chain.steps[-1]).bytes)
        self.choices.append(tuple(self._alternative(chain, one, wires, base, out, early or 0) for one in placed))
        driven = base.shifted(chain.depths[-1] * self.time.alu + self.time.vxm)
        self.drive(out, site.drive(direction), driven)
        return out, driven

    def _alternative(
        self,
        chain: mesh.Chain,
        placement: mesh.Placement,
        wires: dict[tuple[int, int], int],
        times: Times,
        out: int,
        early: int,
    ) -> tuple[Issue, ...]:
        issues = []
        for n, (step, depth, alu) in enumerate(zip(chain.steps, chain.depths, placement.alus, strict=True)):
            fields, streams = step_fields(self.config, placement, n, step, depth, wires)
            if n == len(chain.steps) - 1:
                streams.append(("out", out, 0))
            queue = queues_by_name(self.config)[f"vxm{alu}"].index
            at, hold = times.shifted(depth * self.time.alu), None
            if step.op == "Latch":
                at, hold = Times(at.first - early, 1), Times(at.first - early, at.last - at.first + early + 1)
            issues.append(Issue(queue, at, _VXM[step.op], fields, tuple(streams), hold=hold))
        return tuple(issues)


def step_fields(
    config: Config, placement: mesh.Placement, n: int, step: Step, depth: int, wires: dict[tuple[int, int], int]
) -> tuple[dict[str, int], list[tuple[str, int, int]]]:
    """Fields of a step's instruction, and those that name streams."""
    fields: dict[str, int] = {"type": step.type.code}
    if step.to is not None:
        fields["to"] = step.to.code
    if step.sat:
        fields["sat"] = 1
    streams: list[tuple[str, int, int]] = []
    for name, operand in zip(OPERATION_OF[step.op].operands, step.operands, strict=False):
        if isinstance(operand, Input):
            streams.append((name, wires[operand.number, depth], 0))
            fields[name] = 0
            continue
        if isinstance(operand, Immediate):
            if fields.get("imm", operand.bits) != operand.bits:
                raise mesh.MeshError(f"{step.op} has two constants")
            fields["imm"] = operand.bits
        assert isinstance(operand, Result | Immediate)
        fields[name] = SOURCES.index(mesh.operand_value(config, placement, n, operand))
    return fields, streams
