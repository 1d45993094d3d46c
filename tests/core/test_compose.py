"""compose.yaml and the Dockerfile, as far as they can be judged without a Docker engine."""

import ipaddress
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml  # type: ignore[import-untyped]  # the library has no types
from click.testing import CliRunner

from core import cli, metrics
from core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
OURS = ("web", "worker", "relay", "listen")
# What `.env` must say besides what compose.yaml says itself.
ENV = """\
DOMAIN=shop.example.com
POSTGRES_PASSWORD=only-for-this-test
THROUGHLINE_SECRET_KEY=kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
THROUGHLINE_STRIPE_API_KEY=sk_test_x
THROUGHLINE_STRIPE_WEBHOOK_SECRET=whsec_x
THROUGHLINE_TWILIO_ACCOUNT_SID=AC0
THROUGHLINE_TWILIO_AUTH_TOKEN=t
"""


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return found


def test_everything_that_a_server_needs_is_there(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {"migrate", *OURS, "postgres", "valkey", "front"}
    assert compose["services"]["postgres"]["image"] == "postgres:18"
    assert [compose["services"][name]["command"] for name in ("migrate", *OURS)] == [
        [name] for name in ("migrate", *OURS)
    ]


@pytest.mark.parametrize("name", ["migrate", *OURS])
def test_our_processes_may_change_nothing_but_tmp(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["user"] == "10001:10001"
    assert (service["read_only"], service["tmpfs"], service["cap_drop"]) == (True, ["/tmp"], ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "volumes" not in service


def test_every_container_has_a_root_that_cannot_be_written(compose: dict[str, Any]) -> None:
    assert {name for name, service in compose["services"].items() if not service.get("read_only")} == set()


@pytest.mark.parametrize("name", [*OURS, "postgres", "valkey", "front"])
def test_who_runs_for_long_is_watched_and_started_again(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] == "CMD"
    assert {"interval", "timeout", "retries"} <= service["healthcheck"].keys()


@pytest.mark.parametrize("name", OURS)
def test_nothing_starts_on_tables_of_yesterday(compose: dict[str, Any], name: str) -> None:
    needs = compose["services"][name]["depends_on"]
    assert needs["migrate"] == {"condition": "service_completed_successfully"}
    assert needs["postgres"] == needs["valkey"] == {"condition": "service_healthy"}


def test_the_migration_is_a_job_that_ends(compose: dict[str, Any]) -> None:
    service = compose["services"]["migrate"]
    assert (service["command"], service["restart"]) == (["migrate"], "no")
    assert service["depends_on"] == {"postgres": {"condition": "service_healthy"}}


def test_processes_have_the_time_to_finish_what_they_hold(compose: dict[str, Any]) -> None:
    seconds = {name: int(compose["services"][name]["stop_grace_period"].rstrip("s")) for name in OURS}
    assert seconds["worker"] > 30  # what a worker takes at most, see workers/commands.py
    assert min(seconds.values()) >= 20


def test_only_the_front_is_believed_about_who_visits(compose: dict[str, Any]) -> None:
    services = compose["services"]
    subnet = compose["networks"]["front"]["ipam"]["config"][0]["subnet"]
    assert {services[name]["environment"]["THROUGHLINE_TRUSTED_PROXIES"] for name in OURS} == {subnet}
    default = re.search(r":-([^}]+)}", subnet)
    assert default is not None
    assert ipaddress.ip_network(default[1]).is_private
    assert {name for name, service in services.items() if "front" in service.get("networks", ())} == {
        "web",
        "front",
    }
    assert "X-Request-ID: {http.request.uuid}" in services["front"]["command"]


def test_databases_and_figures_cannot_be_reached_from_outside(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert compose["networks"]["inside"] == {"internal": True}
    assert services["postgres"]["networks"] == services["valkey"]["networks"] == ["inside"]
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert published == {
        "listen": ["127.0.0.1:2525:2525"],
        "front": ["80:80", "443:443", "443:443/udp"],
    }


@pytest.mark.parametrize("name", ["worker", "relay"])
def test_the_probe_asks_the_port_where_the_figures_are(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    port = int(service["environment"]["THROUGHLINE_METRICS_PORT"]) + metrics.PLACES[name]
    assert f"127.0.0.1:{port}/metrics" in service["healthcheck"]["test"][-1]


def test_secrets_come_from_a_file_and_stand_nowhere_here(compose: dict[str, Any]) -> None:
    for name in ("migrate", *OURS):
        service = compose["services"][name]
        assert service["env_file"] == ".env"
        given = service["environment"]
        secret = {key for key in given if re.search("SECRET|TOKEN|KEY|PASSWORD", key)}
        assert secret == set()
        assert ":${POSTGRES_PASSWORD:?" in given["THROUGHLINE_DATABASE_URL"]


def test_the_environment_is_one_that_the_processes_take(
    compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("THROUGHLINE_")]:
        monkeypatch.delenv(name)
    given = dict(line.split("=", 1) for line in ENV.splitlines())

    def fill(found: re.Match[str]) -> str:
        name, _, default = found[1].partition(":")
        return given.get(name) or default.removeprefix("-")

    for name, value in {**given, **compose["services"]["listen"]["environment"]}.items():
        monkeypatch.setenv(name, re.sub(r"\$\{([^}]+)\}", fill, value))
    made = Settings()  # type: ignore[call-arg]  # filled from the environment
    assert made.public_url == "https://shop.example.com"
    assert made.database_url == "postgresql+asyncpg://throughline:only-for-this-test@postgres/throughline"
    assert (made.secure_cookies, made.metrics_port, made.smtp_host) == (True, 9464, "0.0.0.0")
    assert [str(network) for network in made.proxies] == ["172.30.31.0/24"]


def test_the_image_runs_as_somebody_who_owns_nothing() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    last = lines[max(i for i, line in enumerate(lines) if line.startswith("FROM ")) :]
    assert [line for line in last if line.startswith("USER ")] == ["USER 10001:10001"]
    assert any(line.startswith("COPY --from=build --chown=root:root") for line in last)
    assert not any(re.search("SECRET|PASSWORD|TOKEN", line) for line in lines)
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".git", ".env", ".throughline"} <= set(ignored)


def test_it_is_what_the_compose_specification_allows(compose: dict[str, Any]) -> None:
    schema = json.loads((Path(__file__).parent / "compose-spec" / "schema.json").read_text())
    validator = jsonschema_rs.validator_for(schema)
    assert [(list(error.instance_path), error.message) for error in validator.iter_errors(compose)] == []
    bent = {**compose, "services": {"web": {**compose["services"]["web"], "healthchek": {}}}}
    assert not validator.is_valid(bent)


@pytest.mark.parametrize("name", ["migrate", *OURS])
def test_each_command_is_one_of_ours(
    compose: dict[str, Any], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [*compose["services"][name]["command"], "--help"]
    monkeypatch.setattr(sys, "argv", ["throughline", *words])
    done = CliRunner().invoke(cli.throughline, words)
    assert (done.exit_code, f"Usage: throughline {name}" in done.output) == (0, True), done.output


def test_every_command_that_operators_are_told_of_is_there() -> None:
    page = (ROOT / "docs" / "operators.md").read_text()
    told = set(re.findall(r"\bthroughline ([a-z][a-z-]+)\b", "\n".join(_code(page))))
    assert {"web", "worker", "relay", "listen", "migrate", "backup", "restore", "doctor", "verify"} <= told
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert told <= set(project["entry-points"][cli.GROUP])


def _code(page: str) -> list[str]:
    """What stands in code on a page, in blocks and in lines."""
    blocks = re.findall(r"```\w*\n(.*?)```", page, re.DOTALL)
    return blocks + re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", page, flags=re.DOTALL))


def test_every_variable_is_one_that_somebody_reads(compose: dict[str, Any]) -> None:
    known = {f"THROUGHLINE_{name.upper()}" for name in Settings.model_fields}
    for name in ("migrate", *OURS):
        assert set(compose["services"][name]["environment"]) <= known
    page = (ROOT / "docs" / "operators.md").read_text()
    sample = re.search(r"```ini\n(.*?)```", page, re.DOTALL)
    assert sample is not None
    outside = {"DOMAIN", "POSTGRES_PASSWORD"}
    given = {line.partition("=")[0] for line in sample[1].splitlines()}
    assert given <= known | outside
    # Whatever has no default is in the sample, or in compose.yaml itself.
    needed = {
        f"THROUGHLINE_{name.upper()}" for name, field in Settings.model_fields.items() if field.is_required()
    }
    assert needed <= given | set(compose["services"]["web"]["environment"])
    used = set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text()))
    settings_page = (ROOT / "docs" / "settings.md").read_text()
    assert {name for name in used if f"| `{name}` |" not in settings_page} == set()
    assert {name for name in re.findall(r"\bTHROUGHLINE_[A-Z_]+[A-Z]\b", page) if name not in known} == set()


def test_each_probe_is_a_program_that_can_be_run(compose: dict[str, Any]) -> None:
    probes = [compose["services"][name]["healthcheck"]["test"] for name in OURS]
    for _, program, option, code in probes:
        assert (program, option) == ("python", "-c")
        compile(code, "<probe>", "exec")


def test_the_front_speaks_tls_and_nobody_else_is_reached_in_the_clear(compose: dict[str, Any]) -> None:
    front = compose["services"]["front"]
    words = front["command"]
    # Caddy fetches a certificate for the name in --from, and sends whoever comes to port 80 to 443.
    assert words[:2] == ["caddy", "reverse-proxy"]
    assert words[words.index("--from") + 1].startswith("${DOMAIN:?")
    assert words[words.index("--to") + 1] == "web:8000"
    assert (front["cap_drop"], front["cap_add"]) == (["ALL"], ["NET_BIND_SERVICE"])
    assert compose["services"]["web"]["environment"]["THROUGHLINE_PUBLIC_URL"].startswith("https://")


def test_docker_compose_accepts_it(tmp_path: Path) -> None:
    client = _client()
    if client is None:
        pytest.skip("This machine has no `docker compose`: compose.yaml is only judged by what it says.")
    shutil.copy(ROOT / "compose.yaml", tmp_path)
    (tmp_path / ".env").write_text(ENV)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("THROUGHLINE_")}
    done = subprocess.run(
        [*client, "config", "--quiet"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def _client() -> list[str] | None:
    for client in (["docker", "compose"], ["docker-compose"], ["podman-compose"]):
        if shutil.which(client[0]):
            asked = subprocess.run([*client, "version"], capture_output=True, check=False)
            if asked.returncode == 0:
                return client
    return None
