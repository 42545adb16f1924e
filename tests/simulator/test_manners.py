from __future__ import annotations

import pytest

from ohmstead.ocpp.schemas import problems
from ohmstead.ocpp.versions import V16, V21, V201, VERSIONS
from ohmstead.simulator import manners
from ohmstead.simulator.conversation import Refusal, Silence

ITEM = {"component": {"name": "A"}, "variable": {"name": "B"}, "attributeValue": "1"}


def test_which_manners_there_are() -> None:
    for manner in ("ignore", "silence", "truncate", "reboot", "Rejected", "error NotSupported"):
        assert manners.objection("Reset", manner, VERSIONS) is None
    assert "expected a status of Reset" in str(manners.objection("Reset", "Perhaps", VERSIONS))
    assert "no error code" in str(manners.objection("Reset", "error Perhaps", VERSIONS))
    assert "did you mean `Reset`?" in str(manners.objection("Resett", "Rejected", VERSIONS))


def test_an_action_of_some_versions_only() -> None:
    assert manners.objection("GetConfiguration", "truncate", [V16, V201]) is None
    assert manners.objection("GetConfiguration", "truncate", [V201]) is not None
    # A status that one of its versions does not have is no status.
    assert manners.objection("SetVariables", "Accepted", [V201]) is not None


@pytest.mark.parametrize("version", [V16, V201, V21])
def test_ignoring_is_a_valid_yes(version: object) -> None:
    words = {"SetVariables": {"setVariableData": [ITEM, {**ITEM, "attributeType": "Target"}]}}
    words["UpdateFirmware"] = {"location": "http://h/fw"} if version is V16 else {"firmware": {}}
    for action in ("Reset", "ClearCache", "UnlockConnector", "SetChargingProfile", "SetVariables", "CostUpdated",
                   "UpdateFirmware", "GetDiagnostics", "GetConfiguration"):  # fmt: skip
        if action in version.messages.ACTIONS:  # type: ignore[attr-defined]
            answer = manners.answer("ignore", action, words.get(action, {}))
            assert not problems(version, action, "response", answer)  # type: ignore[arg-type]


def test_the_others() -> None:
    assert manners.answer("Rejected", "Reset", {}) == {"status": "Rejected"}
    with pytest.raises(Silence):
        manners.answer("silence", "Reset", {})
    with pytest.raises(Refusal, match="InternalError"):
        manners.answer("error InternalError", "Reset", {})
