"""All rules by domain and operator."""

from compiler.frontend.context import Rule
from compiler.frontend.ops import (
    activation,
    conv,
    elementwise,
    matmul,
    normalize,
    pool,
    qlinear,
    qpool,
    quantize,
    reduce,
    shape,
)

_CONTRIB = ("QGemm", "FastGelu", "MatMulIntegerToFloat")
_MICROSOFT = "com.microsoft"
_STANDARD = (activation, conv, elementwise, matmul, normalize, pool, quantize, reduce, shape)


def _rules() -> dict[tuple[str, str], Rule]:
    rules = {}
    for module in _STANDARD:
        for name, rule in module.OPERATORS.items():
            rules[_MICROSOFT if name in _CONTRIB else "", name] = rule
    for module in (qlinear, qpool):
        for name, rule in module.OPERATORS.items():
            rules[_MICROSOFT, name] = rule
    for name in ("Gelu", "QuantizeLinear", "DequantizeLinear"):
        rules[_MICROSOFT, name] = rules["", name]
    return rules


#: Rules by (domain, operator); the standard domain is "".
RULES = _rules()
