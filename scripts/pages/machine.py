"""The manual's part about the machine: numbers, queues, timing, at every preset."""

from collections.abc import Mapping

from arch import conveyor
from arch.config import PRESETS, Config
from arch.conveyor import Direction, Site
from arch.isa.table import specs_of
from arch.queues import Queue, Unit, queues, queues_by_name
from arch.rates import rates
from arch.timing import table as timing_table
from arch.timing import timing
from scripts.pages.markdown import code, listed, page, table

#: What each unit does, a phrase.
UNITS = {
    Unit.MEM: "one memory slice",
    Unit.VXM: "one ALU of every lane",
    Unit.MXM_WEIGHTS: "weight buffer and array of one plane",
    Unit.MXM_ACTIVATIONS: "activations of one plane",
    Unit.MXM_ACCUMULATORS: "sums and accumulators of one plane",
    Unit.SXM_DISTRIBUTE: "remaps lanes inside a superlane",
    Unit.SXM_TRANSPOSE: "transposes inside a superlane",
    Unit.SXM_SHIFT_NORTH: "shifts across superlanes, and selects",
    Unit.SXM_SHIFT_SOUTH: "shifts across superlanes",
    Unit.SXM_PERMUTE: "permutes all lanes",
    Unit.SXM_ROTATE: "rotates small blocks",
    Unit.C2C: "two chip-to-chip links",
}

_SPELLED = {"macs": "MACs", "mhz": "MHz", "ghz": "GHz", "sram": "SRAM", "alus": "ALUs"}

_NUMBERS = """\
Sizes and rates that follow from the configuration. Peak rates count a multiplication and an addition as two
operations; bandwidths count data bytes, without check bits."""

_QUEUES = """\
A queue's name is its hemisphere, a dot, and the unit; below, `H` stands for `W` or `E`. The VXM stands in neither
hemisphere. MEM slice 0 is the one beside the VXM."""

_TIMING = """\
Cycles after issue, at the superlane concerned. Operands are sampled from the stream registers `d_skew` cycles after
issue, and the result stands in the stream register that it drives from `d_func` cycles after issue on, or is there for
what the last column names. Between units add the hops. `NOP`, `Sync`, `Config` and `Repeat` have no latency."""


_HOPS = """\
A result that a unit drives from cycle t on is sampled h hops downstream in cycle t + h, so a consumer issues at the
producer's issue + `d_func` + h. From MEM group g (slices 4g to 4g + 3) to group k downstream h is |g - k| - 1; slices
of one group do not reach each other, except by way of a unit that turns the stream around."""

_EAST, _WEST = Direction.EAST, Direction.WEST
_ROUTES = (
    ("MEM 0 to VXM", ("E.mem0", "vxm0"), _WEST),
    ("VXM to MEM 0", ("vxm0", "E.mem0"), _EAST),
    ("MEM 0 to MEM 0 of the other hemisphere", ("W.mem0", "E.mem0"), _EAST),
    ("last MEM to VXM", ("E.last", "vxm0"), _WEST),
    ("VXM to last MEM", ("vxm0", "E.last"), _EAST),
    ("last MEM to SXM", ("E.last", "E.sxm.permute"), _EAST),
    ("SXM to last MEM", ("E.sxm.permute", "E.last"), _WEST),
    ("last MEM to MXM", ("E.last", "E.mxm0.weights"), _EAST),
    ("MXM to last MEM", ("E.mxm0.weights", "E.last"), _WEST),
    ("SXM to MXM", ("E.sxm.permute", "E.mxm0.weights"), _EAST),
    ("MXM to SXM", ("E.mxm0.weights", "E.sxm.permute"), _WEST),
    ("VXM to SXM", ("vxm0", "E.sxm.permute"), _EAST),
    ("VXM to MXM", ("vxm0", "E.mxm0.weights"), _EAST),
    ("MXM to VXM", ("E.mxm0.weights", "vxm0"), _WEST),
    ("MXM to MXM of the other hemisphere", ("E.mxm0.weights", "W.mxm0.weights"), _WEST),
)


