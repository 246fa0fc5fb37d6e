"""Which package may import what, checked on source text alone.

`violations` is a pure function from {module name: source} to messages, so that its own tests can plant a
violation. Imports inside functions count like those at the top. A package's `__init__` goes by the
package's name.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Floor:
    """What one package may import besides the standard library and itself.

    Attributes:
        below: packages of this project.
        outside: packages of others; `None` for any.
    """

    below: frozenset[str]
    outside: frozenset[str] | None = None


def _floor(*below: str, outside: tuple[str, ...] | None = None) -> Floor:
    return Floor(frozenset(below), None if outside is None else frozenset(outside))


#: From the ground up. `golden` and `hdl` never meet below `tb`: their agreement is to mean something.
FLOORS: Mapping[str, Floor] = {
    "arch": _floor(outside=()),
    "golden": _floor("arch", outside=("numpy",)),
    "hdl": _floor("arch", outside=("amaranth",)),
    "compiler": _floor("arch", "golden", outside=("numpy", "onnx", "onnxruntime")),
    "tb": _floor("arch", "golden", "hdl", "compiler"),
    "examples": _floor("arch", "golden", "compiler"),
    "scripts": _floor("arch", "golden", "hdl", "compiler", "tb", "examples"),
    "tests": _floor("arch", "golden", "hdl", "compiler", "tb", "examples", "scripts"),
}


def violations(sources: Mapping[str, str], floors: Mapping[str, Floor] = FLOORS) -> list[str]:
    """Return one message for each forbidden import and each circle in `sources`."""
    messages: list[str] = []
    graph: dict[str, set[str]] = {module: set() for module in sources}
    for module, source in sorted(sources.items()):
        package = module.partition(".")[0]
        if package not in floors:
            messages.append(f"{module}: package {package} stands on no floor")
            continue
        for line, target in _imports(source):
            if complaint := _judge(package, target, floors):
                messages.append(f"{module}:{line}: {complaint}")
            elif (reached := _resolve(target, graph)) is not None:
                graph[module].add(reached)
    messages.extend(f"circle: {' -> '.join(circle)}" for circle in _circles(graph))
    return messages


def _imports(source: str) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted target) of every import; a relative or unreadable one keeps a leading mark."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"
        elif isinstance(node, ast.Call) and _name(node.func) in ("import_module", "__import__"):
            name = node.args[0] if node.args else None
            yield node.lineno, str(name.value) if isinstance(name, ast.Constant) else "?"


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _judge(package: str, target: str, floors: Mapping[str, Floor]) -> str | None:
    """Return what is wrong with `package` importing `target`, or None."""
    if target.startswith("."):
        return "relative import; packages are imported by their names"
    if target == "?":
        return "import of a name computed at run time"
    top = target.partition(".")[0]
    floor = floors[package]
    if top in floors:
        allowed = top == package or top in floor.below
    else:
        allowed = top in sys.stdlib_module_names or floor.outside is None or top in floor.outside
    return None if allowed else f"{package} must not import {top}"


def _resolve(target: str, graph: Mapping[str, object]) -> str | None:
    """Return the module that `target` names: itself, or for a name inside a module, that module."""
    while target not in graph:
        target, dot, _ = target.rpartition(".")
        if not dot:
            return None
    return target


def _circles(graph: Mapping[str, set[str]]) -> Iterator[list[str]]:
    """Yield one circle for each back edge that a depth-first walk finds."""
    done: set[str] = set()

    def walk(module: str, path: list[str]) -> Iterator[list[str]]:
        if module in path:
            yield [*path[path.index(module) :], module]
        elif module not in done:
            for target in sorted(graph[module]):
                yield from walk(target, [*path, module])
            done.add(module)

    for module in sorted(graph):
        yield from walk(module, [])
