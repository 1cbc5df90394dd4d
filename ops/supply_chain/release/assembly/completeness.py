"""Whether a set of files is exactly the release that its provenance and its checksums describe."""

from __future__ import annotations

from collections.abc import Mapping

from ops.supply_chain.contracts.files.provenance import Statement
from ops.supply_chain.contracts.values.release_naming import naming_of, provenance_name
from ops.supply_chain.contracts.values.signature_names import is_signature
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.release.assembly.checksums import format_checksums
from ops.supply_chain.release.assembly.layout import checksums_name


def problems_of_set(files: Mapping[str, str], statement: Statement, *, component: str, version: str) -> tuple[str, ...]:
    """Say everything that keeps a set of files from being the release of a component and version.

    Args:
        files: Name -> SHA-256 of every file that is there; signatures are not checked here.
        statement: The provenance statement that lies among them.
        component: N.
        version: V.
    Returns:
        One sentence a problem, sorted by the name it begins with; empty for a complete release.
    """
    ours = {name: sha256 for name, sha256 in files.items() if not is_signature(name)}
    naming = naming_of(files)
    provenance, checksums = provenance_name(component, version, naming), checksums_name(component, version)
    claimed = {subject.name: subject.digest.sha256 for subject in statement.subject}
    found = {name: sha256 for name, sha256 in ours.items() if name not in (provenance, checksums)}
    problems = _compare(found, claimed, "provenance")
    if len(claimed) != len(statement.subject):
        problems.append(f"{provenance}: names a subject twice")
    parameters = statement.predicate.build_definition.external_parameters
    if (parameters.component, parameters.version) != (component, version):
        problems.append(f"{provenance}: is of {parameters.component} {parameters.version}, not {component} {version}")
    if parameters.names is not naming:
        problems.append(f"{provenance}: states {parameters.names} names, and the files have {naming} ones")
    problems += [f"{name}: is missing" for name in (provenance, checksums) if name not in ours]
    listed = format_checksums({name: sha256 for name, sha256 in ours.items() if name != checksums})
    if checksums in ours and ours[checksums] != sha256_bytes(listed):
        problems.append(f"{checksums}: does not list exactly the other files")
    return tuple(sorted(problems))


def _compare(found: Mapping[str, str], claimed: Mapping[str, str], by: str) -> list[str]:
    missing = [f"{name}: is missing" for name in claimed.keys() - found.keys()]
    extra = [f"{name}: is not named by {by}" for name in found.keys() - claimed.keys()]
    other = [
        f"{name}: SHA-256 is {found[name]}, {by} says {claimed[name]}"
        for name in found.keys() & claimed.keys()
        if found[name] != claimed[name]
    ]
    return missing + extra + other
