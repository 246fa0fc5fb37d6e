"""The registers of an ALU in one lane, where `hdl.vxm.steps` puts them."""

from collections.abc import Mapping
from types import SimpleNamespace

from amaranth import Module, Signal, Value
from amaranth.hdl import ValueLike
from amaranth.lib import data

from hdl.float.nets import net
from hdl.vxm.control import STEPS as CONTROLS
from hdl.vxm.steps import cycle_of, ends_cycle


class Pipeline:
    """Takes what each step makes to the next one.

    Parameters
    ----------
    m : Module
        Where everything is put.
    stages : int
        Cycles from the operands to the result.
    en : Value
        Bit n: registers at the end of cycle n load.
    control : mapping of int to Value
        Control by the step that uses it, in the cycle of that step.
    """

    def __init__(self, m: Module, stages: int, en: Value, control: Mapping[int, Value]):
        self.m, self.stages = m, stages
        self._en, self._control = en, control

    def at(self, step: int) -> data.View:
        """Control that ``step`` uses."""
        return data.View(CONTROLS[step], self._control[step])

    def load(self, step: int, **values: ValueLike) -> SimpleNamespace:
        """What ``step`` leaves to the next one, in registers if its cycle ends there."""
        if ends_cycle(step, self.stages):
            return self.registers(cycle_of(step, self.stages), **values)
        return SimpleNamespace(**{name: net(self.m, f"{name}_s{step}", value) for name, value in values.items()})

    def registers(self, cycle: int, **values: ValueLike) -> SimpleNamespace:
        """Registers that take their values at the end of ``cycle``; ``_tN`` tells when they hold them."""
        registers = {}
        with self.m.If(self._en[cycle]):
            for name, value in values.items():
                registers[name] = register = Signal(
                    Value.cast(value).shape(), name=f"{name}_t{cycle + 1}", reset_less=True
                )
                self.m.d.sync += register.eq(value)
        return SimpleNamespace(**registers)
