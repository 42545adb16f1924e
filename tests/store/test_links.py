"""Links open one thing."""

from __future__ import annotations

from ohmstead.ocpp.masking import masked
from ohmstead.store.links import Links

LINKS = Links("http://h:1/", b"k" * 32)


def test_a_link_opens_its_own_door_and_no_other() -> None:
    down, up = LINKS.download(7, "a b.bin"), LINKS.upload("prc_1")
    assert down.startswith("http://h:1/files/download/7/")
    assert down.endswith("/a%20b.bin")
    assert len(up) < 300
    secret = up.rsplit("/", 1)[1]
    assert LINKS.opens("upload", "prc_1", secret)
    assert not LINKS.opens("upload", "prc_2", secret)
    assert not LINKS.opens("download", "prc_1", secret)
    assert not LINKS.opens("upload", "prc_1", "ü")
    assert not Links("http://h:1", b"j" * 32).opens("upload", "prc_1", secret)


def test_its_secret_is_masked_wherever_it_is_kept() -> None:
    for link in (LINKS.download(7, "a.bin"), LINKS.upload("prc_1")):
        secret = link.split("/")[6]
        assert len(secret) == 40
        assert secret not in masked(f'{{"log": {{"remoteLocation": "{link}"}}}}')
        assert secret not in masked(f"broken {link}")
