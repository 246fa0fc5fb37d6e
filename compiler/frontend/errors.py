"""What the front end says when it refuses: one line with node, operator and reason."""

from onnx import NodeProto

#: Characters of one message: models hold names of any length.
LONGEST = 400


class NetworkError(ValueError):
    """A model, or a use of one, that the front end refuses."""

    def __init__(self, message: str) -> None:
        line = " ".join(message.split())
        super().__init__(line if len(line) <= LONGEST else f"{line[: LONGEST - 4]} ...")


class UnsupportedError(NetworkError):
    """A node that is legal ONNX, but beyond what this compiler or machine does."""


def describe(node: NodeProto) -> str:
    """A node as its user finds it again: name if it has one, operator, first output."""
    domain = f"{node.domain}." if node.domain not in ("", "ai.onnx") else ""
    name = f"node {node.name!r}" if node.name else f"the node that gives {(list(node.output) or ['?'])[0]!r}"
    return f"{name} ({domain}{node.op_type})"
