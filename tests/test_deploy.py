"""What `deploy/` says is true: metrics are exposed, runbooks are there, files and settings exist."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from ohmstead import runtime
from ohmstead.app import DRAIN
from ohmstead.fleet.figures import FIGURES
from ohmstead.settings import Gateway
from ohmstead.settings_reading import CLIENT_VARIABLES, load
from ohmstead.supervisor import GRACE, MOST_STATIONS
from tests.acceptance.serving import serving

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
OF_PROMETHEUS = {"up", "job", "instance"}
"""A metric and labels that Prometheus makes itself."""
WORDS = {"by", "without", "offset", "and", "or", "unless", "on", "ignoring", "bool"}


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((DEPLOY / "prometheus/alerts.yaml").read_text())["groups"]
    return group["rules"]


def expressions() -> list[str]:
    panels = json.loads((DEPLOY / "grafana/ohmstead.json").read_text())["panels"]
    return [rule["expr"] for rule in rules()] + [one["expr"] for panel in panels for one in panel["targets"]]


def named(expression: str) -> tuple[set[str], set[str]]:
    """(metrics, labels) that an expression speaks of."""
    bare = re.sub(r'"[^"]*"', '""', expression)
    labels = set(re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*""', bare))
    for group in re.findall(r"\b(?:by|without)\s*\(([^)]*)\)", bare):
        labels |= set(re.findall(r"\w+", group))
    bare = re.sub(r"\b(?:by|without)\s*\([^)]*\)|\{[^}]*\}|\[[^\]]*\]", "", bare)
    return set(re.findall(r"\b[a-z_][a-z_0-9]*\b(?!\s*\()", bare)) - WORDS, labels


def test_how_an_expression_is_read() -> None:
    text = 'sum by (a, b) (rate(x_total{c!="q y"}[5m])) < 0.8 * sum(z offset 15m)'
    assert named(text) == ({"x_total", "z"}, {"a", "b", "c"})


@pytest.mark.anyio
async def test_rules_and_dashboard_name_what_is_exposed(tmp_path: Path) -> None:
    async with serving(tmp_path, {"tls_bind": "127.0.0.1:0"}) as csms:
        await csms.add_station("CS1")
        async with csms.station("CS1") as station:
            await station.call("Heartbeat", {})
            with pytest.raises(Exception, match="401"):
                async with csms.station("CS1", password="wrong-password-1"):
                    pass
            await FIGURES.count(csms.server.db, runtime.now())
            text = (await csms.api.get("metrics")).text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    exposed, labels = {one.name for one in samples}, {label for one in samples for label in one.labels}
    assert len(expressions()) > 15
    for expression in expressions():
        metrics, asked = named(expression)
        assert metrics, expression
        assert metrics <= exposed | OF_PROMETHEUS, f"{expression}: {metrics - exposed - OF_PROMETHEUS}"
        assert asked <= labels | OF_PROMETHEUS, f"{expression}: {asked - labels - OF_PROMETHEUS}"


def test_each_alert_has_its_runbook() -> None:
    page = (ROOT / "docs/howto/operate.md").read_text().partition("## Runbook")[2]
    headings = re.findall(r"^### (\w+)$", page, re.MULTILINE)
    assert headings == [rule["alert"] for rule in rules()]
    for rule in rules():
        assert rule["annotations"]["runbook"] == f"docs/howto/operate.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in ("critical", "warning")


def missing(what: str) -> NoReturn:
    """A visible skip, but a failure where CI counts on it."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


def test_promtool_plays_the_rules_through() -> None:
    if shutil.which("promtool") is None:
        missing("promtool (of Prometheus) is not here")
    for words in (["check", "rules", "alerts.yaml"], ["test", "rules", "alerts_test.yaml"]):
        said = subprocess.run(
            ["promtool", *words], cwd=DEPLOY / "prometheus", capture_output=True, text=True, timeout=60, check=False
        )
        assert said.returncode == 0, said.stdout + said.stderr


CHART = DEPLOY / "helm/ohmstead"
VALUES = {
    "database": {"existingSecret": "db"},
    "publicName": "csms.test",
    "publicUrl": "https://csms.test",
    "busUrl": "nats://nats:4222",
    "settings": {"gateway.drain_rate": "200"},
    "ingress": {"enabled": True, "host": "csms.test"},
    "podMonitor": {"enabled": True, "keySecret": "key"},
}


