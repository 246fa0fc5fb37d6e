"""Lines of a queue's section: a cycle, an instruction or the two parts of a MEM word, fields."""

from collections.abc import Mapping

from arch.config import WORD_BYTES
from arch.isa.fields import parse_integer
from arch.isa.spec import Op
from arch.isa.table import Word, encode
from arch.queues import Queue
from compiler.asm.errors import Where
from compiler.asm.exact import Clock
from compiler.asm.schedule import Item, Schedule
from compiler.asm.tokens import Token, TokenError, resolve
from compiler.asm.values import Value, field_named, instruction, operation

#: What may stand among the fields of an instruction by cycles: issues in all, and cycles from one to the next.
RUN = ("times", "every")


class Section:
    """One section of text.

    Parameters
    ----------
    schedule
        What the lines are added to.
    queue, origin
        The queue, and the cycle from which the section's cycles count.
    name
        File.
    constants
        Constants defined so far.
    """

    def __init__(self, schedule: Schedule, queue: Queue, origin: int, name: str, constants: Mapping[str, str]) -> None:
        self._schedule, self._queue, self._origin = schedule, queue, origin
        self._name, self._constants = name, constants
        self._last = origin
        self._clock = Clock(queue.unit)

    def line(self, line: list[Token], number: int) -> None:
        """Read a line; ``TokenError`` says what is wrong with it."""
        head, *rest = line
        exact = self._schedule.exact
        cycle = self._cycle(head) if head.text.endswith(":") else None
        words = rest if cycle is not None else line
        if not words:
            raise TokenError(head.column, f"an instruction must follow {head.text}")
        if exact is not None:
            exact[self._queue.index].append(self._exact_word(cycle, words))
            return
        if cycle is None:
            raise TokenError(head.column, "a line must begin with a cycle, such as 40: or +1:")
        run: dict[str, int] = {}
        word = self._word(words, run)
        where = Where(self._name, number, words[0].column)
        item = Item(cycle, word, run.get("times", 1), run.get("every", 1), where)
        self._schedule.items.setdefault(self._queue.index, []).append(item)
        self._last = cycle

    def _cycle(self, token: Token) -> int:
        text = token.text[:-1]
        relative = text.startswith("+")
        number = parse_integer(resolve(text.removeprefix("+"), self._constants))
        if number is None or number < 0:
            raise TokenError(token.column, f"{text!r} is no cycle")
        return number + (self._last if relative else self._origin)

    def _exact_word(self, cycle: int | None, words: list[Token]) -> int:
        now = self._clock.now
        if cycle is not None and now is not None and cycle != now:
            text = f"{self._queue.name} takes this word in cycle {now}, not {cycle}"
            raise TokenError(words[0].column, text)
        if words[0].text == ".word":
            value = parse_integer(words[1].text) if len(words) == 2 else None
            if value is None or not 0 <= value < 1 << 8 * WORD_BYTES:
                raise TokenError(words[0].column, f".word takes an integer of {8 * WORD_BYTES} bits")
        else:
            value = encode(self._word(words, None))
        if cycle is not None and now is None:
            self._clock.resume(cycle)
        self._clock.take(value)
        return value

    def _word(self, words: list[Token], run: dict[str, int] | None) -> Word:
        parts: list[list[Token]] = [[]]
        for token in words:
            if token.text == "|":
                parts.append([])
            else:
                parts[-1].append(token)
        if not all(parts):
            raise TokenError(words[0].column, "an instruction must stand on both sides of |")
        word = tuple(self._op(part, run) for part in parts)
        try:
            encode(word)
        except ValueError as error:
            raise TokenError(words[0].column, str(error)) from None
        return word

    def _op(self, part: list[Token], run: dict[str, int] | None) -> Op:
        head, *rest = part
        try:
            spec, suffixes = instruction(self._queue, head.text)
        except ValueError as error:
            raise TokenError(head.column, str(error)) from None
        fields: dict[str, Value] = dict(suffixes)
        for token in rest:
            name, sign, text = token.text.partition("=")
            if not sign or not text:
                raise TokenError(token.column, f"a field must be name=value, not {token.text!r}")
            text = resolve(text, self._constants)
            if run is not None and name in RUN:
                number = parse_integer(text)
                if number is None or number < 1:
                    raise TokenError(token.column, f"{name} must be a positive integer, not {text!r}")
                if run.setdefault(name, number) != number:
                    raise TokenError(token.column, f"{name} is given twice")
                continue
            if name in fields:
                raise TokenError(token.column, f"{name} is given twice")
            try:
                found = field_named(spec, name)
                fields[name] = text if name == "imm" else found.parse(text)
            except ValueError as error:
                raise TokenError(token.column, str(error)) from None
        try:
            return operation(spec, fields)
        except ValueError as error:
            raise TokenError(head.column, str(error)) from None
