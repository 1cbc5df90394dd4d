"""Comparison of the committed siblings of a lock, its SBOM and its publisher baseline, with the lock."""

from __future__ import annotations

import json
from collections.abc import Collection
from urllib.parse import unquote

from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.compile.diff import describes, pins_of
from ops.supply_chain.dependencies.compile.header import body_of
from ops.supply_chain.dependencies.compile.siblings import names_of
from ops.supply_chain.formats.cyclonedx import BomComponent, read_cyclonedx

_MOST_NAMED = 3
_PYPI = "pkg:pypi/"


def sbom_finding(lock: str, lock_text: str, path: str, text: str) -> Finding | None:
    """Return a finding if a committed SBOM does not describe its lock, None if it does.

    Names, versions and hashes must be those of the lock, and each package URL that of its component, whatever tool wrote
    it. Licences and edges are not in the lock, and are not compared.

    Args:
        lock: The lock.
        lock_text: Its text.
        path: The SBOM, CycloneDX as JSON.
        text: Its text.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return _differs("lock.sbom-differs", path, f"is not JSON, so it does not describe {lock}")
    if not describes(document, pins_of(body_of(lock_text))):
        return _differs("lock.sbom-differs", path, f"does not have the packages, versions and hashes of {lock}")
    wrong = sorted({component.name for component in read_cyclonedx(document).components if _is_misnamed(component)})
    if wrong:
        return _differs("lock.sbom-differs", path, f"has package URLs of other packages than {lock}: {_some(wrong)}")
    return None


def baseline_finding(lock: str, direct: Collection[str], path: str, text: str) -> Finding | None:
    """Return a finding if a committed publisher baseline is not one of its lock, None if it is.

    A missing entry is for `check_publishers`, which knows whether the index describes the package.

    Args:
        lock: The lock.
        direct: PEP 503 names of its direct dependencies.
        path: The baseline.
        text: Its text.
    """
    try:
        baseline = canonical.decode(text.encode(), PublisherBaseline, where=path)
    except InputError as error:
        return _differs(
            "lock.baseline-differs",
            path,
            f"cannot be read: {error.message.removeprefix(f'{path}: ')}",
            before=f"Remove {path}, then run",
        )
    others = sorted(names_of(baseline) - set(direct))
    if others:
        what = "packages that are no direct dependencies"
        return _differs("lock.baseline-differs", path, f"records {what} of {lock}: {_some(others)}")
    return None


def _differs(code: str, path: str, message: str, *, before: str = "Run") -> Finding:
    return Finding(
        code=code,
        severity=Severity.MEDIUM,
        message=printable(message),
        next_step=f"{printable(before)} `{command('lock')}`, which writes it again, and review the changes.",
        path=path,
    )


def _is_misnamed(component: BomComponent) -> bool:
    if not component.purl.startswith(_PYPI):
        return False
    plain = component.purl.removeprefix(_PYPI).partition("?")[0].partition("#")[0]
    name, _, version = plain.partition("@")
    return (normalise(unquote(name)), unquote(version)) != (normalise(component.name), component.version)


def _some(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
