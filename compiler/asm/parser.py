"""Reads the text form (docs/assembler.md) into a schedule: directives, sections, and where each thing stands."""

import json
from collections.abc import Callable
from typing import NoReturn

import numpy as np

from arch.config import OFFSET_BITS, Config, preset
from arch.conveyor import Hemisphere
from arch.isa.fields import parse_integer
from arch.program import ROLES
from arch.queues import Queue, Unit, queues_by_name
from compiler.asm.errors import AssemblyError, Diagnostic, Where
from compiler.asm.rows import rows
from compiler.asm.schedule import Named, Rows, Schedule
from compiler.asm.section import Section
from compiler.asm.tokens import Token, TokenError, address, constant_name, quoted, resolve, tokens

#: Version of the text form.
TEXT_VERSION = 1
#: Mistakes after which reading stops.
MOST_MISTAKES = 100


def parse(text: str, *, name: str = "text", config: Config | None = None) -> Schedule:
    """Schedule of a text.

    Parameters
    ----------
    text
        The source.
    name
        What messages call it.
    config
        The machine, if the caller names it; a text that names another is refused.

    Raises
    ------
    AssemblyError
        Listing the mistakes, each with line and column.
    """
    return _Parser(name, config).run(text)


class _Parser:
    def __init__(self, name: str, config: Config | None) -> None:
        self.name, self.wanted = name, config
        self.schedule: Schedule | None = Schedule(config) if config is not None else None
        self.stated = False
        self.exact = False
        self.versioned = False
        self.constants: dict[str, str] = {}
        self.section: Section | None = None
        self.data: tuple[Queue, int, Where] | None = None
        self.rows: list[np.ndarray] = []
        self.line, self.raw = 0, ""
        self.complaints: list[Diagnostic] = []

    def run(self, text: str) -> Schedule:
        lines = text.split("\n")
        for number, raw in enumerate(lines, 1):
            self.line, self.raw = number, raw
            try:
                self._line(tokens(raw))
                if number == len(lines):
                    self._close()
            except TokenError as error:
                self.complaints.append(Diagnostic(Where(self.name, number, error.column), str(error)))
                # Without version or machine every further line would be a mistake too.
                if not self.versioned or self.schedule is None or len(self.complaints) >= MOST_MISTAKES:
                    break
        if not self.complaints and self.schedule is None:
            self.complaints.append(Diagnostic(Where(self.name, self.line), "the text names no machine (.preset)"))
        if self.complaints or self.schedule is None:
            raise AssemblyError(self.complaints)
        return self.schedule

    def _line(self, line: list[Token]) -> None:
        if not line:
            return
        head, *rest = line
        directive = _DIRECTIVES.get(head.text)
        if not self.versioned and head.text != ".superlane":
            raise TokenError(head.column, f"a text begins with .superlane {TEXT_VERSION}")
        if directive is not None:
            self._close()
            directive(self, head, rest)
        elif head.text.startswith(".") and not (self.exact and head.text == ".word"):
            names = ", ".join(_DIRECTIVES)
            raise TokenError(head.column, f"there is no directive {head.text}; there are {names}")
        elif self.data is not None:
            self._row(head, rest)
        elif self.section is not None:
            self.section.line(line, self.line)
        else:
            raise TokenError(head.column, "an instruction must stand in a section (.queue NAME)")

    # Directives ----------------------------------------------------------------------------------------------

    def _version(self, head: Token, rest: list[Token]) -> None:
        self._count(head, rest, 1, "the version of the text form")
        if parse_integer(rest[0].text) != TEXT_VERSION:
            raise TokenError(rest[0].column, f"this assembler reads text of version {TEXT_VERSION}, not {rest[0].text}")
        self.versioned = True

    def _preset(self, head: Token, rest: list[Token]) -> None:
        self._count(head, rest, 1, "the name of a preset")
        try:
            config = preset(rest[0].text)
        except ValueError as error:
            raise TokenError(rest[0].column, str(error)) from None
        self._machine(head, config)

    def _config(self, head: Token, _rest: list[Token]) -> None:
        column = head.column + len(head.text)
        text = self.raw[column - 1 :].lstrip()
        try:
            # The record ends where JSON ends: behind it there may be a comment.
            _, end = json.JSONDecoder().raw_decode(text)
            config = Config.from_json(text[:end])
        except (ValueError, RecursionError) as error:
            why = "not a configuration in JSON" if isinstance(error, json.JSONDecodeError | RecursionError) else error
            raise TokenError(column, str(why)) from None
        if tokens(text[end:]):
            raise TokenError(column, ".config takes one JSON object")
        self._machine(head, config)

    def _machine(self, head: Token, config: Config) -> None:
        if self.stated:
            raise TokenError(head.column, "the machine is named twice")
        if self.wanted is not None and self.wanted.fingerprint != config.fingerprint:
            wanted = self.wanted.name
            raise TokenError(head.column, f"wrong configuration: the text is for {config.name}, not for {wanted}")
        self.stated = True
        if self.schedule is None:
            self.schedule = Schedule(config)

    def _mode(self, head: Token, rest: list[Token]) -> None:
        self._count(head, rest, 0, "nothing")
        schedule = self._ready(head)
        if schedule.items or self.section is not None:
            raise TokenError(head.column, f"{head.text} must stand before the first section")
        schedule.checked = False
        if head.text == ".exact":
            self.exact, schedule.exact = True, {}

    def _equ(self, head: Token, rest: list[Token]) -> None:
        self._count(head, rest, 2, "a name and a value")
        name = constant_name(rest[0])
        if name in self.constants:
            raise TokenError(rest[0].column, f"constant {name} is defined twice")
        self.constants[name] = resolve(rest[1].text, self.constants)

    def _queue(self, head: Token, rest: list[Token]) -> None:
        self._count(head, rest, 1, "the name of a queue, and a first cycle if not 0", 2)
        schedule, queue = self._ready(head), self._queue_named(rest[0])
        origin = self._number(rest[1]) if len(rest) == 2 else 0
        self.data, self.section = None, Section(schedule, queue, origin, self.name, self.constants)
        if schedule.exact is not None:
            if queue.index in schedule.exact:
                raise TokenError(rest[0].column, f"{queue.name} has its exact words already")
            schedule.exact[queue.index] = []

    def _data(self, head: Token, rest: list[Token]) -> None:
        self._count(head, rest, 2, "a MEM slice and an address")
        self._ready(head)
        queue, first = self._place(rest[0], rest[1])
        self.data, self.section = (queue, first, self._where(head)), None

    def _row(self, head: Token, rest: list[Token]) -> None:
        config, (queue, first, _) = self._ready(head).config, self.data or self._unknown(head)
        try:
            found = rows(config, head.text, [resolve(t.text, self.constants) for t in rest])
        except ValueError as error:
            raise TokenError(head.column, str(error)) from None
        self.rows.append(found)
        room = config.bank_words - first % (1 << OFFSET_BITS)
        if sum(map(len, self.rows)) > room:
            raise TokenError(head.column, f"data go beyond the bank of {queue.name}, which has room for {room} rows")

    def _close(self) -> None:
        """End a data section: its rows are one segment."""
        data, found = self.data, self.rows
        self.data, self.rows = None, []
        if data is None or self.schedule is None:
            return
        queue, first, where = data
        if not found:
            # A row that was refused has its message already.
            if not any(d.where is not None and d.where.line > where.line for d in self.complaints):
                self.complaints.append(Diagnostic(where, "a data section must have rows"))
            return
        self.schedule.data.append(Rows(_side(queue), queue.number, first, np.concatenate(found), where))

    def _region(self, head: Token, rest: list[Token]) -> None:
        self._count(head, rest, 4, "a name, a MEM slice, an address and rows=N")
        schedule, (queue, first) = self._ready(head), self._place(rest[1], rest[2])
        key, _, count = rest[3].text.partition("=")
        if key != "rows":
            raise TokenError(rest[3].column, f"the number of rows must be rows=N, not {rest[3].text!r}")
        number = self._number(Token(count, rest[3].column))
        if number < 1:
            raise TokenError(rest[3].column, f"a region must have at least 1 row, not {number}")
        where, name = self._where(head), quoted(rest[0])
        schedule.regions.append(Named(name, head.text[1:], _side(queue), queue.number, first, number, where))

    def _meta(self, head: Token, rest: list[Token]) -> None:
        self._count(head, rest, 1, "one quoted string")
        schedule, text = self._ready(head), quoted(rest[0])
        try:
            text.encode()
            record = json.loads(text)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            raise TokenError(rest[0].column, ".meta must be a JSON object in quotes")
        schedule.meta = text

    # What they share -----------------------------------------------------------------------------------------

    def _where(self, token: Token) -> Where:
        return Where(self.name, self.line, token.column)

    def _ready(self, head: Token) -> Schedule:
        if self.schedule is None:
            raise TokenError(head.column, "the machine must be named first (.preset NAME or .config JSON)")
        return self.schedule

    def _count(self, head: Token, rest: list[Token], least: int, what: str, most: int = 0) -> None:
        if not least <= len(rest) <= max(least, most):
            raise TokenError(head.column, f"{head.text} takes {what}")

    def _number(self, token: Token) -> int:
        number = parse_integer(resolve(token.text, self.constants))
        if number is None:
            raise TokenError(token.column, f"{token.text!r} is no number")
        return number

    def _queue_named(self, token: Token) -> Queue:
        found = queues_by_name(self._ready(token).config).get(token.text)
        return found if found is not None else self._unknown(token)

    def _unknown(self, token: Token) -> NoReturn:
        raise TokenError(token.column, f"this machine has no queue {token.text!r}")

    def _place(self, name: Token, place: Token) -> tuple[Queue, int]:
        queue = self._queue_named(name)
        if queue.unit is not Unit.MEM:
            raise TokenError(name.column, f"{queue.name} is no MEM slice")
        try:
            return queue, address(resolve(place.text, self.constants))
        except ValueError as error:
            raise TokenError(place.column, str(error)) from None


def _side(queue: Queue) -> Hemisphere:
    return Hemisphere(queue.hemisphere or 0)


_DIRECTIVES: dict[str, Callable[[_Parser, Token, list[Token]], None]] = {
    ".superlane": _Parser._version,
    ".preset": _Parser._preset,
    ".config": _Parser._config,
    ".exact": _Parser._mode,
    ".unchecked": _Parser._mode,
    ".equ": _Parser._equ,
    ".queue": _Parser._queue,
    ".data": _Parser._data,
    **{f".{role}": _Parser._region for role in ROLES},
    ".meta": _Parser._meta,
}
