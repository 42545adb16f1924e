"""Who may charge while the CSMS cannot be asked."""

from __future__ import annotations

from typing import Any

from ohmstead.simulator.ev import Ev


def test_the_cache_serves_offline(any_bench: Any) -> None:
    any_bench.csms.tokens["BAD"] = "Blocked"
    any_bench.plug(Ev())
    assert any_bench.swipe("BAD") == "Blocked"
    assert any_bench.swipe("GOOD") == "Accepted"
    assert any_bench.swipe("GOOD") == "Stopped"
    any_bench.cut()
    assert any_bench.swipe("BAD") == "Blocked"
    assert any_bench.swipe("GOOD") == "Accepted"


def test_unknown_tokens_offline_are_a_setting(any_bench: Any) -> None:
    any_bench.cut()
    any_bench.controller.variables["AuthCtrlr.OfflineTxForUnknownIdEnabled"].value = "false"
    assert any_bench.swipe("NEW") == "Unknown"
    any_bench.controller.variables["AuthCtrlr.OfflineTxForUnknownIdEnabled"].value = "true"
    assert any_bench.swipe("NEW") == "Accepted"


def test_known_tokens_need_not_be_asked_about(any_bench: Any) -> None:
    any_bench.plug(Ev())
    any_bench.swipe("GOOD")
    any_bench.swipe("GOOD")
    any_bench.controller.variables["AuthCtrlr.LocalPreAuthorize"].value = "true"
    asked = len(any_bench.csms.of("Authorize"))
    assert any_bench.swipe("GOOD") == "Accepted"
    assert len(any_bench.csms.of("Authorize")) == asked


def test_silence_is_like_no_line(any_bench: Any) -> None:
    any_bench.csms.silent = {"Authorize"}
    any_bench.plug(Ev())
    assert any_bench.swipe("NEW") == ""
    any_bench.run(31)
    assert any_bench.controller.session(1).token is not None


def test_an_error_is_a_no(any_bench: Any) -> None:
    any_bench.csms.refusing = {"Authorize"}
    assert any_bench.swipe("NEW") == "Invalid"
