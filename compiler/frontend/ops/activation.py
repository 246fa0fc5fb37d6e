"""Functions of one element: Exp, Tanh, Sigmoid, Gelu, Erf, LeakyRelu, HardSigmoid, HardSwish.

All compute in fp32 and round once. docs/networks.md has the formulas and their errors.
"""

from compiler.frontend.context import Made, Rule, View
from compiler.frontend.ops.elementwise import through_f32
from compiler.frontend.steps import F32, Source, Steps

#: log(Phi(x) / Phi(-x)) = x * P(x**2) for |x| < 5.6, Phi the normal distribution: a minimax fit (weighted so that Gelu
#: in fp16 is off by less than half an ulp before its rounding); from the constant on.
_LOGIT = (
    1.595200908769525,
    0.07350813319615634,
    -0.0004202748271822879,
    -4.675130714248493e-05,
    2.3932152799982316e-06,
    -3.729903292398966e-08,
)
_LOGIT_END = 5.6**2
_SQRT_2 = 2.0**0.5
#: Of the tanh form of Gelu: 2 * sqrt(2 / pi) and the weight of the cube.
_GELU_SCALE = 1.5957691216057308
_GELU_CUBE = 0.044715


def sigmoid(steps: Steps, x: Source) -> Source:
    """1 / (1 + exp(-x))."""
    return _logistic(steps, steps.op("Neg", F32, x))


def _logistic(steps: Steps, minus: Source) -> Source:
    """1 / (1 + exp(minus))."""
    return steps.reciprocal(steps.op("Add", F32, steps.op("Exp", F32, minus), 1.0))


def _logit(steps: Steps, x: Source, factor: float) -> Source:
    """factor * log(Phi(x) / Phi(-x))."""
    square = steps.op("Min", F32, steps.op("Mul", F32, x, x), _LOGIT_END)
    total: Source = _LOGIT[-1] * factor
    for coefficient in reversed(_LOGIT[:-1]):
        total = steps.op("Add", F32, steps.op("Mul", F32, square, total), coefficient * factor)
    return steps.op("Mul", F32, total, x)


def _gelu_erf(steps: Steps, x: Source) -> Source:
    return steps.op("Mul", F32, x, _logistic(steps, _logit(steps, x, -1.0)))


def _gelu_tanh(steps: Steps, x: Source) -> Source:
    """x * sigmoid(2 z) is 0.5 x (1 + tanh z), without its cancellation."""
    square = steps.op("Mul", F32, x, x)
    inner = steps.op("Add", F32, steps.op("Mul", F32, square, -_GELU_SCALE * _GELU_CUBE), -_GELU_SCALE)
    return steps.op("Mul", F32, x, _logistic(steps, steps.op("Mul", F32, inner, x)))


def _erf(steps: Steps, x: Source) -> Source:
    """erf(x) is tanh of half the logit at x sqrt(2)."""
    return steps.op("Tanh", F32, _logit(steps, steps.op("Mul", F32, x, _SQRT_2), 0.5))


def gelu(view: View) -> Made:
    """Gelu of either form."""
    form = view.attribute("approximate", "none")
    return through_f32(_gelu_tanh if form == "tanh" or view.node.op_type == "FastGelu" else _gelu_erf)(view)


def leaky(view: View) -> Made:
    """LeakyRelu."""
    alpha = view.attribute("alpha", 0.01)

    def write(steps: Steps, x: Source) -> Source:
        negative = steps.op("Lt", F32, x, 0.0)
        return steps.op("Select", F32, steps.op("Mul", F32, x, alpha), x, negative)

    return through_f32(write)(view)


def _hard(steps: Steps, x: Source, alpha: float, beta: float) -> Source:
    inner = steps.op("Add", F32, steps.op("Mul", F32, x, alpha), beta)
    return steps.op("Max", F32, steps.op("Min", F32, inner, 1.0), 0.0)


def hard_sigmoid(view: View) -> Made:
    """HardSigmoid."""
    alpha, beta = view.attribute("alpha", 0.2), view.attribute("beta", 0.5)
    return through_f32(lambda steps, x: _hard(steps, x, alpha, beta))(view)


OPERATORS: dict[str, Rule] = {
    "Erf": through_f32(_erf),
    "Exp": through_f32(lambda steps, x: steps.op("Exp", F32, x)),
    "FastGelu": gelu,
    "Gelu": gelu,
    "HardSigmoid": hard_sigmoid,
    "HardSwish": through_f32(lambda steps, x: steps.op("Mul", F32, x, _hard(steps, x, 1 / 6, 0.5))),
    "LeakyRelu": leaky,
    "Sigmoid": through_f32(sigmoid),
    "Tanh": through_f32(lambda steps, x: steps.op("Tanh", F32, x)),
}
