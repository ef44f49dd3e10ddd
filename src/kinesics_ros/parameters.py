"""Node parameters, declared once: type, default, unit, range and description.

Bad values are refused with what was got and what is allowed: when set on a running node, through
the parameter service's answer; when given at start, in ``on_configure``, so that the node stays
up, unconfigured, and says why.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter

from kinesics_core.errors import KinesicsError

_KINDS = {
    bool: "true or false", int: "a whole number", float: "a number", str: "text",
    list: "a list of texts",
}


@dataclass(frozen=True)
class Param:
    """One parameter. Its type is the default's; ``live`` ones may change while the node runs."""

    name: str
    default: Any
    description: str
    unit: str = ""
    bounds: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()
    live: bool = False

    def fault(self, value: Any) -> str | None:
        """What is wrong with a value, or None."""
        if not isinstance(value, type(self.default)) or (
            isinstance(value, bool) != isinstance(self.default, bool)
        ):
            return (
                f"got {self.name} = {value!r}, wanted {_KINDS[type(self.default)]}"
            )
        if self.choices and value not in self.choices:
            near = difflib.get_close_matches(str(value), self.choices, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            return f"got {self.name} = {value!r}, wanted one of {', '.join(self.choices)}{hint}"
        if self.bounds is not None and not self.bounds[0] <= value <= self.bounds[1]:
            unit = f" {self.unit}" if self.unit else ""
            return f"got {self.name} = {value!r}, wanted {self.bounds[0]} to {self.bounds[1]}{unit}"
        return None

    def descriptor(self) -> ParameterDescriptor:
        text = self.description + (f" [{self.unit}]" if self.unit else "")
        descriptor = ParameterDescriptor(name=self.name, description=text)
        if self.choices:
            descriptor.additional_constraints = "one of " + ", ".join(self.choices)
        elif not self.live:
            descriptor.additional_constraints = "takes effect at the next configure"
        if self.bounds is None:
            return descriptor
        low, high = self.bounds
        if isinstance(self.default, float):
            descriptor.floating_point_range = [
                FloatingPointRange(from_value=float(low), to_value=float(high))
            ]
        else:
            descriptor.integer_range = [IntegerRange(from_value=int(low), to_value=int(high))]
        return descriptor


class Parameters:
    """The declared parameters of one node, checked. ``faults`` are those given at start."""

    def __init__(self, node: Node, params: Sequence[Param]) -> None:
        self._node = node
        self._params = {param.name: param for param in params}
        self.faults: dict[str, str] = {}
        for param in params:
            self._declare(param)
        node.add_on_set_parameters_callback(self._on_set)

    def _declare(self, param: Param) -> None:
        given = self._node._parameter_overrides.get(param.name)
        try:
            if given is not None and (fault := param.fault(_widen(given.value, param.default))):
                raise KinesicsError(fault)
            if given is not None and type(given.value) is not type(param.default):
                # `rate: 30` in YAML is an int; a float parameter takes it as 30.0.
                self._node._parameter_overrides[param.name] = Parameter(
                    param.name, value=_widen(given.value, param.default)
                )
            self._node.declare_parameter(param.name, param.default, param.descriptor())
        except (
            KinesicsError,
            InvalidParameterTypeException,
            InvalidParameterValueException,
        ) as error:
            self.faults[param.name] = str(error)
            self._node.declare_parameter(
                param.name, param.default, param.descriptor(), ignore_override=True
            )

    def __getitem__(self, name: str) -> Any:
        return self._node.get_parameter(name).value

    def check(self) -> None:
        """Raises KinesicsError if a value or a name given at start is wrong."""
        faults = list(self.faults.values())
        for name in self._node._parameter_overrides:
            if not self._node.has_parameter(name) and not name.startswith("qos_overrides."):
                near = difflib.get_close_matches(name, self._params, 1)
                hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(self._params)}"
                faults.append(f"got the unknown parameter {name!r}; {hint}")
        if faults:
            raise KinesicsError(
                f"{self._node.get_name()}: " + ". ".join(faults) + ". Mend the parameter, then "
                "configure the node again."
            )

    def _on_set(self, parameters: list[Parameter]) -> SetParametersResult:
        for parameter in parameters:
            param = self._params.get(parameter.name)
            fault = param.fault(parameter.value) if param else None
            if fault:
                return SetParametersResult(successful=False, reason=fault)
            self.faults.pop(parameter.name, None)
        return SetParametersResult(successful=True)


def _widen(value: Any, default: Any) -> Any:
    is_int = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if is_int and isinstance(default, float) else value