def numbers() -> str:
    """Sizes and rates of the presets."""
    columns = {name: rates(config) for name, config in PRESETS.items()}
    rows = [[label(name), *(f"{column[name]:,}" for column in columns.values())] for name in columns["full"]]
    return page("## Numbers of the machine", _NUMBERS, table(["", *columns], rows))


def label(name: str) -> str:
    """A rate's name in words."""
    return " ".join(_SPELLED.get(word, word) for word in name.split("_"))


def queue_list() -> str:
    """Queues by unit, with their numbers at the presets."""
    chips = {name: queues(config) for name, config in PRESETS.items()}
    rows = []
    for unit in Unit:
        names = _names([queue for queue in chips["full"] if queue.unit is unit])
        counts = [sum(queue.unit is unit for queue in chip) for chip in chips.values()]
        own = listed(spec.mnemonic for spec in specs_of(unit) if spec.units) if unit is not Unit.VXM else "see VXM"
        rows.append([names, UNITS[unit], own, *counts])
    rows.append(["all", "", "", *(len(chip) for chip in chips.values())])
    head = ["queues at `full`", "feeds", "instructions beside those of the ICU", *chips]
    return page("## Queues", _QUEUES, table(head, rows))


def _names(found: list[Queue]) -> str:
    """Names of one unit's queues, both hemispheres and all numbers in one."""
    half = [queue for queue in found if queue.hemisphere == found[0].hemisphere]
    first, last = (queue.name if queue.hemisphere is None else f"H{queue.name[1:]}" for queue in (half[0], half[-1]))
    return code(first) if first == last else f"{code(first)} to {code(last)}"


def timing_list() -> str:
    """The timing table at the presets."""
    columns = {name: timing_table(config) for name, config in PRESETS.items()}
    rows = []
    for name, row in columns["full"].items():
        note = note_at_presets({preset: column[name].note for preset, column in columns.items()})
        skew = "" if row.d_skew is None else row.d_skew
        label = "VXM (all)" if name == "VXM" else name
        rows.append([label, skew, *(column[name].d_func for column in columns.values()), note])
    rows += [
        ["chip: Sync of the last queue to idle", "", *(timing(config).drain + 1 for config in PRESETS.values()), ""],
    ]
    return page("## Timing", _TIMING, table(["instruction", "d_skew", *columns, "d_func counts to"], rows))


def hop_list() -> str:
    """Hops between neighbors and across the chip at the presets."""
    rows = []
    for text, (start, end), way in _ROUTES:
        found = [conveyor.hops(c, _site(c, start), _site(c, end), way) for c in PRESETS.values()]
        rows.append([text, way.letter, *("" if hops is None else hops for hops in found)])
    return page("## Hops", _HOPS, table(["from, to", "direction", *PRESETS], rows))


def _site(config: Config, name: str) -> Site:
    """Site of a queue; "H.last" is the MEM slice farthest from the VXM."""
    return queues_by_name(config)[name.replace("last", f"mem{config.slices - 1}")].site


def note_at_presets(notes: Mapping[str, str]) -> str:
    """Notes of the presets, clause by clause."""
    clauses = {preset: note.split("; ") for preset, note in notes.items()}
    count = len(next(iter(clauses.values())))
    return "; ".join(at_presets({preset: parts[n] for preset, parts in clauses.items()}) for n in range(count))


def at_presets(values: Mapping[str, object]) -> str:
    """Values of the presets, equal ones together: "3" or "44 (full), 8 (tiny)"."""
    groups: dict[str, list[str]] = {}
    for name, value in values.items():
        groups.setdefault(str(value), []).append(name)
    if len(groups) == 1:
        return next(iter(groups))
    return ", ".join(f"{value} ({', '.join(names)})" for value, names in groups.items())
