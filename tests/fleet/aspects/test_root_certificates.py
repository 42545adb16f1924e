"""Root sets beside what a station lists."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from ohmstead.domain.device_model import Model
from ohmstead.fleet.aspects import Seen
from ohmstead.fleet.aspects.root_certificates import asks, compare, mend, read
from ohmstead.pki.certificate import from_pem, material
from ohmstead.shapes.desired import DesiredRoots
from ohmstead.store.installed_certificates import Installed, told
from tests.fleet.test_layers import PLACE
from tests.simulator.test_certificates import CA, certificate

OLD, NEW = (certificate(name, CA.public_key(), name, CA) for name in ("Old", "New"))
SET = [DesiredRoots(roots=[NEW], remove_others=True)]
SEEN = Seen(PLACE, Model())


def installed(pem: str, algorithm: str = "SHA256") -> Installed:
    (one,) = from_pem(pem)
    return Installed("CSMSRootCertificate", material(one, one).hashed(algorithm), (), 1)  # type: ignore[arg-type]


@pytest.mark.anyio
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_each_root_and_those_that_are_too_many(db):
    new, others = await compare(db, SEEN, SET)
    assert (new.actual, new.same, others.same) == ("not installed", False, True)
    await db.store([], told(1, 1, ["CSMSRootCertificate"], [installed(OLD), installed(NEW, "SHA512")]))
    new, others = await compare(db, SEEN, SET)
    assert (new.same, others.same, others.actual[:3]) == (True, False, "1 (")
    assert mend(SET, [others])["roots"] == [NEW]
    await db.store([], told(1, 1, ["CSMSRootCertificate"], [installed(NEW)]))
    assert all(one.same for one in await compare(db, SEEN, SET))
    for kind, version in (("MORootCertificate", "1.6"), ("OEMRootCertificate", "2.0.1")):
        place = PLACE._replace(ocpp_version=version)
        (found,) = await compare(db, Seen(place, Model()), [DesiredRoots(certificate_type=kind, roots=[NEW])])
        assert f"OCPP {version} has no {kind}" in str(found.blocked)


def test_what_cannot_be_read_is_refused_when_it_is_declared():
    with pytest.raises(msgspec.ValidationError, match="not one certificate"):
        asks([DesiredRoots(roots=["PEM"])])
    with pytest.raises(msgspec.ValidationError, match="twice"):
        asks([replace(SET[0], roots=[NEW, NEW])])
    assert asks(SET)[0]["remove_others"]
    assert read(SET)["certificate_types"] == ["CSMSRootCertificate"]
