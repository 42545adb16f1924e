from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from ohmstead import runtime
from ohmstead.client.webhooks import NotGenuine, verify
from tests.client.test_events import EVENT

SECRET = "whsec_" + "A" * 32
BODY = json.dumps(EVENT).encode()


def signed(at: datetime) -> dict[str, str]:
    """By a library that nobody here wrote."""
    signature = Webhook(SECRET).sign("e1", at, BODY.decode())
    return {"Webhook-Id": "e1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": f"v1,x {signature}"}


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    clock = runtime.FakeClock()
    monkeypatch.setattr(runtime, "now", clock.now)
    return datetime.fromtimestamp(clock.at // 1_000_000, UTC)


def test_what_ohmstead_signed_is_an_event(now):
    assert verify(SECRET, signed(now), BODY).data.id == "CS1"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"webhook-timestamp": ""}, "missing"),
        ({"webhook-timestamp": "5"}, "too far from now"),
        ({"webhook-signature": "v1,AAAA"}, "another secret"),
        ({"webhook-id": "e2"}, "another secret"),
    ],
)
def test_what_is_not_genuine(now, change, why):
    headers = {name.lower(): value for name, value in signed(now).items()} | change
    with pytest.raises(NotGenuine, match=why):
        verify(SECRET, headers, BODY)


def test_a_changed_body_and_a_wrong_secret(now):
    with pytest.raises(NotGenuine):
        verify(SECRET, signed(now), BODY + b" ")
    with pytest.raises(ValueError, match="no secret of a webhook"):
        verify("no!", signed(now), BODY)
