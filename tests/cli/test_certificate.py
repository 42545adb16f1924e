from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("list --station CS1", ("GET", "certificates", {"limit": "1000", "station_id": "CS1"}, None)),
        ("show 4", ("GET", "certificates/4", {}, None)),
        ("issue CS1 --generate-key", ("POST", "stations/CS1/certificates", {}, {"generate_key": True})),
        ("renew 4", ("POST", "certificates/4/renew", {}, {})),
        ("revoke 4", ("POST", "certificates/4/revoke", {}, {"reason": "unspecified"})),
        (
            "revoke --station CS1 --reason key_compromise",
            ("POST", "stations/CS1/certificates/revoke", {}, {"reason": "key_compromise"}),
        ),
        (
            "revoke --issuer embedded",
            ("POST", "certificate-authorities/embedded/revoke", {}, {"reason": "unspecified"}),
        ),
        ("expiry --by week", ("GET", "certificates/expiry", {"by": "week"}, None)),
    ],
)
def test_each_asks_its_route(wire, run, line, asked):
    wire.answers = [(200, {"data": [], "next_cursor": None})]
    status, _, error = run(f"certificate {line}")
    assert status == 0, error
    assert wire.last == asked


def test_the_key_goes_into_a_file_of_its_own(wire, run, tmp_path):
    wire.answers = [(201, {"id": "4", "private_key": "KEY\n", "certificate": "CHAIN\n"})]
    file = tmp_path / "cs1.pem"
    status, said, _ = run(f"certificate issue CS1 --generate-key --out {file}")
    assert (status, file.read_text(), file.stat().st_mode & 0o777) == (0, "KEY\nCHAIN\n", 0o600)
    assert "KEY" not in said
    status, _, error = run(f"certificate issue CS1 --generate-key --out {file}")  # nothing is issued for nothing
    assert (status, len(wire.asked)) == (1, 1)
    assert "File exists" in error


def test_renewals_say_why(wire, run):
    rows = [
        {"id": str(n), "station_id": f"CS{n}", "not_after": "2027-01-01T00:00:00Z", "renewal": renewal}
        for n, renewal in enumerate(
            [None, {"state": "waiting", "reason": "Its turn comes."}, {"state": "manual", "reason": "Go there."}]
        )
    ]
    wire.answers = [(200, {"data": rows, "next_cursor": None})]
    _, said, _ = run("certificate renewals")
    assert "Its turn comes." in said
    assert "Go there." in said
    _, said, _ = run("certificate renewals --trouble")
    assert "Its turn" not in said
    assert "CS2" in said


def test_what_is_not_said(wire, run):
    for line in ("revoke", "revoke 4 --station CS1", "issue CS1", "issue CS1 /nowhere.csr"):
        assert run(f"certificate {line}")[0] == 1
    assert wire.asked == []
