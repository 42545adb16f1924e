from __future__ import annotations

import pytest

from ohmstead import cli

FEW = ("completion", "token", "reservation")
"""Verbs for two of the shells; all of them take seconds, and one shell shows what they come to."""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_that_knows_the_verbs_and_what_follows_them(run, shell, monkeypatch):
    if shell != "bash":
        monkeypatch.setattr(cli, "VERBS", {verb: cli.VERBS[verb] for verb in FEW})
    status, out, _ = run(f"completion {shell}")
    assert status == 0
    assert [verb for verb in cli.VERBS if verb not in out] == []
    assert all(word in out for word in ("add", "cancel", "expires-at"))


def test_other_shells_are_not_known(run):
    assert run("completion tcsh")[0] == 2
