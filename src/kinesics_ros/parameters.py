"""Node parameters, made from the settings of the core's config dataclasses.

Bad values are refused with what was got and what is allowed: when set on a running node, through
the parameter service's answer; when given at start, in ``on_configure``, so that the node stays
up, unconfigured, and says why.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
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
from kinesics_core.settings import Setting, from_values


def descriptor(setting: Setting) -> ParameterDescriptor:
    """Return what ``ros2 param describe`` prints of a setting: meaning, unit, range, choices."""
    text = setting.about + (f" [{setting.unit}]" if setting.unit else "")
    described = ParameterDescriptor(name=setting.name, description=text)
    constraints = [setting.allowed()] if setting.choices else []
    if not setting.live:
        constraints.append("set on the unconfigured node, takes effect at the next configure")
    described.additional_constraints = "; ".join(constraints)
    if setting.bounds is None:
        return described
    low, high = setting.bounds
    if setting.kind is float:
        described.floating_point_range = [
            FloatingPointRange(from_value=float(low), to_value=float(high))
        ]
    else:
        described.integer_range = [IntegerRange(from_value=int(low), to_value=int(high))]
    return described


class Parameters:
    """The declared parameters of one node, checked.

    Attributes:
        faults: Parameter name -> sentence, of those given at start.
    """

    def __init__(
        self, node: Node, settings: Sequence[Setting],
        configured: Callable[[], bool] = lambda: False,
    ) -> None:
        """Declare a parameter of ``node`` for each setting.

        Args:
            node: The node.
            settings: What it can be told.
            configured: Tells whether the node has read its parameters; from then on those that
                are not live can no longer be set.
        """
        self._node = node
        self._configured = configured
        self._settings = {setting.name: setting for setting in settings}
        self.faults: dict[str, str] = {}
        for setting in settings:
            self._declare(setting)
        node.add_on_set_parameters_callback(self._on_set)

    def _declare(self, setting: Setting) -> None:
        given = self._node._parameter_overrides.get(setting.name)
        try:
            if given is not None:
                # `rate: 30` in YAML is an int; a float parameter takes it as 30.0.
                value = setting.widened(given.value)
                if fault := setting.fault(value):
                    raise KinesicsError(fault)
                self._node._parameter_overrides[setting.name] = Parameter(setting.name, value=value)
            self._node.declare_parameter(setting.name, setting.default, descriptor(setting))
        except (
            KinesicsError,
            InvalidParameterTypeException,
            InvalidParameterValueException,
        ) as error:
            self.faults[setting.name] = str(error)
            self._node.declare_parameter(
                setting.name, setting.default, descriptor(setting), ignore_override=True
            )

    def __getitem__(self, name: str) -> Any:
        return self._node.get_parameter(name).value

    def config(self, kind: type) -> Any:
        """Return a config dataclass of the parameters' values now.

        Args:
            kind: The dataclass; settings of it that the node does not declare keep their default.
        """
        return from_values(kind, {name: self[name] for name in self._settings})

    def check(self) -> None:
        """Refuse what was given at start.

        Raises:
            KinesicsError: A value or a name is wrong.
        """
        faults = list(self.faults.values())
        for name in self._node._parameter_overrides:
            if not self._node.has_parameter(name) and not name.startswith("qos_overrides."):
                near = difflib.get_close_matches(name, self._settings, 1)
                known = ", ".join(self._settings)
                hint = f"did you mean {near[0]!r}?" if near else f"it has {known}"
                faults.append(f"got the unknown parameter {name!r}; {hint}")
        if faults:
            raise KinesicsError(
                f"{self._node.get_name()}: " + ". ".join(faults) + ". Mend the parameter, then "
                "configure the node again."
            )

    def _fault(self, setting: Setting, value: Any) -> str | None:
        """Return why a value cannot be set now, or None."""
        fault = setting.fault(value)
        if fault or setting.live or value == self[setting.name] or not self._configured():
            return fault
        node = self._node.get_fully_qualified_name()
        return (
            f"{setting.name} is read when the node is configured, and takes effect at the next"
            f" configure; {node} is configured now. First: ros2 lifecycle set {node} deactivate,"
            " then cleanup; set it; then configure and activate")

    def _on_set(self, parameters: list[Parameter]) -> SetParametersResult:
        for parameter in parameters:
            setting = self._settings.get(parameter.name)
            fault = self._fault(setting, parameter.value) if setting else None
            if fault:
                return SetParametersResult(successful=False, reason=fault)
            self.faults.pop(parameter.name, None)
        return SetParametersResult(successful=True)
