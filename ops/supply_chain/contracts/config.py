"""`.security-config.toml`: every key a project may set, its type and its default.

The keys of existing OpenSecOps components (`component_name`, `converted`, `converted_in`,
`acknowledged_cves`) work unchanged; everything else is optional, with a default that is right for a
small project. An unknown key is an error that names the nearest known one.

Source: DESIGN section 4, "Config".
"""

from __future__ import annotations

import datetime as dt
import difflib
import tomllib
from enum import StrEnum
from typing import Annotated, Any, get_args

import msgspec

from ops.supply_chain.contracts.base import Contract
from ops.supply_chain.contracts.controls import ControlsConfig
from ops.supply_chain.contracts.dependencies import DependencyEntry
from ops.supply_chain.contracts.documents import (
    ComplianceConfig,
    DocumentsConfig,
    GovernanceConfig,
    Link,
    ReportingConfig,
    SecurityInsightsConfig,
    SecurityTxtConfig,
    SupportConfig,
)
from ops.supply_chain.contracts.gates import (
    FeedsConfig,
    GateConfig,
    PublicLogConfig,
    PublishersConfig,
    WaiverEntry,
    WaiverRules,
)
from ops.supply_chain.contracts.mirror import MirrorConfig
from ops.supply_chain.contracts.response import ResponseConfig
from ops.supply_chain.contracts.review import ReviewConfig
from ops.supply_chain.contracts.signing import SigningConfig
from ops.supply_chain.core.errors import UsageError

CONFIG_NAME = ".security-config.toml"
"""File name, at the top of the project."""

DEFAULT_COOL_DOWN_DAYS = 7
DEFAULT_RETENTION_DAYS = 365

Days = Annotated[int, msgspec.Meta(ge=0, le=36500)]


class SbomFormat(StrEnum):
    """A format and version that `generate_sbom.py` writes."""

    CYCLONEDX_1_6 = "cyclonedx-1.6"
    CYCLONEDX_1_7 = "cyclonedx-1.7"
    SPDX_2_3 = "spdx-2.3"
    SPDX_3_0_1 = "spdx-3.0.1"


class AcknowledgedCve(Contract, frozen=True, kw_only=True):
    """One entry of `acknowledged_cves`, as existing components write it; dates are TOML dates, ISO text or prose."""

    cve_id: str
    package: str
    date_acknowledged: str
    reason: str
    expected_resolution: str


