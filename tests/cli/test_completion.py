from __future__ import annotations

import pytest


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_that_knows_the_verbs(run, shell):
    status, out, _ = run(f"completion {shell}")
    assert status == 0
    assert all(verb in out for verb in ("station", "campaign", "transaction"))


def test_other_shells_are_not_known(run):
    assert run("completion tcsh")[0] == 2
