"""The layers hold, and the check that says so notices when they do not."""

from pathlib import Path

import pytest

from tests.layers import FLOORS, violations

ROOT = Path(__file__).resolve().parent.parent


def project_sources() -> dict[str, str]:
    """Return {module: source} of every Python file in the packages of this repository."""
    sources = {}
    for package in FLOORS:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            sources[name] = path.read_text(encoding="utf-8")
    return sources


def test_this_repository_keeps_its_layers():
    sources = project_sources()
    assert {"golden", "tests.layers"} <= sources.keys()
    assert violations(sources) == []


def test_every_folder_with_python_stands_on_a_floor():
    folders = {path.parent.name for path in ROOT.glob("*/*.py") if not path.parent.name.startswith(".")}
    assert folders - {"build"} <= set(FLOORS)


def test_imports_downward_are_allowed():
    sources = {
        "arch.config": "import dataclasses",
        "golden.mem": "import numpy as np\nfrom arch.config import Config",
        "hdl.mem": "from amaranth.lib import wiring\nimport arch.config",
        "compiler.asm": "from golden import mem\nimport numpy",
        "tb.mem": "import cocotb, golden.mem, hdl.mem",
        "tests.test_mem": "import tb.mem",
    }
    assert violations(sources) == []


@pytest.mark.parametrize(
    ("module", "source", "message"),
    [
        ("arch.isa", "import golden", "arch.isa:1: arch must not import golden"),
        ("arch.isa", "import numpy as np", "arch.isa:1: arch must not import numpy"),
        ("golden.mem", "from hdl.mem import Bank", "golden.mem:1: golden must not import hdl"),
        ("golden.mem", "import compiler.asm", "golden.mem:1: golden must not import compiler"),
        ("golden.mem", "import onnx", "golden.mem:1: golden must not import onnx"),
        ("hdl.mem", "import golden.mem", "hdl.mem:1: hdl must not import golden"),
        ("hdl.mem", "import numpy", "hdl.mem:1: hdl must not import numpy"),
        ("compiler.asm", "from hdl import mem", "compiler.asm:1: compiler must not import hdl"),
        ("tb.run", "import scripts.cli", "tb.run:1: tb must not import scripts"),
        ("scripts.cli", "import tests.layers", "scripts.cli:1: scripts must not import tests"),
        ("golden.mem", "def f():\n    import hdl", "golden.mem:2: golden must not import hdl"),
        ("golden.mem", "if False:\n    from hdl import mem", "golden.mem:2: golden must not import hdl"),
        ("arch.isa", "__import__('golden')", "arch.isa:1: arch must not import golden"),
        (
            "arch.isa",
            "import importlib\nimportlib.import_module('hdl.mem')",
            "arch.isa:2: arch must not import hdl",
        ),
        ("arch.isa", "__import__(name)", "arch.isa:1: import of a name computed at run time"),
        (
            "arch.isa",
            "from .config import Config",
            "arch.isa:1: relative import; packages are imported by their names",
        ),
        ("extra.tool", "import os", "extra.tool: package extra stands on no floor"),
    ],
)
def test_a_forbidden_import_is_named(module: str, source: str, message: str):
    assert violations({module: source}) == [message]


def test_a_circle_inside_a_package_is_named():
    sources = {
        "arch.config": "from arch.timing import hops",
        "arch.timing": "from arch import isa",
        "arch.isa": "def widths():\n    import arch.config",
    }
    assert violations(sources) == ["circle: arch.config -> arch.timing -> arch.isa -> arch.config"]


def test_a_module_that_imports_its_own_package_closes_a_circle():
    sources = {"arch": "from arch.config import Config", "arch.config": "from arch import Config"}
    assert violations(sources) == ["circle: arch -> arch.config -> arch"]


def test_a_diamond_is_no_circle():
    sources = {
        "arch.a": "import arch.b, arch.c",
        "arch.b": "import arch.d",
        "arch.c": "import arch.d",
        "arch.d": "",
    }
    assert violations(sources) == []
