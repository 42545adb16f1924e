from pathlib import Path

from ohmstead.blocks.command import snake
from ohmstead.blocks.support import USE_CASES, support
from ohmstead.ocpp.versions import VERSIONS


def test_every_action_of_every_version_is_listed_once():
    rows = [(row.version, row.action) for row in support()]
    assert len(rows) == len(set(rows))
    assert set(rows) == {(version.name, action) for version in VERSIONS for action in version.messages.ACTIONS}


def test_the_registry_says_who_handles_and_who_sends():
    rows = {(row.version, row.action): row for row in support()}
    assert rows["2.0.1", "TransactionEvent"].module == "ohmstead.blocks.transactions"
    assert rows["1.6", "StartTransaction"].module == "ohmstead.blocks.transactions_16"
    assert rows["1.6", "RemoteStartTransaction"].module == "ohmstead.blocks.remote_control"


def test_a_command_counts_for_the_versions_that_have_its_action():
    rows = {(row.version, row.action): row for row in support()}
    assert ("1.6", "RequestStartTransaction") not in rows
    assert rows["2.1", "RequestStartTransaction"].direction == "csms"


def test_each_has_tests_by_name():
    """Those of the command that does just this, where several send it; tools/mutants.py shows that they mean it."""
    rows = {(row.version, row.action): row for row in support()}
    assert rows["2.1", "ChangeAvailability"].test == "tests/blocks/test_availability.py"
    assert rows["1.6", "SetChargingProfile"].test == "tests/blocks/test_smart_charging.py"
    assert rows["2.1", "SetVariables"].test == "tests/blocks/test_variables.py"
    assert rows["2.0.1", "SetNetworkProfile"].test == "tests/blocks/test_network_profiles.py"
    missing = {row.test for row in rows.values() if row.test and not (Path(__file__).parents[2] / row.test).exists()}
    assert missing == set()


def test_each_use_case_is_made_of_what_is_handled_and_has_its_tests():
    modules = {row.action: row.module for row in support() if row.version == "2.1"}
    for one in USE_CASES:
        text = (Path(__file__).parents[2] / one.tests).read_text()
        for action in one.actions:
            assert modules[action], one
            assert action in text or snake(action) in text, f"{one.id}: {one.tests} does not speak of {action}"
