"""pip-audit run for real against a service on loopback, and a program in its place that misbehaves."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.tools import pip_audit
from ops.supply_chain.adapters.tools.pip_audit import REMEDY, AuditResult, ask, pip_audit_version
from ops.supply_chain.core.errors import UnavailableError
from tests.fakes.advisories import affected, record, snapshot
from tests.fakes.osv import OsvService, serve
from tests.fakes.warm_pip_audit import use_warm_pip_audit

RECORDS = (
    record("PYSEC-1", affected("foo", "introduced 0, fixed 2"), aliases=["CVE-1"]),
    record("GHSA-a", affected("foo", "introduced 0, fixed 2"), aliases=["CVE-1"]),
    record("PYSEC-3", affected("foo", "introduced 0, fixed 1.5")),
    record("PYSEC-4", affected("bar", versions=("1.0+local",))),
)


@pytest.fixture
def service() -> Iterator[OsvService]:
    with serve(OsvService(snapshot(*RECORDS))) as running:
        yield running


def test_what_it_says_of_exact_pins(service: OsvService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1")
    pins = [
        ("foo", "1.0"),
        ("foo", "1.0.0"),
        ("foo", "1.7"),
        ("bar", "1.0+local"),
        ("baz", "3"),
        ("foo", "not-a-version"),
    ]
    opinion = ask(pins, url=f"{service.url}/v1/query")
    both, third = frozenset({"PYSEC-1", "GHSA-a", "CVE-1"}), frozenset({"PYSEC-3"})
    assert opinion == AuditResult(
        {
            ("bar", "1.0+local"): (frozenset({"PYSEC-4"}),),
            ("baz", "3"): (),
            ("foo", "1.0"): (both, third),
            ("foo", "1.0.0"): (both, third),
            ("foo", "1.7"): (both,),
        },
        {("foo", "not-a-version"): "its version is not one that PEP 440 knows"},
    )


def test_which_one_it_is() -> None:
    assert pip_audit_version().split(".")[0].isdigit()


def test_one_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import metadata

    def absent(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    with pytest.raises(UnavailableError, match="pip-audit: is not installed"):
        pip_audit_version()


@pytest.mark.parametrize("fault", ["500", "truncated", "malformed", "wrong-type", "404"])
def test_a_service_that_misbehaves_gives_no_opinion(
    service: OsvService, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_warm_pip_audit(monkeypatch)
    service.fault = fault
    with pytest.raises(UnavailableError, match=r"^pip-audit: ended with 1 and without its report: ") as caught:
        ask([("foo", "1.0")], url=f"{service.url}/v1/query")
    assert caught.value.hint == REMEDY


def _stand_in(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    real = subprocess.run

    def run(command: list[str], **kwargs: Any) -> subprocess.CompletedProcess[bytes]:
        return real([sys.executable, "-c", code], **kwargs)

    monkeypatch.setattr(subprocess, "run", run)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        pytest.param("raise SystemExit(3)", "ended with 3 and without its report: it said nothing", id="silent"),
        pytest.param("print('[]')", "ended with 0 and without its report: it said nothing", id="a list"),
        pytest.param("print('{\"dependencies\": 1}')", "ended with 0 and without its report", id="no list"),
        pytest.param(
            "import sys; sys.stderr.write('see https://u:p@h/\\x1b[0m'); sys.exit(1)",
            "ended with 1 and without its report: see https://h/?[0m",
            id="secrets and escapes",
        ),
    ],
)
def test_one_that_gives_no_report(monkeypatch: pytest.MonkeyPatch, code: str, message: str) -> None:
    _stand_in(monkeypatch, code)
    with pytest.raises(UnavailableError) as caught:
        ask([("foo", "1.0")], url="http://127.0.0.1:1")
    assert caught.value.message.startswith(f"pip-audit: {message}")


def test_one_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    _stand_in(monkeypatch, "import time; time.sleep(60)")
    monkeypatch.setattr(pip_audit, "TIMEOUT_SECONDS", 0.3)
    with pytest.raises(UnavailableError, match="did not answer within"):
        ask([("foo", "1.0")], url="http://127.0.0.1:1")


def test_one_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    with pytest.raises(UnavailableError, match="pip-audit: cannot be run: No such file"):
        ask([("foo", "1.0")], url="http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        ('{"dependencies": []}', "it is not in the report"),
        ('{"dependencies": [{"name": "foo", "version": "9", "vulns": []}]}', "it is not in the report"),
        ('{"dependencies": [{"name": "foo", "version": "1.0"}]}', "it is not in the report"),
        ('{"dependencies": [{"name": "foo", "version": "1.0", "vulns": [1]}]}', "it is not in the report"),
        ('{"dependencies": [{"name": "Foo", "skip_reason": "too\\nhard"}]}', "too?hard"),
    ],
)
def test_a_pin_without_an_answer_is_skipped_and_never_taken_for_sound(
    monkeypatch: pytest.MonkeyPatch, report: str, reason: str
) -> None:
    _stand_in(monkeypatch, f"print({report!r})")
    assert ask([("foo", "1.0")], url="http://127.0.0.1:1") == AuditResult({}, {("foo", "1.0"): reason})
