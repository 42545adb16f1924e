"""Settings read from file and environment, and what is said about mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from ohmstead.settings import Settings
from ohmstead.settings_reading import SettingsError, load

KEY = "k" * 32


def written(folder: Path, text: str) -> Path:
    path = folder / "ohmstead.toml"
    path.write_text(text, "utf-8")
    return path


def test_nothing_given_is_the_default_with_its_derived_values() -> None:
    made = load(None, {"PATH": "/bin", "OHMSTEAD_URL": "http://x", "OHMSTEAD_KEY": "y"})
    assert made == Settings()
    assert made.database_url == "sqlite:///ohmstead-data/ohmstead.db"
    assert made.bus_url == "local:"
    assert made.public_url == made.files.public_url == "http://127.0.0.1:8080"


def test_derived_values_follow_what_is_given() -> None:
    made = load(None, {"OHMSTEAD_DATA_DIR": "/srv/o", "OHMSTEAD_FILES__BIND": "10.0.0.1:8081"})
    assert made.database_url == "sqlite:////srv/o/ohmstead.db"
    assert made.files.public_url == "http://10.0.0.1:8081"
    assert load(None, {"OHMSTEAD_DATABASE_URL": "postgresql:///o?host=/run"}).bus_url == "postgresql:"


def test_the_environment_wins(tmp_path: Path) -> None:
    path = written(tmp_path, 'role = "api"\n[gateway]\nmax_message = 2048\nbind = "0.0.0.0:1"\n')
    made = load(path, {"OHMSTEAD_GATEWAY__MAX_MESSAGE": "4096", "OHMSTEAD_GATEWAY__ALLOW_PROFILE_0": "true"})
    assert (made.role, made.gateway.max_message, made.gateway.allow_profile_0) == ("api", 4096, True)
    assert made.gateway.bind == "0.0.0.0:1"


@pytest.mark.parametrize(
    ("text", "value"),
    [("all", "all"), ("[]", ()), ("", ()), ("base_report, gap_check", ("base_report", "gap_check"))],
)
def test_a_list_from_the_environment(text: str, value: object) -> None:
    assert load(None, {"OHMSTEAD_STATIONS__UNASKED_CALLS": text}).stations.unasked_calls == value


def test_actions_are_known_by_name() -> None:
    made = load(None, {"OHMSTEAD_SIGNING__REQUIRE_ACTIONS": "Authorize, DataTransfer"})
    assert made.signing.require_actions == ("Authorize", "DataTransfer")


def test_an_empty_address_closes_the_port() -> None:
    assert load(None, {"OHMSTEAD_GATEWAY__BIND": ""}).gateway.bind == ""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[gatway]\nbind = 1", "gatway: unknown key; the nearest one is gateway"),
        ("[gateway]\nbnd = 1", "gateway.bnd: unknown key; the nearest one is gateway.bind"),
        ("data_dri = 'x'", "data_dri: unknown key; the nearest one is data_dir"),
        ("[gateway]\nmax_message = 'big'", 'gateway.max_message: expected a whole number, at least 1024, given "big"'),
        ("[gateway]\nmax_message = 12", "gateway.max_message: expected a whole number, at least 1024, given 12"),
        ("[gateway]\nbind = '9000'", 'gateway.bind: expected HOST:PORT or empty, given "9000"'),
        ("[gateway]\nbind = ':99999'", 'gateway.bind: expected HOST:PORT or empty, given ":99999"'),
        ("[gateway]\nallow_profile_0 = 1", "gateway.allow_profile_0: expected true or false, given 1"),
        ("role = 'door'", 'role: expected "all" or "gateway" or "api" or "worker", given "door"'),
        ("gateway = 3", "gateway: expected a table [gateway], given 3"),
        ("database_url = 'mysql://u:pw@h/d'", '"mysql://u:***@h/d"'),
        ("[api]\nbootstrap_key = 'short'", "expected 32 or more characters without spaces, given"),
        ("[stations]\nunasked_calls = ['nap']", 'expected "all" or a list of "boot" or "base_report"'),
        (
            "[signing]\nverify_actions = ['Authorise']",
            "expected a list of actions of OCPP 2.1, without -Signed, "
            'given ["Authorise"]; Authorise is no action; the nearest one is Authorize',
        ),
        (
            "[signing]\nrequire_actions = ['Heartbeat-Signed']",
            "Heartbeat-Signed is no action; the nearest one is Heart",
        ),
        ("role = ", "is not TOML"),
    ],
)
def test_a_refusal_names_file_key_expected_and_given(tmp_path: Path, text: str, problem: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load(path, {})
    assert str(caught.value).startswith(str(path))
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("OHMSTEAD_GATEWAY__BNID", "", "environment: OHMSTEAD_GATEWAY__BNID: unknown key; the nearest one is"),
        ("OHMSTEAD_GATEWAY__PROCESSES", "two", "environment OHMSTEAD_GATEWAY__PROCESSES: gateway.processes: expected"),
        ("OHMSTEAD_ROLE", "", 'expected "all"'),
    ],
)
def test_a_refusal_names_the_variable(name: str, value: str, problem: str) -> None:
    with pytest.raises(SettingsError, match="environment") as caught:
        load(None, {name: value})
    assert problem in str(caught.value)


def test_every_problem_is_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(written(tmp_path, "a = 1\nb = 2"), {"OHMSTEAD_ROLE": "x"})
    assert len(caught.value.problems) == 3


def test_a_missing_file_is_a_settings_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        load(tmp_path / "none.toml", {})
