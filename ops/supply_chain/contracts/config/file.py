"""`.security-config.toml`: every key a project may set, its type and its default.

The keys of existing OpenSecOps components (`component_name`, `converted`, `converted_in`,
`acknowledged_cves`) work unchanged; everything else is optional, with a default that is right for a
small project. An unknown key is an error that names the nearest known one. docs/configuration.md lists every key.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, get_args

import msgspec

from ops.supply_chain.contracts.base import Contract
from ops.supply_chain.contracts.config.allowed_values import allowed_at
from ops.supply_chain.contracts.config.backlog import BacklogConfig
from ops.supply_chain.contracts.config.build import BuildConfig
from ops.supply_chain.contracts.config.compliance import ComplianceConfig
from ops.supply_chain.contracts.config.controls import ControlsConfig
from ops.supply_chain.contracts.config.dependencies import DependencyEntry
from ops.supply_chain.contracts.config.documents import DocumentsConfig
from ops.supply_chain.contracts.config.feeds import FeedsConfig
from ops.supply_chain.contracts.config.gate import GateConfig
from ops.supply_chain.contracts.config.governance import GovernanceConfig
from ops.supply_chain.contracts.config.index import IndexConfig
from ops.supply_chain.contracts.config.indexes import PublishIndex
from ops.supply_chain.contracts.config.links import MoreLink
from ops.supply_chain.contracts.config.locks import LocksConfig
from ops.supply_chain.contracts.config.mirror import MirrorConfig
from ops.supply_chain.contracts.config.packages import PackageEntry
from ops.supply_chain.contracts.config.policy import PolicyConfig
from ops.supply_chain.contracts.config.provenance import ProvenanceConfig
from ops.supply_chain.contracts.config.public_log import PublicLogConfig
from ops.supply_chain.contracts.config.publishers import PublishersConfig
from ops.supply_chain.contracts.config.release import ReleaseConfig
from ops.supply_chain.contracts.config.releases import ReleasesConfig
from ops.supply_chain.contracts.config.reporting import ReportingConfig
from ops.supply_chain.contracts.config.response import ResponseConfig
from ops.supply_chain.contracts.config.retention import RetentionConfig
from ops.supply_chain.contracts.config.review import ReviewConfig
from ops.supply_chain.contracts.config.sbom import SbomConfig
from ops.supply_chain.contracts.config.security_insights import SecurityInsightsConfig
from ops.supply_chain.contracts.config.security_txt import SecurityTxtConfig
from ops.supply_chain.contracts.config.severity import SeverityEntry
from ops.supply_chain.contracts.config.signing import SigningConfig
from ops.supply_chain.contracts.config.suppliers import SupplierEntry
from ops.supply_chain.contracts.config.support import SupportConfig
from ops.supply_chain.contracts.config.updates import UpdatesConfig
from ops.supply_chain.contracts.config.vex import VexAuthor
from ops.supply_chain.contracts.config.waivers import AcknowledgedCve, WaiverEntry, WaiverRules
from ops.supply_chain.core import plain_toml
from ops.supply_chain.core.errors import ErrorClass, UsageError

CONFIG_NAME = ".security-config.toml"
"""File name, at the top of the project."""


class Config(Contract, frozen=True, kw_only=True):
    """The whole file."""

    component_name: str = ""
    converted: bool = False
    converted_in: str = ""
    acknowledged_cves: tuple[AcknowledgedCve, ...] = ()
    locks: LocksConfig = LocksConfig()
    build: BuildConfig = BuildConfig()
    index: IndexConfig = IndexConfig()
    indexes: tuple[PublishIndex, ...] = ()
    sbom: SbomConfig = SbomConfig()
    policy: PolicyConfig = PolicyConfig()
    provenance: ProvenanceConfig = ProvenanceConfig()
    retention: RetentionConfig = RetentionConfig()
    waivers: tuple[WaiverEntry, ...] = ()
    waiver_rules: WaiverRules = WaiverRules()
    severity: tuple[SeverityEntry, ...] = ()
    vex_authors: tuple[VexAuthor, ...] = ()
    suppliers: tuple[SupplierEntry, ...] = ()
    backlog: BacklogConfig = BacklogConfig()
    feeds: FeedsConfig = FeedsConfig()
    response: ResponseConfig = ResponseConfig()
    publishers: PublishersConfig = PublishersConfig()
    gate: GateConfig = GateConfig()
    public_log: PublicLogConfig = PublicLogConfig()
    signing: SigningConfig = SigningConfig()
    release: ReleaseConfig = ReleaseConfig()
    releases: ReleasesConfig = ReleasesConfig()
    controls: ControlsConfig = ControlsConfig()
    documents: DocumentsConfig = DocumentsConfig()
    reporting: ReportingConfig = ReportingConfig()
    support: SupportConfig = SupportConfig()
    governance: GovernanceConfig = GovernanceConfig()
    compliance: ComplianceConfig = ComplianceConfig()
    security_insights: SecurityInsightsConfig = SecurityInsightsConfig()
    security_txt: SecurityTxtConfig = SecurityTxtConfig()
    more_links: tuple[MoreLink, ...] = ()
    dependencies: tuple[DependencyEntry, ...] = ()
    packages: tuple[PackageEntry, ...] = ()
    review: ReviewConfig = ReviewConfig()
    updates: UpdatesConfig = UpdatesConfig()
    mirror: MirrorConfig = MirrorConfig()


def parse_config(text: str, *, where: str = CONFIG_NAME) -> Config:
    """Read the configuration from its TOML text.

    Args:
        text: The file's content; empty gives all defaults.
        where: What to call the file in an error.
    Raises:
        UsageError: Not TOML, an unknown key (the nearest known one is named), or a wrong type.
    """
    try:
        plain = _dates_as_text(plain_toml.load(text))
    except plain_toml.TomlError as error:
        raise UsageError(f"{where}: not valid TOML: {error}", kind=ErrorClass.CONFIGURATION) from error
    _refuse_unknown(plain, Config, prefix="", where=where)
    try:
        return msgspec.convert(plain, Config, strict=True)
    except msgspec.ValidationError as error:
        raise _invalid(str(error), where) from error


def _invalid(message: str, where: str) -> UsageError:
    """Return the error of a value: with the values that are allowed, where they are a few."""
    problem, _, place = message.removesuffix("`").rpartition(" - at `")
    allowed = allowed_at(Config, place)
    key = place.removeprefix("$.")
    if not allowed:
        return UsageError(f"{where}: {message}", hint=HINT, kind=ErrorClass.CONFIGURATION)
    import difflib

    given = _GIVEN.search(problem)
    nearest = difflib.get_close_matches(f'"{given[1]}"', allowed, n=1) if given else []
    found = f", found {given[1]!r}" if given else ""
    return UsageError(
        f"{where}: {key}: expected {'one of ' if len(allowed) > 1 else ''}{', '.join(allowed)}{found}",
        hint=f"The nearest is {nearest[0]}." if nearest else HINT,
        kind=ErrorClass.CONFIGURATION,
    )


HINT = "See docs/configuration.md for each key."
_GIVEN = re.compile(r"Invalid enum value '(.*)'", re.DOTALL)


def _dates_as_text(value: Any) -> Any:
    """Return a value with its TOML dates as ISO text: both dates and strings are accepted."""
    if isinstance(value, dict):
        return {key: _dates_as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_dates_as_text(inner) for inner in value]
    return value.isoformat() if isinstance(value, dt.date | dt.time) else value


def _refuse_unknown(table: dict[str, Any], kind: type[msgspec.Struct], *, prefix: str, where: str) -> None:
    known = kind.__struct_encode_fields__
    for key, value in table.items():
        if key not in known:
            import difflib

            nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.0)
            raise UsageError(
                f"{where}: unknown key '{prefix}{key}'",
                hint=f"The nearest known key is '{prefix}{nearest[0]}'." if nearest else "",
                kind=ErrorClass.CONFIGURATION,
            )
        if isinstance(value, dict | list):
            _descend(value, _types_of(kind)[key], prefix=f"{prefix}{key}", where=where)


@cache
def _types_of(kind: type[msgspec.Struct]) -> Mapping[str, Any]:
    """Return the type of each key of a table; to find out compiles the annotations, so it is done once."""
    return {field.encode_name: field.type for field in msgspec.structs.fields(kind)}


def _descend(value: dict[str, Any] | list[Any], kind: Any, *, prefix: str, where: str) -> None:
    if isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        _refuse_unknown(value, kind, prefix=f"{prefix}.", where=where)
    if isinstance(value, list):
        item = next((k for k in get_args(kind) if isinstance(k, type) and issubclass(k, msgspec.Struct)), None)
        for position, element in enumerate(value):
            if item is not None and isinstance(element, dict):
                _refuse_unknown(element, item, prefix=f"{prefix}[{position}].", where=where)
