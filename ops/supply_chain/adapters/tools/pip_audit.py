"""pip-audit, asked for a second opinion through its command line: which vulnerabilities some exact pins have.

It runs in this interpreter's environment, with its own matcher of names and versions and whatever service
it is configured to query. `--no-deps --disable-pip` makes it take exact pins as they are, without pip, without an
index and without anything being built; it takes each project once, so that two versions of one need two
calls. It reports findings and failures by the same exit code, so only its JSON counts, and a pin that it
leaves out or skips was not examined.

Source: https://github.com/pypa/pip-audit (2.10), README "Usage"
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from packaging.version import InvalidVersion, Version

from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.core.variables import Child, child_variables

TIMEOUT_SECONDS = 900
SYSTEM = "pip-audit"
REMEDY = "Install the PyPI package pip-audit beside this pipeline, or run without --second-opinion."
LAST_CHARACTERS = 500
"""Of what it wrote when it failed."""

_LOOPBACK = "127.0.0.1,localhost"

Pin = tuple[str, str]


class AuditResult(NamedTuple):
    """What pip-audit says.

    `found` has every pin that it answered for, with the names of each vulnerability; groups that share a
    name are one. `skipped` are the others, each with the reason.
    """

    found: dict[Pin, tuple[frozenset[str], ...]]
    skipped: dict[Pin, str]


def pip_audit_version() -> str:
    """Return the version of the pip-audit that runs.

    Raises:
        UnavailableError: It is not installed.
    """
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("pip-audit")
    except PackageNotFoundError as error:
        raise UnavailableError(f"{SYSTEM}: is not installed", hint=REMEDY) from error


def ask(pins: Iterable[Pin], *, url: str) -> AuditResult:
    """Ask about some pins.

    Args:
        pins: PEP 503 name and version as the lock writes it, never empty.
        url: Where it sends its queries: an OSV-compatible service, path included.
    Raises:
        UnavailableError: It cannot be run, or does not answer with its JSON.
    """
    wanted, skipped = _readable(pins)
    found: dict[Pin, tuple[frozenset[str], ...]] = {}
    with tempfile.TemporaryDirectory(prefix="sealwright-audit-") as scratch:
        for layer in _layers(wanted):
            _take(_run(sorted(layer), url, Path(scratch)), layer, found, skipped)
    return AuditResult(found, skipped)


def _readable(pins: Iterable[Pin]) -> tuple[dict[Pin, list[Pin]], dict[Pin, str]]:
    """Map each pin as pip-audit names it to the pins that it represents."""
    wanted: dict[Pin, list[Pin]] = {}
    skipped: dict[Pin, str] = {}
    for name, version in sorted(set(pins)):
        try:
            wanted.setdefault((normalise(name), str(Version(version))), []).append((name, version))
        except InvalidVersion:
            skipped[name, version] = "its version is not one that PEP 440 knows"
    return wanted, skipped


def _layers(wanted: Mapping[Pin, list[Pin]]) -> list[dict[Pin, list[Pin]]]:
    """Spread the pins so that each layer has a project once."""
    layers: list[dict[Pin, list[Pin]]] = []
    used: dict[str, int] = {}
    for pin in sorted(wanted):
        place = used.get(pin[0], 0)
        used[pin[0]] = place + 1
        if place == len(layers):
            layers.append({})
        layers[place][pin] = wanted[pin]
    return layers


def _run(pins: Sequence[Pin], url: str, scratch: Path) -> list[dict[str, Any]]:
    requirements = scratch / "requirements.txt"
    requirements.write_text("".join(f"{name}=={version}\n" for name, version in pins), encoding="utf-8")
    command = [
        *(sys.executable, "-I", "-m", "pip_audit", "--requirement", str(requirements), "--no-deps", "--disable-pip"),
        *("--vulnerability-service", "osv", "--osv-url", url, "--format", "json", "--desc", "off"),
        *("--progress-spinner", "off", "--cache-dir", str(scratch / "cache")),
    ]
    try:
        done = subprocess.run(
            command,
            cwd=scratch,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"{SYSTEM}: did not answer within {TIMEOUT_SECONDS} s", hint=REMEDY) from error
    except OSError as error:
        raise UnavailableError(f"{SYSTEM}: cannot be run: {error.strerror or error}", hint=REMEDY) from error
    return _dependencies(done)


def _environment() -> dict[str, str]:
    """Return the variables that it may see; requests to loopback do not go through a proxy."""
    kept = child_variables(Child.PIP_AUDIT, os.environ)
    kept = {name: value for name, value in kept.items() if name.upper() != "NO_PROXY"}
    given = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    return kept | {"NO_PROXY": f"{given},{_LOOPBACK}".strip(",")}


def _dependencies(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    try:
        listed = json.loads(done.stdout)["dependencies"]
        if isinstance(listed, list) and all(isinstance(entry, dict) for entry in listed):
            return listed
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    said = printable(without_credentials(done.stderr.decode("utf-8", "replace").strip()))[-LAST_CHARACTERS:]
    raise UnavailableError(
        f"{SYSTEM}: ended with {done.returncode} and without its report: {said or 'it said nothing'}", hint=REMEDY
    )


def _take(
    reported: Sequence[Mapping[str, Any]],
    layer: Mapping[Pin, list[Pin]],
    found: dict[Pin, tuple[frozenset[str], ...]],
    skipped: dict[Pin, str],
) -> None:
    answers = {(normalise(str(entry.get("name"))), str(entry.get("version"))): entry for entry in reported}
    reasons = {
        normalise(str(entry.get("name"))): str(entry["skip_reason"]) for entry in reported if "skip_reason" in entry
    }
    for pin, stands_for in layer.items():
        groups = _groups(answers.get(pin, {}).get("vulns"))
        for entry in stands_for:
            if groups is None:
                skipped[entry] = printable(reasons.get(pin[0], "it is not in the report"))
            else:
                found[entry] = groups


def _groups(vulns: object) -> tuple[frozenset[str], ...] | None:
    """Return the names of each vulnerability, joined where they overlap; None where it is no such list."""
    if not isinstance(vulns, list) or not all(isinstance(entry, dict) and "id" in entry for entry in vulns):
        return None
    joined: list[frozenset[str]] = []
    for entry in vulns:
        names = frozenset({str(entry["id"]), *map(str, entry.get("aliases") or ())})
        apart = [other for other in joined if other.isdisjoint(names)]
        joined = [*apart, names.union(*(other for other in joined if not other.isdisjoint(names)))]
    return tuple(sorted(joined, key=sorted))