class LocksConfig(Contract, frozen=True, kw_only=True):
    """`[locks]`: which files are locks, and how `compile_locks.py` makes them.

    `include` and `exclude` are globs relative to the project (`**` crosses folders); `exclude` adds to
    the folders that are never walked. `cool_down_days` is the least age of a release that a compile may
    pick. `python_version` and `universal` go to uv as they are; empty means the running Python. Where a
    package has no wheel, its dependencies are often known only to its build script: `allow_builds` lets
    that code run while locks are compiled and checked, which by default it never does.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    cool_down_days: Days = DEFAULT_COOL_DOWN_DAYS
    python_version: str = ""
    universal: bool = False
    allow_builds: bool = False


class IndexConfig(Contract, frozen=True, kw_only=True):
    """`[index]`: which package index; empty means the public default. Credentials never stand here:
    they come from netrc or the environment.
    """

    url: str = ""
    json_url: str = ""


class SbomConfig(Contract, frozen=True, kw_only=True):
    """`[sbom]`: formats of the aggregate and of the per-lock documents, and who publishes them.

    `author` is the entity that makes the SBOM (CISA 2026 "SBOM Author"), `producer` the one that makes
    the component; empty is written as unknown, never guessed. `licence` is the component's own SPDX
    expression where `pyproject.toml` does not tell.
    """

    formats: tuple[SbomFormat, ...] = (
        SbomFormat.CYCLONEDX_1_6,
        SbomFormat.SPDX_2_3,
        SbomFormat.SPDX_3_0_1,
    )
    lock_formats: tuple[SbomFormat, ...] = (SbomFormat.CYCLONEDX_1_6,)
    author: str = ""
    producer: str = ""
    licence: str = ""


class PolicyConfig(Contract, frozen=True, kw_only=True):
    """`[policy]`: profiles that `release` must pass, folders with the project's own rules (relative to
    the project), and the licence lists that replace those of `policy/data`.
    """

    profiles: tuple[str, ...] = ("base", "cisa-2026", "licences", "release")
    folders: tuple[str, ...] = ()
    licences_allow: tuple[str, ...] | None = None
    licences_deny: tuple[str, ...] | None = None
    licences_on_unknown: Annotated[str, msgspec.Meta(pattern=r"\A(report|not-examined|deny)\Z")] | None = None


class ProvenanceConfig(Contract, frozen=True, kw_only=True):
    """`[provenance]`: where the build type and builder pages are published; empty means our names."""

    uri_base: str = ""


class RetentionConfig(Contract, frozen=True, kw_only=True):
    """`[retention]`: for how long a release is kept, in days."""

    days: Days = DEFAULT_RETENTION_DAYS


class Config(Contract, frozen=True, kw_only=True):
    """The whole file."""

    component_name: str = ""
    converted: bool = False
    converted_in: str = ""
    acknowledged_cves: tuple[AcknowledgedCve, ...] = ()
    locks: LocksConfig = LocksConfig()
    index: IndexConfig = IndexConfig()
    sbom: SbomConfig = SbomConfig()
    policy: PolicyConfig = PolicyConfig()
    provenance: ProvenanceConfig = ProvenanceConfig()
    retention: RetentionConfig = RetentionConfig()
    waivers: tuple[WaiverEntry, ...] = ()
    waiver_rules: WaiverRules = WaiverRules()
    feeds: FeedsConfig = FeedsConfig()
    response: ResponseConfig = ResponseConfig()
    publishers: PublishersConfig = PublishersConfig()
    gate: GateConfig = GateConfig()
    public_log: PublicLogConfig = PublicLogConfig()
    signing: SigningConfig = SigningConfig()
    controls: ControlsConfig = ControlsConfig()
    documents: DocumentsConfig = DocumentsConfig()
    reporting: ReportingConfig = ReportingConfig()
    support: SupportConfig = SupportConfig()
    governance: GovernanceConfig = GovernanceConfig()
    compliance: ComplianceConfig = ComplianceConfig()
    security_insights: SecurityInsightsConfig = SecurityInsightsConfig()
    security_txt: SecurityTxtConfig = SecurityTxtConfig()
    more_links: tuple[Link, ...] = ()
    dependencies: tuple[DependencyEntry, ...] = ()
    review: ReviewConfig = ReviewConfig()
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
        plain = _dates_as_text(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{where}: not valid TOML: {error}") from error
    _refuse_unknown(plain, Config, prefix="", where=where)
    try:
        return msgspec.convert(plain, Config, strict=True)
    except msgspec.ValidationError as error:
        raise UsageError(f"{where}: {error}", hint="See docs/configuration.md for each key.") from error


def _dates_as_text(value: Any) -> Any:
    """TOML has dates of its own; people write both these and strings, so all become ISO text."""
    if isinstance(value, dict):
        return {key: _dates_as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_dates_as_text(inner) for inner in value]
    return value.isoformat() if isinstance(value, dt.date | dt.time) else value


def _refuse_unknown(table: dict[str, Any], kind: type[msgspec.Struct], *, prefix: str, where: str) -> None:
    known = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
    for key, value in table.items():
        if key not in known:
            nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.0)
            raise UsageError(
                f"{where}: unknown key '{prefix}{key}'",
                hint=f"The nearest known key is '{prefix}{nearest[0]}'." if nearest else "",
            )
        _descend(value, known[key], prefix=f"{prefix}{key}", where=where)


def _descend(value: object, kind: Any, *, prefix: str, where: str) -> None:
    if isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        _refuse_unknown(value, kind, prefix=f"{prefix}.", where=where)
    if isinstance(value, list):
        item = next((k for k in get_args(kind) if isinstance(k, type) and issubclass(k, msgspec.Struct)), None)
        for position, element in enumerate(value):
            if item is not None and isinstance(element, dict):
                _refuse_unknown(element, item, prefix=f"{prefix}[{position}].", where=where)
