"""Whether what a simulator showed in a run is what the golden model does, in every cycle."""

from arch.program import Program
from golden.injection import Injection
from golden.step.chip import Machine
from tb.frames import Decoder, Name, Names
from tb.replay.record import Record, size_of
from tb.replay.stimulus import Stimulus, answers, outputs, stimulus
from tb.scoreboard import Scoreboard, compare_end

#: Cycles that are compared at once.
WINDOW = 32
#: Cycles after which the golden model gives up.
LIMIT = 20_000


class Trial:
    """A program that is to run in other simulators.

    Parameters
    ----------
    program
        The program.
    top
        Name of the uppermost module, a :class:`hdl.looped.LoopedChip`.
    injection
        Bit error.
    """

    def __init__(self, program: Program, top: str, injection: Injection | None = None) -> None:
        self.program, self.top, self._injection = program, top, injection
        machine = Machine(program, None, injection)
        self._start = machine.state()
        self._result = machine.run(LIMIT)
        if self._result.stopped:
            raise ValueError(f"the program must end within {LIMIT:,} cycles")
        self._frames = Names(top, program.config)
        self._outputs = outputs(program.config)

    @property
    def stimulus(self) -> Stimulus:
        """What the host does."""
        return stimulus(self.program, self._start, self._result.cycles, self._injection)

    @property
    def names(self) -> list[Name]:
        """What is to be recorded."""
        return [*self._frames.flat, *((self.top, name) for name in self._outputs)]

    def judge(self, record: Record) -> int:
        """Compare; cycles compared.

        Raises
        ------
        tb.scoreboard.DivergenceError
            Naming the first difference.
        """
        bits = dict(record.names)
        sizes = {group: size_of(bits[names[0]]) for group, names in self._frames.groups.items()}
        decoder = Decoder(self.program.config, self._frames, sizes)
        # The state after `first` steps is cycle 0, hence the row before.
        rows = record.rows[self.stimulus.first - 1 :, : decoder.size]
        machine, done = Machine(self.program, None, self._injection, trace=True), 0
        board = Scoreboard(machine)
        while not machine.idle:
            board.enter()
            machine.step()
            if machine.cycle - done == WINDOW or machine.idle:
                board.compare(decoder.seen(rows[done : machine.cycle]))
                done = machine.cycle
        shown = [dict(zip(self._outputs, values, strict=True)) for values in zip(*self._read(record), strict=True)]
        found = answers(self.program, self._start, done, shown, self._injection)
        ended = shown[self.stimulus.first - 1 + done]
        compare_end(machine.result(), ended["cycle"] if ended["idle"] else -1, *found)
        return done

    def _read(self, record: Record) -> list[list[int]]:
        return [list(record.numbers((self.top, name))) for name in self._outputs]
