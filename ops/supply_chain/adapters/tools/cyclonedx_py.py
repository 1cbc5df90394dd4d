"""The packages that are installed in a Python environment, from `cyclonedx-py environment`.

The tool runs as a process of its own, isolated from the caller's directory and Python settings, with
`--output-reproducible` and a fixed moment; its answer is parsed, and what names this machine (packages
installed from a local path) is taken out before anyone else sees it.

Source: cyclonedx-bom 7, `cyclonedx-py environment --help`; PEP 610 (direct_url.json).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ops.supply_chain.core.errors import ErrorClass, UnavailableError, UsageError
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.core.variables import Child, child_variables

TIMEOUT_SECONDS = 300
SPEC_VERSION = "1.6"
"""CycloneDX version asked for."""

_TOOL = (sys.executable, "-Im", "cyclonedx_py", "environment")
_LOCAL = re.compile(r"(?:[\w.+ -]+@ ?)?(?:file:|/|[A-Za-z]:[\\/]|\\\\)", re.IGNORECASE)
"""Start of a text that names a place on this machine: an address, a path, or `name @ address`."""

_PLACES = frozenset({"externalReferences", "properties"})


def installed_in(python: str, *, epoch: int) -> dict[str, Any]:
    """Ask what is installed in an environment.

    Args:
        python: A Python interpreter, or the folder of a virtual environment.
        epoch: The timestamp of the document, in Unix seconds.
    Returns:
        The tool's CycloneDX document, parsed, without addresses or paths of this machine.
    Raises:
        UsageError: There is no such interpreter or folder.
        UnavailableError: The tool cannot be run, fails, or finds nothing at all.
    """
    # Not resolved: a virtual environment's python is a link, and the environment is the folder of the link.
    place = Path(python).absolute()
    if not place.exists():
        raise UsageError(
            f"--environment {python}: there is no such interpreter or virtual environment", kind=ErrorClass.COMMAND_LINE
        )
    document = _parsed(_run(str(place), epoch))
    components = document.get("components")
    if not isinstance(components, list) or not components:
        raise UnavailableError(
            "cyclonedx-py: found nothing installed in that environment",
            hint="Give the interpreter of the environment that holds the packages.",
        )
    return without_machine_paths(document)


def _run(place: str, epoch: int) -> bytes:
    options = ["--output-reproducible", "--sv", SPEC_VERSION, "--of", "JSON", "--validate", "-o", "-", place]
    environment = child_variables(Child.CYCLONEDX, os.environ)
    environment |= {"SOURCE_DATE_EPOCH": str(epoch), "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    try:
        done = subprocess.run(
            [*_TOOL, *options], capture_output=True, env=environment, timeout=TIMEOUT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"cyclonedx-py: cannot be run: {error}", hint="Install cyclonedx-bom.") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["it said nothing"]
        raise UnavailableError(
            f"cyclonedx-py: failed with exit status {done.returncode}: {printable(without_credentials(said[0]))}",
            hint="See that the interpreter runs, and that cyclonedx-bom is installed.",
        )
    return done.stdout


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UnavailableError(f"cyclonedx-py: its answer is not JSON: {error}") from error
    if not isinstance(document, dict) or document.get("bomFormat") != "CycloneDX":
        raise UnavailableError("cyclonedx-py: its answer is no CycloneDX document")
    return document


def without_machine_paths(document: dict[str, Any]) -> dict[str, Any]:
    """Return a CycloneDX document in which no file address, absolute path or credential is left.

    Links and properties with one go whole; of a purl its qualifiers; a `bom-ref` with one becomes
    `name==version#position`, here and where it is used. Other URLs lose their credentials.
    """
    renamed = {
        item["bom-ref"]: _plain_ref(item, position)
        for position, item in enumerate(_components(document))
        if isinstance(item.get("bom-ref"), str) and _LOCAL.match(item["bom-ref"])
    }
    cleaned: dict[str, Any] = _clean(document, renamed)
    return cleaned


def _components(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for item in document.get("components", []) if isinstance(item, dict)]


def _plain_ref(component: dict[str, Any], position: int) -> str:
    return f"{component.get('name', 'unnamed')}=={component.get('version', '')}#{position}"


def _clean(value: Any, renamed: dict[str, str], key: str = "") -> Any:
    if isinstance(value, dict):
        cleaned = {name: _clean(item, renamed, name) for name, item in value.items()}
        return {name: item for name, item in cleaned.items() if item != [] or name not in _PLACES}
    if isinstance(value, list):
        return [_clean(item, renamed, key) for item in value if not (key in _PLACES and _names_machine(item))]
    if isinstance(value, str):
        return _clean_purl(value) if key == "purl" else without_credentials(renamed.get(value, value))
    return value


def _names_machine(entry: object) -> bool:
    if not isinstance(entry, dict):
        return False
    return any(isinstance(entry.get(field), str) and _LOCAL.match(entry[field]) for field in ("url", "value"))


def _clean_purl(purl: str) -> str:
    """Return a purl without credentials in its qualifiers, where `@` is written as `%40`."""
    from packageurl import PackageURL

    if _is_public(purl):
        return purl
    try:
        parsed = PackageURL.from_string(purl)
    except ValueError:
        return purl.partition("?")[0]
    kept = {name: without_credentials(unquote(item)) for name, item in dict(parsed.qualifiers or {}).items()}
    rebuilt = PackageURL(parsed.type, parsed.namespace, parsed.name, parsed.version, kept).to_string()
    return rebuilt if _is_public(rebuilt) else purl.partition("?")[0]


def _is_public(purl: str) -> bool:
    plain = unquote(unquote(purl))
    return without_credentials(plain) == plain and "file:" not in plain.lower()
