from __future__ import annotations

import json


def test_the_matrix_as_one_document(run):
    found = json.loads(run("support --json")[1])["actions"]
    assert {"version", "action", "direction", "module", "test"} == set(found[0])
    assert [sum(one["version"] == version for one in found) for version in ("1.6", "2.0.1", "2.1")] == [39, 64, 91]
    reset = next(one for one in found if (one["version"], one["action"]) == ("2.1", "Reset"))
    assert (reset["direction"], reset["test"]) == ("csms", "tests/blocks/test_provisioning.py")


def test_a_table_of_one_version(run):
    status, out, _ = run("support --version 1.6")
    assert (status, out.splitlines()[0].split()[0]) == (0, "VERSION")
    assert len(out.splitlines()) == 40
