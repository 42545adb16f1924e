import pytest

from ohmstead.ocpp.versions import BY_NAME, BY_SUBPROTOCOL, V16, V21, V201, VERSIONS


@pytest.mark.parametrize(
    ("version", "subprotocol", "dialect", "actions"),
    [(V16, "ocpp1.6", "v16", 39), (V201, "ocpp2.0.1", "v2", 64), (V21, "ocpp2.1", "v2", 91)],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_a_version_finds_its_messages(version, subprotocol, dialect, actions):
    assert BY_NAME[version.name] is version
    assert BY_SUBPROTOCOL[subprotocol] is version
    assert version.dialect == dialect
    assert len(version.messages.ACTIONS) == actions
    assert version.messages is version.messages


def test_there_is_no_fourth_version():
    assert VERSIONS == (V16, V201, V21)
    assert "ocpp2.0" not in BY_SUBPROTOCOL
