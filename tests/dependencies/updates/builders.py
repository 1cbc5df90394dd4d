"""Releases and dependencies, made up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from packaging.version import Version

from ops.supply_chain.contracts.values.package_index import PageAddress
from ops.supply_chain.dependencies.updates.dependencies import Dependency
from ops.supply_chain.dependencies.updates.releases import Release

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def release(version: str, days: int | None = 100, *, yanked: bool = False, runs: bool = True) -> Release:
    """A release that was uploaded some days ago."""
    uploaded = None if days is None else NOW - timedelta(days=days)
    return Release(Version(version), uploaded, yanked, "bad" if yanked else "", runs)


def wanted(version: str = "1.0", span: str | None = "<2") -> Dependency:
    """demo, pinned."""
    return Dependency(PageAddress("", "demo"), version, span)
