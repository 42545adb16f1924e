from ohmstead.blocks.support import support
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
