from __future__ import annotations

from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.domain.certificates import DAY, Accepted, Holder, Refused, Revoked
from ohmstead.pki import trust as module
from ohmstead.pki.certificate import describe, key_sha256
from ohmstead.pki.trust import Trust, Unfit
from tests.pki.making import CA, NOW, RSA_KEY, Made, ca, name, station, usage

HOLDER = Holder(identity="CS1", serial_number="SN1", organizations=("Ohmstead",))
ROOT = ca("Root")
ISSUING = ca("Issuing", ROOT)
OWN = station(ISSUING)
FOREIGN = ca("Foreign")
OURS = Trust([ROOT.x509], [ISSUING.x509])


def judged(
    own: Made, *sent: Made, trust: Trust = OURS, holder: Holder = HOLDER, revoked: Revoked | None = None, now: int = NOW
) -> Accepted | Refused:
    return trust.judge(own.der, [one.der for one in sent], holder, revoked or {}, now)


def accepted(own: Made, *sent: Made, **more: Any) -> None:
    assert own.issuer is not None
    by = key_sha256(own.issuer.x509)
    assert judged(own, *sent, **more) == Accepted(describe(own.x509), by)


def refused(code: str, said: str, own: Made, *sent: Made, **more: Any) -> None:
    judgement = judged(own, *sent, **more)
    assert isinstance(judgement, Refused)
    assert (judgement.code, said in judgement.reason) == (code, True), judgement


def only(*anchors: Made) -> Trust:
    return Trust([one.x509 for one in anchors])


def test_a_station_that_sends_its_own_certificate_only() -> None:
    accepted(OWN)


def test_a_chain_is_sent_in_any_order_and_with_junk() -> None:
    lower = ca("Lower", ISSUING)
    own = station(lower)
    for sent in ([lower, ISSUING], [ISSUING, lower], [lower, ISSUING, ROOT], [FOREIGN, lower, own]):
        accepted(own, *sent)
    accepted(own, lower, ISSUING, trust=only(ROOT))


def test_an_anchor_need_not_sign_itself() -> None:
    accepted(OWN, trust=only(ISSUING))


@pytest.mark.parametrize("key", [RSA_KEY, ec.generate_private_key(ec.SECP521R1())], ids=["rsa", "p521"])
def test_keys_of_every_kind(key: Any) -> None:
    root = ca("Root", key=key)
    accepted(station(root, key=key), trust=only(root))


def test_a_foreign_ca() -> None:  # A00.FR.407
    refused("untrusted_certificate", "CN=SN1,O=Ohmstead was issued by CN=Foreign", station(FOREIGN))
    refused("untrusted_certificate", "POST /certificate-authorities", station(FOREIGN), FOREIGN)


def test_signed_by_itself() -> None:
    refused("untrusted_certificate", "is signed by itself", station(None))
    own = station(None)
    refused("untrusted_certificate", "is signed by itself", own, own)


def test_a_foreign_ca_under_our_name() -> None:
    impostor = ca("Root")
    refused("untrusted_certificate", "is not signed by the CN=Root", station(impostor))
    refused("untrusted_certificate", "is not signed by the CN=Root", station(impostor), impostor)


def test_a_station_is_no_ca() -> None:
    own = station(OWN)
    refused("untrusted_certificate", "CN=SN1,O=Ohmstead is not the certificate of a CA", own, OWN)


def test_a_ca_is_no_station() -> None:
    refused("unfit_certificate", "is the certificate of a CA", Made(name("SN1", "Ohmstead"), ROOT, extensions=CA))


def test_a_ca_must_be_allowed_to_sign() -> None:
    extensions = [(x509.BasicConstraints(True, None), True), (usage(digital_signature=True), True)]
    mute = ca("Mute", ROOT, extensions=extensions)
    refused("untrusted_certificate", "does not let it sign certificates", station(mute), mute)


def test_the_length_of_the_path() -> None:
    short = ca("Short", ROOT, extensions=[(x509.BasicConstraints(True, 0), True)])
    accepted(station(short), short)
    lower = ca("Lower", short)
    refused("untrusted_certificate", "allows 0 CAs below it, here are 1", station(lower), short, lower)


def test_a_path_without_end() -> None:
    chain = [ROOT]
    for n in range(module.MAX_PATH):
        chain.append(ca(f"CA {n}", chain[-1]))
    own = station(chain[-1])
    refused("untrusted_certificate", "not trusted", own, *chain[:0:-1])
    assert module.MAX_SENT <= module.MAX_PATH


def test_cas_that_sign_each_other_in_a_circle() -> None:
    one, other = ca("One"), ca("Other")
    crossed = ca("One", other, key=one.key)
    back = ca("Other", one, key=other.key)
    refused("untrusted_certificate", "not trusted", station(one), one, other, crossed, back)


def test_of_several_paths_one_that_holds_is_enough() -> None:
    """The successor of a root has its name and key: the expired one must not be in the way."""
    old = ca("Root", key=ROOT.key, ends=NOW - DAY)
    accepted(OWN, trust=Trust([old.x509, ROOT.x509], [ISSUING.x509]))
    refused("expired_authority", "CN=Root,O=Trustworthy expired", OWN, trust=Trust([old.x509], [ISSUING.x509]))


