"""Lines of program text cut into tokens, and constants put in their places."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from arch.config import OFFSET_BITS
from arch.isa.fields import SOURCES, Kind, parse_integer, parse_stream
from arch.isa.mem import READ
from arch.types import Type


@dataclass(frozen=True)
class Token:
    """A word of the text and the column in which it begins, from 1 on."""

    text: str
    column: int


class TokenError(ValueError):
    """A mistake in a line, with its column."""

    def __init__(self, column: int, text: str) -> None:
        super().__init__(text)
        self.column = column


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s|;#"]+|\||"')
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SUM = re.compile(r"([+-]?[^+\-]+)((?:[+-][^+\-]+)+)")
_TERM = re.compile(r"([+-])([^+\-]+)")
_RESERVED = frozenset(SOURCES) | {t.value for t in Type}


def tokens(line: str) -> list[Token]:
    """Tokens of a line without its comment: quoted strings, bars, and what stands between blanks."""
    found, at = [], 0
    while at < len(line):
        if line[at].isspace():
            at += 1
            continue
        if line[at] in ";#":
            break
        match = _TOKEN.match(line, at)
        if match is None or match[0] == '"':
            raise TokenError(at + 1, "a quoted string has no end")
        found.append(Token(match[0], at + 1))
        at = match.end()
    return found


def quoted(token: Token) -> str:
    """Value of a token that may be a quoted string, spelled as in JSON."""
    if not token.text.startswith('"'):
        return token.text
    try:
        return json.loads(token.text)
    except ValueError:
        raise TokenError(token.column, f"{token.text} is no quoted string") from None


def constant_name(token: Token) -> str:
    """Name of a new constant."""
    text = token.text
    if not _NAME.fullmatch(text) or text in _RESERVED or parse_stream(text) is not None:
        raise TokenError(token.column, f"{text!r} is no name for a constant")
    return text


def resolve(text: str, constants: Mapping[str, str]) -> str:
    """A value with constants replaced and numbers added: ``BASE+4`` for a number, an address or a stream.

    Anything that is neither a constant nor a sum that begins with one, a number, an address or a stream stays as it is.
    """
    if text in constants:
        return constants[text]
    match = _SUM.fullmatch(text)
    if match is None:
        return text
    base = constants.get(match[1], match[1])
    total = 0
    for sign, term in _TERM.findall(match[2]):
        number = parse_integer(constants.get(term, term))
        if number is None:
            return text
        total += number if sign == "+" else -number
    return _moved(base, total) or text


def _moved(base: str, by: int) -> str | None:
    number = parse_integer(base)
    if number is not None:
        return str(number + by)
    if parse_stream(base) is not None:
        return f"{base[0]}{int(base[1:]) + by}"
    try:
        address = READ.by_name["a"].parse(base)
    except ValueError:
        return None
    bank, offset = divmod(address, 1 << OFFSET_BITS)
    return f"{bank}:{offset + by}"


def address(text: str) -> int:
    """13-bit address of a spelling; ``ValueError`` says what is allowed."""
    field = READ.by_name["a"]
    if field.kind is Kind.ADDRESS and ":" not in text:
        raise ValueError(f"an address must be {field.allowed()}, not {text!r}")
    return field.parse(text)
