import pytest

from ohmstead.ocpp.directions import FROM_STATION, direction
from ohmstead.ocpp.versions import V16, V21, V201


@pytest.mark.parametrize(
    ("version", "station", "csms"),
    [(V16, 13, 25), (V201, 24, 39), (V21, 36, 54)],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_each_version_has_the_actions_of_the_message_index(version, station, csms):
    actions = version.messages.ACTIONS
    assert sum(direction(action) == "station" for action in actions) == station
    assert sum(direction(action) == "csms" for action in actions) == csms
    assert sum(direction(action) == "both" for action in actions) == 1


def test_no_name_is_misspelt():
    known = {action for version in (V16, V201, V21) for action in version.messages.ACTIONS}
    assert known >= FROM_STATION
