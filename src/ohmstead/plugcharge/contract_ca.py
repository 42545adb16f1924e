"""The authorities of the built-in contract provisioning: for sandboxes and private fleets.

    <data_dir>/pki/plugcharge/   mo-root.pem   issues contracts, by two sub-CAs (MO: the mobility operator)
                                 v2g-root.pem  issues the certificate of the provisioning service (CPS), by two sub-CAs
                                 authorities.key   all private keys, sealed under the server key

ISO 15118-2 wants P-256 and SHA-256 throughout, chains of leaf and two sub-CAs, and certificates of 800 bytes at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from ohmstead.keyfiles import write_private
from ohmstead.pki import keys
from ohmstead.pki.local_ca import lock
from ohmstead.runtime import now, to_datetime

DAY = 24 * 3600 * 1_000_000
BACKDATED = 3600 * 1_000_000
AUTHORITY_LIFE, CPS_LIFE, CONTRACT_LIFE = 20 * 365 * DAY, 365 * DAY, 2 * 365 * DAY
LARGEST = 800
"""Bytes of a certificate (ISO 15118-2 V2G2-010)."""
Chain = list[x509.Certificate]
_USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)
_LEAF = frozenset({"digital_signature", "content_commitment", "key_agreement"})
_AUTHORITY = frozenset({"key_cert_sign", "crl_sign"})


@dataclass(frozen=True)
class Pair:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Branch:
    """A root and two sub-CAs; the second one issues."""

    root: Pair
    subs: tuple[Pair, Pair]

    def chain(self, leaf: x509.Certificate) -> list[x509.Certificate]:
        """Leaf first, without the root."""
        return [leaf, self.subs[1].certificate, self.subs[0].certificate]


class ContractCa:
    """Issues contract certificates, and has the key that signs what goes to vehicles."""

    def __init__(self, mo: Branch, v2g: Branch) -> None:
        self.mo, self.v2g = mo, v2g
        self._cps: Pair | None = None

    @property
    def authorities(self) -> list[x509.Certificate]:
        """The certificates of all of them."""
        return [one.certificate for branch in (self.mo, self.v2g) for one in (branch.root, *branch.subs)]

    @property
    def cps(self) -> Pair:
        """The certificate of the provisioning service and its key; renewed when a tenth of its life is left."""
        if self._cps is None or now() > _end(self._cps.certificate) - CPS_LIFE // 10:
            key = ec.generate_private_key(ec.SECP256R1())
            self._cps = Pair(_issue(_name("Ohmstead CPS", "CPS"), key.public_key(), self.v2g.subs[1], CPS_LIFE), key)
        return self._cps

    @property
    def cps_chain(self) -> list[x509.Certificate]:
        return self.v2g.chain(self.cps.certificate)

    def issue_contract(
        self, emaid: str, until: int | None
    ) -> tuple[list[x509.Certificate], ec.EllipticCurvePrivateKey]:
        """A contract certificate with a new key; leaf first, without the root. `until` in microseconds, at most two
        years from now."""
        key, life = ec.generate_private_key(ec.SECP256R1()), CONTRACT_LIFE
        if until is not None:
            life = min(life, until - now())
        leaf = _issue(_name(emaid, "MO"), key.public_key(), self.mo.subs[1], life)
        return self.mo.chain(leaf), key


def open_contract_ca(folder: Path, server_key: bytes) -> ContractCa:
    """The authorities of this folder, made now if there are none. Raises ValueError when the keys cannot be opened."""
    password = keys.passphrase(server_key)
    sealed = folder / "authorities.key"
    folder.mkdir(parents=True, exist_ok=True)
    with lock(folder / ".lock"):  # other processes may start in this moment
        if not sealed.exists():
            return _make(folder, password)
    blocks = [f"{block}-----END ENCRYPTED PRIVATE KEY-----\n" for block in _blocks(sealed.read_text())]
    private = [load_pem_private_key(block.encode(), password) for block in blocks]
    pairs = []
    for name, key in zip(_NAMES, private, strict=True):
        certificate = x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes())
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            raise ValueError(f"{sealed} does not hold the key of {name}.pem; restore both from a backup.")
        pairs.append(Pair(certificate, key))
    return ContractCa(Branch(pairs[0], (pairs[1], pairs[2])), Branch(pairs[3], (pairs[4], pairs[5])))


_NAMES = ("mo-root", "mo-sub1", "mo-sub2", "v2g-root", "cps-sub1", "cps-sub2")


def _blocks(text: str) -> list[str]:
    return text.split("-----END ENCRYPTED PRIVATE KEY-----\n")[:-1]


def _make(folder: Path, password: bytes) -> ContractCa:
    mo, v2g = _branch("MO", "MO"), _branch("V2G", "CPS")
    pairs = (mo.root, *mo.subs, v2g.root, *v2g.subs)
    for name, pair in zip(_NAMES, pairs, strict=True):
        (folder / f"{name}.pem").write_bytes(pair.certificate.public_bytes(Encoding.PEM))
    # last, because it says that all is there
    write_private(folder / "authorities.key", "".join(keys.to_pem(pair.key, password) for pair in pairs))
    return ContractCa(mo, v2g)


def _branch(root: str, subs: str) -> Branch:
    top = authority(f"Ohmstead {root} Root", root, None, 2)
    first = authority(f"Ohmstead {subs} Sub-CA 1", subs, top, 1)
    return Branch(top, (first, authority(f"Ohmstead {subs} Sub-CA 2", subs, first, 0)))


def authority(title: str, domain: str, above: Pair | None, length: int) -> Pair:
    """A CA with a new key."""
    key = ec.generate_private_key(ec.SECP256R1())
    return Pair(issue_certificate(_name(title, domain), key.public_key(), above, key, AUTHORITY_LIFE, length), key)


def _issue(subject: x509.Name, public_key: ec.EllipticCurvePublicKey, above: Pair, life: int) -> x509.Certificate:
    return issue_certificate(subject, public_key, above, above.key, life, None)


def _name(common: str, domain: str) -> x509.Name:
    parts = ((NameOID.COMMON_NAME, common), (NameOID.ORGANIZATION_NAME, "Ohmstead"), (NameOID.DOMAIN_COMPONENT, domain))
    return x509.Name([x509.NameAttribute(kind, text) for kind, text in parts])


def issue_certificate(
    subject: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    above: Pair | None,
    key: ec.EllipticCurvePrivateKey,
    life: int,
    length: int | None,
    more: Sequence[x509.ExtensionType] = (),
) -> x509.Certificate:
    """Signed by `above`, or by itself. `length`: how many CAs may stand below it; None: it is no CA."""
    start = now()
    signer = key if above is None else above.key
    until = start + life if above is None else min(start + life, _end(above.certificate))
    issuer = subject if above is None else above.certificate.subject
    authority_key = public_key if above is None else above.key.public_key()
    allowed = _LEAF if length is None else _AUTHORITY
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(to_datetime(start - BACKDATED))
        .not_valid_after(to_datetime(until))
        .add_extension(x509.BasicConstraints(ca=length is not None, path_length=length), critical=True)
        .add_extension(x509.KeyUsage(**{name: name in allowed for name in _USAGES}), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key), critical=False)
    )
    for extension in more:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(signer, hashes.SHA256())


def _end(certificate: x509.Certificate) -> int:
    return int(certificate.not_valid_after_utc.timestamp()) * 1_000_000


def der(certificates: Sequence[x509.Certificate]) -> list[bytes]:
    return [one.public_bytes(Encoding.DER) for one in certificates]