def rendered(values: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """(kind, name) -> what Helm makes of the chart."""
    if importlib.util.find_spec("helm_python") is None:
        missing("Helm's engine (helm-python-sdk) is not here")
    helm = importlib.import_module("helm_python")
    report = helm.lint(CHART, values, strict=True)
    assert [one for one in report["messages"] if one["severity"] > 1] == []
    with helm.Chart.load(CHART) as chart:
        texts = chart.render(values, name="one", namespace="two").values()
    found = [one for text in texts if "kind:" in text for one in yaml.safe_load_all(text) if one]
    return {(one["kind"], one["metadata"]["name"]): one for one in found}


def test_the_chart_as_helm_renders_it() -> None:
    found = rendered(VALUES)
    assert {kind for kind, _ in found} == {
        "Deployment", "Service", "Job", "PodDisruptionBudget", "PersistentVolumeClaim", "Ingress", "PodMonitor"
    }  # fmt: skip
    for role in ("api", "gateway", "worker"):
        spec = found["Deployment", f"one-{role}"]["spec"]
        pod = spec["template"]["spec"]
        assert spec["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()
        (container,) = pod["containers"]
        assert container["args"] == ["serve", "--role", role]
        assert (pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]) == (True, 10001)
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        secret = {"secretKeyRef": {"name": "db", "key": "url"}}
        given = {one["name"]: one.get("value", "postgresql:///o") for one in container["env"]}
        assert next(one for one in container["env"] if "valueFrom" in one)["valueFrom"] == secret
        settings = load(None, given)
        assert settings.gateway.url(tls=True) == "wss://csms.test:443/ocpp"
        assert (settings.bus_url, settings.gateway.drain_rate) == ("nats://nats:4222", 200)
        probed = {container[probe]["httpGet"]["port"] for probe in ("livenessProbe", "readinessProbe")}
        assert probed == {8080 if role == "api" else 9100}
    service = found["Service", "one-gateway"]["spec"]
    labels = found["Deployment", "one-gateway"]["spec"]["template"]["metadata"]["labels"]
    assert service["selector"].items() <= labels.items()


@pytest.mark.parametrize("lacking", ["database", "publicName", "publicUrl"])
def test_the_chart_says_what_it_lacks(lacking: str) -> None:
    with pytest.raises(Exception, match=lacking):
        rendered({name: value for name, value in VALUES.items() if name != lacking})


def test_the_container_file() -> None:
    text = re.sub(r"\\\n", " ", (DEPLOY / "Containerfile").read_text())
    stages = text.split("FROM ")[1:]
    assert len(stages) == 2
    assert "USER 10001:10001" in stages[1]
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for source in sources.split():
            assert (ROOT / source).exists(), source
    environment = dict(re.findall(r"(OHMSTEAD_\w+)=(\S+)", text))
    settings = load(None, {name: value.strip('"') for name, value in environment.items()})
    assert (settings.gateway.bind, settings.gateway.tls_bind) == ("", "0.0.0.0:9443")
    for port in ("8080", "9100", "9443"):
        assert re.search(rf"^EXPOSE .*\b{port}\b", text, re.MULTILINE)


def filled(text: str, **more: str) -> str:
    """Variables of compose as an operator gives them."""
    given = {"OHMSTEAD_DB_PASSWORD": "secret", "OHMSTEAD_PUBLIC_NAME": "a.test", "OHMSTEAD_API_URL": "https://a.test"}
    given |= more
    return re.sub(r"\$\{(\w+):[?-]([^}]*)\}", lambda found: given.get(found[1], found[2]), text)


@pytest.mark.parametrize(("bus_url", "bus"), [("", "postgresql:"), ("nats://nats:4222", "nats:")])
def test_the_compose_file(bus_url: str, bus: str) -> None:
    services = yaml.safe_load(filled((DEPLOY / "compose.yaml").read_text(), OHMSTEAD_BUS_URL=bus_url))["services"]
    assert [name for name, one in services.items() if "profiles" in one] == ["nats"]
    assert services.keys() == {"database", "nats", "schema", "api", "gateway", "worker"}
    assert "healthcheck" in services["database"]
    for role in ("api", "gateway", "worker"):
        one = services[role]
        assert one["command"] == ["serve", "--role", role]
        settings = load(None, one["environment"])
        assert settings.database_url == "postgresql://ohmstead:secret@database/ohmstead"
        assert settings.bus_url.startswith(bus)
        assert set(one["environment"]) & CLIENT_VARIABLES == (set() if role == "api" else {"OHMSTEAD_URL"})
        assert one["depends_on"].keys() == ({"schema"} if role == "api" else {"api"})
        assert one["volumes"] == services["api"]["volumes"]
        assert one["cap_drop"] == ["ALL"]
        assert one["read_only"] is True
    assert (DEPLOY / services["schema"]["build"]["context"] / services["schema"]["build"]["dockerfile"]).exists()


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_is_hardened_and_waits_for_the_drain(unit: Path) -> None:
    lines = re.findall(r"^(\w+)=(.*)$", unit.read_text(), re.MULTILINE)
    found = dict(lines)
    assert int(found["TimeoutStopSec"]) >= MOST_STATIONS / Gateway().drain_rate + DRAIN + GRACE
    assert (found["KillMode"], found["KillSignal"], found["User"]) == ("mixed", "SIGTERM", "ohmstead")
    assert (found["ProtectSystem"], found["CapabilityBoundingSet"], found["NoNewPrivileges"]) == ("strict", "", "yes")
    given = [value.partition("=") for name, value in lines if name == "Environment"]
    load(None, {name: value for name, _, value in given})


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_what_systemd_says_of_a_unit(unit: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not here")
    copy = tmp_path / unit.name.replace("@", "@gateway")
    copy.write_text(unit.read_text().replace("/opt/ohmstead/bin/ohmstead", "/bin/true"))
    sockets = [shutil.copy(one, tmp_path) for one in [unit.with_suffix(".socket")] if one.exists()]
    verify = ["systemd-analyze", "verify", copy, *sockets]
    said = subprocess.run(verify, capture_output=True, text=True, timeout=30, check=False)
    assert (said.returncode, said.stderr) == (0, "")
    judged = ["systemd-analyze", "security", "--offline=true", "--threshold=25", copy]
    assert subprocess.run(judged, capture_output=True, timeout=30, check=False).returncode == 0
