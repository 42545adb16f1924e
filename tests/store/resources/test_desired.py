from __future__ import annotations

from ohmstead.store.resources import desired


def test_rows_as_the_api_shows_them():
    row = {"id": "a", "station_id": None, "body": '{"desired":{"local_list":true}}', "version": 3, "updated_at": 0}
    found = desired.layer_form(desired.declared(row))
    assert (found.id, found.version, found.desired.local_list) == ("a", 3, True)
    drift = {"identity": "CS1", "state": "held", "reason": "why", "updated_at": 0}
    assert desired.drift_form(drift).station_id == "CS1"
