"""Procedures: every chain ends as it should, whatever the order."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.domain import procedures
from ohmstead.domain.firmware import FIRMWARE, LOG, PUBLISH
from ohmstead.domain.procedures import MOST_STEPS, Procedure, State

NEW = Procedure(id="prc_1", kind="firmware", request_id=7, asked_at=0, updated_at=0)


def _run(*statuses: str) -> tuple[Procedure, list[str]]:
    one, odd = procedures.accepted(NEW, "Accepted", 1), []
    for at, status in enumerate(statuses, 2):
        one, _, why = procedures.followed(one, FIRMWARE, status, None, at)
        odd += [why] if why else []
    return one, odd


@pytest.mark.parametrize(
    ("chain", "state", "odd"),
    [
        (("Downloading", "Downloaded", "Installing", "Installed"), "done", 0),
        (("DownloadScheduled", "Downloading", "Downloaded", "SignatureVerified", "InstallScheduled", "Installing",
          "InstallRebooting", "Installed"), "done", 0),
        (("Downloading", "Downloaded", "InstallRebooting", "Installing", "Installed"), "done", 0),
        (("Downloading", "DownloadFailed"), "failed", 0),
        (("Downloading", "DownloadFailed", "Downloading"), "running", 0),
        (("Downloading", "Downloaded", "InvalidSignature"), "failed", 0),
        (("Downloading", "Downloaded", "Installing", "InstallVerificationFailed"), "failed", 0),
        (("Installed", "Downloading"), "done", 1),
        (("Installing", "Downloaded"), "running", 1),
        (("Downloading", "Idle"), "failed", 1),
        (("Idle",), "running", 0),
        (("Downloading", "Downloaded", "Installing", "Installed", "Idle"), "done", 0),
    ],
)  # fmt: skip
def test_a_chain_ends(chain: tuple[str, ...], state: str, odd: int) -> None:
    one, found = _run(*chain)
    assert (one.state, len(found)) == (state, odd)


def test_the_same_again_is_no_news() -> None:
    one, _ = _run("Downloading")
    after, news, odd = procedures.followed(one, FIRMWARE, "Downloading", None, 9)
    assert (news, odd, after.steps, after.updated_at) == (False, None, one.steps, 9)


def test_a_failure_says_why_and_a_success_does_not() -> None:
    one = procedures.followed(NEW, FIRMWARE, "DownloadFailed", "NoSpace", 2).procedure
    assert (one.state, one.reason) == ("failed", "DownloadFailed: NoSpace")
    assert procedures.followed(one, FIRMWARE, "Downloading", None, 3).procedure.reason is None


def test_boots_are_counted_since_the_last_word() -> None:
    one, _ = _run("Installing", "InstallRebooting")
    for _ in range(3):
        one = procedures.booted(one, 9)
    assert procedures.boots(one) == 3
    one = procedures.followed(one, FIRMWARE, "Installing", None, 10).procedure
    assert procedures.boots(one) == 0


def test_refused_and_cancelled_end_it() -> None:
    assert procedures.refused(NEW, "no", 1).state == "failed"
    assert procedures.cancelled(NEW, 1).state == "cancelled"


@pytest.mark.parametrize("chain", [FIRMWARE, PUBLISH, LOG])
def test_a_chain_names_only_what_it_knows(chain: procedures.Chain) -> None:
    ends = chain.done | chain.failed | chain.cancelled
    assert ends <= chain.next.keys()
    assert {one for following in chain.next.values() for one in following} <= chain.next.keys()
    assert all(not chain.next[one] for one in chain.done | chain.cancelled)


@settings(max_examples=40)
@given(st.lists(st.sampled_from([*FIRMWARE.next, "Idle"]), max_size=90))
def test_whatever_comes_is_bounded_and_has_a_state(statuses: list[str]) -> None:
    one, _ = _run(*statuses)
    assert one.state in get_args(State)
    assert len(one.steps) <= MOST_STEPS
    assert ("Installed" in statuses) <= (one.state == "done")
