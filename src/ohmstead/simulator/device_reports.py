"""The 2.x device model on the wire: GetVariables, SetVariables, GetBaseReport and GetReport."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ohmstead.runtime import rfc3339
from ohmstead.simulator.conversation import Refusal
from ohmstead.simulator.outbox import Message, Words
from ohmstead.simulator.variables import Address, Variable

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller


def get_variables(controller: Controller, words: Words) -> Words:
    """GetVariables: one result per item asked for."""
    asked = words["getVariableData"]
    _check_count(controller, "GetVariables", asked)
    return {"getVariableResult": [_read(controller, item) for item in _once(controller, asked)]}


def set_variables(controller: Controller, words: Words) -> Words:
    """SetVariables: each item is judged for itself."""
    asked = words["setVariableData"]
    _check_count(controller, "SetVariables", asked)
    return {"setVariableResult": [_write(controller, item) for item in _once(controller, asked)]}


def base_report(controller: Controller, words: Words) -> Words:
    """GetBaseReport: the parts follow as NotifyReport."""
    base = words["reportBase"]
    chosen: Callable[[Variable], bool] = {
        "FullInventory": lambda _: True,
        "ConfigurationInventory": lambda v: v.mutability != "ReadOnly",
        "SummaryInventory": lambda v: v.name in ("AvailabilityState", "Available", "Problem"),
    }[base]
    found = [variable for variable in controller.variables if chosen(variable)]
    controller.after(lambda: _notify(controller, words["requestId"], found))
    return {"status": "Accepted"}


def report(controller: Controller, words: Words) -> Words:
    """GetReport by component and variable; a missing variable, instance or EVSE matches any (B08.FR.20-.25)."""
    if "componentCriteria" in words:
        return {"status": "NotSupported"}
    asked = words.get("componentVariable", [])
    found = [v for v in controller.variables if not asked or any(matches(v, item) for item in asked)]
    if not found:
        return {"status": "EmptyResultSet"}
    controller.after(lambda: _notify(controller, words["requestId"], found))
    return {"status": "Accepted"}


def _once(controller: Controller, items: list[Words]) -> Iterable[Words]:
    """All of them; of a station that collapses, the last one about each variable."""
    if not controller.traits.device.collapse:
        return items
    return {(_address(item), item.get("attributeType", "Actual")): item for item in items}.values()


def _check_count(controller: Controller, action: str, items: list[Words]) -> None:
    if len(items) > controller.variables.number(f"DeviceDataCtrlr.ItemsPerMessage[{action}]"):
        raise Refusal("OccurrenceConstraintViolation", "More items than ItemsPerMessage allows.")


def _address(item: Words) -> Address:
    component, variable = item["component"], item["variable"]
    evse = component.get("evse", {})
    instance, variable_instance = component.get("instance"), variable.get("instance")
    return (
        component["name"].lower(),
        instance.lower() if instance else None,
        evse.get("id"),
        evse.get("connectorId"),
        variable["name"].lower(),
        variable_instance.lower() if variable_instance else None,
    )


def find(controller: Controller, item: Words) -> tuple[Variable | None, str]:
    """The variable that `item` names, or None with the status to say so."""
    address = _address(item)
    variable = controller.variables.find(address)
    if variable is None:
        known = address[:4] in controller.variables.components
        return None, "UnknownVariable" if known else "UnknownComponent"
    if item.get("attributeType", "Actual") != "Actual":
        return None, "NotSupportedAttributeType"
    return variable, ""


def _read(controller: Controller, item: Words) -> Words:
    variable, status = find(controller, item)
    result = _result(item)
    if controller.faults.device_model == "unknown":
        variable, status = None, "UnknownVariable"
    if variable is None:
        return {**result, "attributeStatus": status}
    if variable.mutability == "WriteOnly":
        return {**result, "attributeStatus": "Rejected"}
    value = variable.read()
    if not value and controller.traits.device.unset == "omitted":
        return {**result, "attributeStatus": "Accepted"}
    return {**result, "attributeStatus": "Accepted", "attributeValue": value}


def _write(controller: Controller, item: Words) -> Words:
    variable, status = find(controller, item)
    if controller.faults.device_model == "read-only":
        status = "Rejected"
    elif variable is not None:
        status = controller.variables.write(variable, item["attributeValue"])
    return {**_result(item), "attributeStatus": status}


def _result(item: Words) -> Words:
    result = {"component": item["component"], "variable": item["variable"]}
    if "attributeType" in item:
        result["attributeType"] = item["attributeType"]
    return result


def matches(variable: Variable, item: Words) -> bool:
    component = item["component"]
    evse, wanted = component.get("evse", {}), item.get("variable", {})
    return (
        component["name"].lower() == variable.component.lower()
        and component.get("instance") in (None, variable.component_instance)
        and evse.get("id") in (None, variable.evse_id)
        and evse.get("connectorId") in (None, variable.connector_id)
        and wanted.get("name", variable.name).lower() == variable.name.lower()
        and wanted.get("instance") in (None, variable.instance)
    )


def _notify(controller: Controller, request_id: int, found: list[Variable]) -> None:
    """Queue the parts: seqNo from 0, tbc true on all but the last."""
    device, fault = controller.traits.device, controller.faults.device_model
    for seq_no, begin in enumerate(range(0, len(found), device.part)):
        words: Words = {
            "requestId": request_id,
            "generatedAt": rfc3339(controller.clock),
            "seqNo": seq_no,
            "reportData": [_item(variable) for variable in found[begin : begin + device.part]],
        }
        more = begin + device.part < len(found) or fault == "endless"
        if more or device.tbc == "always":
            words["tbc"] = more
        if fault == "gaps" and seq_no % 2:
            continue
        controller.put(Message("NotifyReport", lambda _, words=words: words, allowed_early=True))  # type: ignore[misc]


def place_words(variable: Variable) -> Words:
    """The component and the name of a variable."""
    component: Words = {"name": variable.component}
    if variable.component_instance is not None:
        component["instance"] = variable.component_instance
    if variable.evse_id is not None:
        component["evse"] = {"id": variable.evse_id}
        if variable.connector_id is not None:
            component["evse"]["connectorId"] = variable.connector_id
    name: Words = {"name": variable.name}
    if variable.instance is not None:
        name["instance"] = variable.instance
    return {"component": component, "variable": name}


def _item(variable: Variable) -> Words:
    attribute: Words = {"mutability": variable.mutability}
    if variable.mutability != "WriteOnly":
        attribute["value"] = variable.read()
    traits: Words = {"dataType": variable.kind, "supportsMonitoring": variable.mutability != "WriteOnly"}
    optional = {"unit": variable.unit, "minLimit": variable.low, "maxLimit": variable.high}
    traits |= {word: value for word, value in optional.items() if value is not None}
    if variable.choices:
        traits["valuesList"] = ",".join(variable.choices)
    return {
        **place_words(variable),
        "variableAttribute": [attribute],
        "variableCharacteristics": traits,
    }
