"""Configured settings that make the release gate weaker than its default: one table with the direction of each key.

Every key of `.security-config.toml` is in exactly one of `DIRECTIONS`, `DERIVED` and `NEUTRAL`; a test compares them
with the types of the configuration, so that a new key has to be classified. Until it is, any change of it is weaker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from typing import Any
from urllib.parse import quote

import msgspec

from ops.supply_chain.contracts.config.feeds import DEFAULT_SNAPSHOT_AGE_DAYS
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.config.locks import LockScope
from ops.supply_chain.contracts.files.verdict import Weakening
from ops.supply_chain.contracts.values.finding import WORST_FIRST, Severity
from ops.supply_chain.contracts.values.lock import InstallScope
from ops.supply_chain.core.addresses import INTEGRITY_URL, OSV_API_URL, OSV_ECOSYSTEM_URL, OSV_SNAPSHOT_URL
from ops.supply_chain.core.development import names_development

NOTHING = "nothing"
"""Text of an empty list, text or limit."""

Weaker = Callable[[Any, Any], bool]
"""Whether a value is weaker than the default: (default, value)."""


def _greater(default: float | None, value: float | None) -> bool:
    """No limit at all is the weakest."""
    if value is None or default is None:
        return value is None and default is not None
    return value > default


def _severity(severity: Severity) -> int:
    return -WORST_FIRST.index(Severity.HIGH if severity is Severity.UNKNOWN else severity)


def _more_severe(default: Severity, value: Severity) -> bool:
    return _severity(value) > _severity(default)


def _less_severe(default: Severity, value: Severity) -> bool:
    return _severity(value) < _severity(default)


def _switched_off(default: bool, value: bool) -> bool:  # noqa: FBT001 - both are values of a setting
    return default and not value


def _different(default: object, value: object) -> bool:
    """A change whose direction cannot be known counts as weaker."""
    return value != default


def _older_file(_: int | None, value: int | None) -> bool:
    """Without a limit of its own, a file may be as old as any snapshot."""
    return value is not None and value > DEFAULT_SNAPSHOT_AGE_DAYS * 24


def _leaves_out(_: tuple[LockScope, ...], value: tuple[LockScope, ...]) -> bool:
    """What is no part of the product is not judged by the licence rules; what is named after development is none."""
    return any(entry.scope is InstallScope.EXCLUDED and not _names_development(entry) for entry in value)


def _names_development(entry: LockScope) -> bool:
    if entry.groups:
        return all(map(names_development, entry.groups))
    return any(names_development(part.partition(".")[0]) for part in entry.path.split("/")[-2:])


def _other_than_osv(_: Mapping[str, str], value: Mapping[str, str]) -> bool:
    """A feed of an ecosystem from elsewhere may lack records; without any, its packages are not examined."""
    return any(source != OSV_ECOSYSTEM_URL.format(ecosystem=quote(name)) for name, source in value.items())


DIRECTIONS: dict[str, Weaker] = {
    "feeds.ecosystems": _other_than_osv,
    "feeds.integrity_api": _different,
    "feeds.max_age_hours": _greater,
    "feeds.max_exploitation_age_days": _greater,
    "feeds.max_file_age_hours": _older_file,
    "feeds.max_snapshot_age_days": _greater,
    "feeds.osv_api": _different,
    "feeds.osv_snapshot": _different,
    "gate.fail_on": _more_severe,
    "locks.scopes": _leaves_out,
    "publishers.attestation_invalid": _less_severe,
    "publishers.attestation_lost": _less_severe,
    "publishers.attestations": _switched_off,
    "publishers.exceptions": _different,
    "publishers.metadata_changed": _less_severe,
    "publishers.no_baseline": _less_severe,
    "publishers.publisher_changed": _less_severe,
    "waiver_rules.max_days": _greater,
}
"""Key -> how its value compares with its default."""

PUBLIC = {
    "feeds.integrity_api": INTEGRITY_URL,
    "feeds.osv_api": OSV_API_URL,
    "feeds.osv_snapshot": OSV_SNAPSHOT_URL,
}
"""Key of a service -> its address where none is configured."""

DERIVED: dict[str, str] = {
    "documents.adopted": "false is weaker where the project has documents to compare",
    "locks.exclude": "weaker where it hides a lock or a declaration of dependencies",
    "locks.include": "weaker where it hides a lock that would be found without it",
    "policy.folders": "their rules only add to the built-in ones; their tables are compared with the built-in ones",
    "policy.licences_allow": "compared as policy.data.licences.allow",
    "policy.licences_allow_also": "compared as policy.data.licences.allow_also",
    "policy.licences_deny": "compared as policy.data.licences.deny",
    "policy.licences_on_unknown": "compared as policy.data.licences.on_unknown",
    "policy.profiles": "weaker where a default profile is not named",
}
"""Key -> how it is compared, where its value alone does not decide."""

NEUTRAL: dict[str, str] = {
    "acknowledged_cves": "each finding that it covers is shown as waived, with its reason and end",
    "build": "whether the project's own distributions are built, and how; what is built is examined and compared all the same",
    "compliance": "statements for readers; no gate reads them",
    "component_name": "a name",
    "controls": "controls out of scope are listed with their reason; no gate reads them",
    "converted": "history of the project; no gate reads it",
    "converted_in": "history of the project; no gate reads it",
    "dependencies": "owners, for readers; no gate reads them",
    "documents.badge": "adds a file",
    "documents.path": "which file is generated and compared",
    "documents.required_claims": "adds requirements",
    "documents.sections_off": "leaves text out; what remains has to be true all the same",
    "documents.statements_from": "statements for readers; no gate reads them",
    "documents.trust_page": "a link for readers; no gate reads it",
    "feeds.epss": "the order of findings; no gate passes because of it",
    "feeds.kev": "without it exploitation is not checked; no gate passes because of it",
    "feeds.malicious": "adds records to those of the public feed",
    "governance": "statements for readers; no gate reads them",
    "index": "the index that the locks are installed from; the gates compare each lock with it",
    "indexes": "where a verified release is published; no gate reads it",
    "locks.allow_builds": "lets more locks be compiled and compared; without it they are not examined",
    "locks.cool_down_days": "for new compiles; no gate reads it, and the claim on the cool-down rests on the locks",
    "locks.install_tools": "lets more locks be checked; without it they are not examined",
    "locks.python_version": "the gates examine every pin of the lock, for whatever Python it was compiled",
    "locks.universal": "the gates examine every pin of the lock, for whatever platform it was compiled",
    "mirror": "an entry of a catalogue; no gate reads it",
    "more_links": "links for readers; no gate reads them",
    "packages": "which distributions a release consists of; each one that is there is examined",
    "policy.weakened": "accepts what is weaker, and shows it",
    "provenance": "addresses in identifiers",
    "release.files_at": "an address for readers; no gate reads it",
    "release.names": "names of files; the provenance states their form, and the same files are examined, signed and compared",
    "releases": "which past releases the daily scan covers; no gate of a release reads it",
    "public_log": "who can read findings that are published encrypted",
    "reporting": "statements for readers; no gate reads them",
    "response": "due dates; an open finding denies whether it is overdue or not",
    "retention": "how long a finished release is kept; the claim on retention rests on the manifest",
    "review": "what a review lists; no gate reads it",
    "sbom": "names and formats; the policy requires CycloneDX, and the elements that must be given",
    "security_insights": "contents of a file; no gate reads them",
    "security_txt": "contents of a file; no gate reads them",
    "severity": "an open finding of any severity denies, unless gate.fail_on is raised, which is weaker itself",
    "signing": "who signs and how; a release without a counted signature is refused or named as not signed",
    "backlog": "what the review of suppliers' products counts; no release gate reads it",
    "suppliers": "whose documents are accepted; no gate reads them",
    "support": "statements for readers; no gate reads them",
    "updates": "which configuration `adopt` writes; no gate reads it",
    "vex_authors": "each finding that a document suppresses is shown as waived, with the document and its author",
    "waiver_rules.warn_days": "how early an expiry is reported",
    "waiver_rules.zone": "moves the end of a waiver's last day by less than a day",
    "waivers": "each finding that one covers is shown as waived, with its reason and end",
}
"""Key or whole table -> why no value of it makes the gate weaker."""


class ProjectEffects(msgspec.Struct, frozen=True, kw_only=True):
    """What settings leave out of this project.

    `excluded` and `included` are the patterns of `[locks]` that hide a lock or a declaration of dependencies;
    `documents` is True where the project has documents that a release compares by default.
    """

    excluded: tuple[str, ...] = ()
    included: tuple[str, ...] = ()
    documents: bool = False


def weakened_settings(config: Config, effects: ProjectEffects) -> list[Weakening]:
    """Compare the settings of a project with their defaults.

    Args:
        config: The project's configuration.
        effects: What its settings leave out of it.
    Returns:
        Those that are weaker than the default, without those of `[policy]`, which are compared as the policy.
    """
    found = []
    for key in _config_keys():
        if key in DERIVED or key in NEUTRAL or key.partition(".")[0] in NEUTRAL:
            continue
        is_weaker = DIRECTIONS.get(key, _different)
        default, value = value_at(Config(), key), value_at(config, key)
        address = PUBLIC.get(key, "")
        if is_weaker(default, value) and not (address and value.rstrip("/") == address.rstrip("/")):
            found.append(Weakening(setting=key, default=address or value_text(default), value=value_text(value)))
    for key, patterns in (("locks.exclude", effects.excluded), ("locks.include", effects.included)):
        if patterns:
            found.append(Weakening(setting=key, default=NOTHING, value=value_text(patterns)))
    if config.documents.adopted is False and effects.documents:
        found.append(Weakening(setting="documents.adopted", default="true", value="false"))
    return found


def value_text(value: object) -> str:
    """Return a value as text, on one line: a list by its sorted entries, a table by its keys and values."""
    if value is None or value in ("", (), [], {}):
        return NOTHING
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, StrEnum | str | int | float):
        return str(value)
    if isinstance(value, msgspec.Struct):
        return " ".join(value_text(field) for field in msgspec.structs.astuple(value) if field not in ("", ()))
    if isinstance(value, Iterable) and not isinstance(value, Mapping):
        return ", ".join(sorted(map(value_text, value)))
    return msgspec.json.encode(value, order="sorted").decode()


def keys(kind: type[msgspec.Struct], prefix: str = "") -> Iterator[str]:
    """Yield the keys of a configuration and of its tables, `gate.fail_on`; a list of tables is one key."""
    for field in msgspec.structs.fields(kind):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from keys(field.type, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}"


@cache
def _config_keys() -> tuple[str, ...]:
    return tuple(keys(Config))


def value_at(config: Config, key: str) -> Any:
    """Return the value of a key of `keys`."""
    found: Any = config
    for name in key.split("."):
        found = getattr(found, name)
    return found