def test_dates_names_and_revocation_are_judged() -> None:
    refused("expired_certificate", "expired at", station(ISSUING, ends=NOW - DAY))
    refused("certificate_not_yet_valid", "not valid before", OWN, now=NOW - 2 * DAY)
    refused("wrong_common_name", "'SN2'", station(ISSUING, "SN2"))
    serial = f"{OWN.x509.serial_number:x}"
    refused("revoked_certificate", serial, OWN, revoked={key_sha256(ISSUING.x509): {serial}})


def test_who_was_accepted_is_judged_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it showed is not read again, but what it means is looked at each time."""
    trust, issuing, own = only(ROOT), ISSUING, station(ISSUING, ends=NOW + DAY)
    accepted(own, issuing, trust=trust)
    monkeypatch.setattr(module.x509, "load_der_x509_certificate", None)
    accepted(own, issuing, trust=trust)
    monkeypatch.undo()
    by = key_sha256(issuing.x509)
    serial = describe(own.x509).serial_number
    refused("revoked_certificate", "was revoked", own, issuing, trust=trust, revoked={by: {serial}})
    refused("expired_certificate", "expired", own, issuing, trust=trust, now=NOW + 2 * DAY)
    other = Holder(identity="CS2", serial_number="SN2", organizations=("Ohmstead",))
    refused("wrong_common_name", "SN2", own, issuing, trust=trust, holder=other)
    monkeypatch.setattr(module, "MAX_KNOWN", 1)
    accepted(station(ROOT), trust=trust)
    assert len(trust._known) == 1


def test_an_old_digest() -> None:  # A00.FR.506
    refused("untrusted_certificate", "SHA-256 or better", station(ROOT, digest=hashes.SHA224()))


def test_weak_keys() -> None:
    weak = rsa.generate_private_key(65537, 1024)
    refused("unfit_certificate", "1024 bits", station(ISSUING, key=weak))
    with pytest.raises(Unfit, match="1024 bits"):
        only(ca("Weak", key=weak))


@pytest.mark.parametrize(
    ("extension", "said"),
    [
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), "is not for TLS clients"),
        (usage(key_encipherment=True), "does not let it sign"),
        (x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x05\x00"), "critical extension"),
    ],
)
def test_certificates_for_something_else(extension: x509.ExtensionType, said: str) -> None:
    refused("unfit_certificate", said, station(ISSUING, extensions=[(extension, True)]))


@pytest.mark.parametrize(
    "extension",
    [
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]),
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]),
        usage(digital_signature=True),
        x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x05\x00"),
        x509.SubjectAlternativeName([x509.DNSName("CS1")]),
    ],
)
def test_certificates_with_extensions_that_do_no_harm(extension: x509.ExtensionType) -> None:
    accepted(station(ISSUING, extensions=[(extension, False)]))


def test_what_is_no_ca_cannot_be_trusted() -> None:
    with pytest.raises(Unfit, match="is not the certificate of a CA"):
        only(OWN)


def test_sub_cas_are_remembered_for_resumed_sessions() -> None:
    trust = only(ROOT)
    refused("untrusted_certificate", "not trusted", OWN, trust=trust)
    refused("wrong_common_name", "SN2", station(ISSUING, "SN2"), ISSUING, trust=trust)
    refused("untrusted_certificate", "not trusted", OWN, trust=trust)
    accepted(OWN, ISSUING, trust=trust)
    accepted(OWN, trust=trust)


@pytest.mark.parametrize("data", [b"", b"\x30\x82\x00\x00", OWN.der[:-1], OWN.der + b"x", OWN.pem.encode()])
def test_what_cannot_be_read(data: bytes) -> None:
    judgement = OURS.judge(data, [], HOLDER, {}, NOW)
    assert isinstance(judgement, Refused)
    assert judgement.code == "unreadable_certificate"
    assert isinstance(OURS.judge(OWN.der, [data], HOLDER, {}, NOW), Refused)


SIGNED = len(OWN.x509.tbs_certificate_bytes)
"""What the signature covers; the few bits around it that can be changed mean nothing, but give another SHA-256."""


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=300)
@given(st.integers(0, SIGNED + 3), st.integers(1, 255))
def test_a_changed_byte_is_never_accepted(place: int, change: int) -> None:
    data = bytearray(OWN.der)
    data[place] ^= change
    assert isinstance(OURS.judge(bytes(data), [], HOLDER, {}, NOW), Refused)


@pytest.mark.filterwarnings("ignore")
@given(st.integers(0, len(ISSUING.x509.tbs_certificate_bytes) + 3), st.integers(1, 255))
def test_a_changed_byte_of_a_sub_ca_is_never_accepted(place: int, change: int) -> None:
    data = bytearray(ISSUING.der)
    data[place] ^= change
    assert isinstance(only(ROOT).judge(OWN.der, [bytes(data)], HOLDER, {}, NOW), Refused)
