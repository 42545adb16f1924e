from __future__ import annotations

from ohmstead.traces.vocabulary import words


def test_the_words_of_all_versions():
    known = words()
    assert {"idTag", "idToken", "transactionInfo", "evCCID", "batteryData"} - known.fields <= {"evCCID"}
    assert {"Preparing", "Available"} <= known.values["status"]
    assert "Sample.Periodic" in known.values["context"]
    assert {"timestamp", "currentTime", "expiryDateTime"} <= known.times
    assert {"StartTransaction", "TransactionEvent", "BatterySwap"} <= known.actions
    assert {"FormationViolation", "FormatViolation"} <= known.codes
    assert "idTag" not in known.values
