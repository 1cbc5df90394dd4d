"""What a release was made from and what it left on the way, as resource descriptors.

Source: in-toto/attestation spec/v1/resource_descriptor.md; SLSA 1.2 `resolvedDependencies`, `byproducts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from ops.supply_chain.contracts.files.provenance import DigestSet, ProvenanceSource, ResourceDescriptor
from ops.supply_chain.contracts.files.record import FeedOrigin, FeedRef, Record, ToolRef
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import without_credentials

PROJECT_LABEL = "project:"
JSON_MEDIA_TYPE = "application/json"
NOT_ON_THE_INDEX = frozenset({"git", "python", "sealwright"})
"""Tools that a record may name and that are no distribution of the package index."""


def source_dependency(source: ProvenanceSource, *, dirty: bool, folder: str) -> ResourceDescriptor:
    """Describe the commit that was built.

    Args:
        source: Its address and hash.
        dirty: Whether the folder differed from it.
        folder: The project's folder inside the repository, empty for its top.
    """
    where: dict[str, str | bool] = {"folder": folder} if folder else {}
    return ResourceDescriptor(
        uri=source.uri, digest=source.digest, annotations={"role": "source", "dirty": dirty, **where}
    )


def project_files(records: Iterable[Record]) -> tuple[ResourceDescriptor, ...]:
    """Describe every file of the project that a stage read: the locks first of all.

    Returns:
        One a file, sorted by name, which is its path in the project.
    Raises:
        InputError: Two stages read the same file with different bytes.
    """
    digests: dict[str, tuple[str, str]] = {}
    for record in records:
        for ref in record.reads:
            if not ref.path.startswith(PROJECT_LABEL):
                continue
            known, stage = digests.setdefault(ref.path, (ref.sha256, record.stage))
            if known != ref.sha256:
                raise InputError(
                    f"{ref.path.removeprefix(PROJECT_LABEL)}: changed between {stage} and {record.stage}",
                    hint="Leave the project alone while a release is made, and run it again.",
                )
    return tuple(
        ResourceDescriptor(
            name=path.removeprefix(PROJECT_LABEL), digest=DigestSet(sha256=sha256), annotations={"role": "project-file"}
        )
        for path, (sha256, _) in sorted(digests.items())
    )


def tools(named: Iterable[ToolRef]) -> tuple[ResourceDescriptor, ...]:
    """Describe every tool that took part, by package URL; without repeats, sorted."""
    return tuple(_tool(tool) for tool in sorted(set(named), key=lambda tool: (tool.name, tool.version)))


def feeds(records: Iterable[Record]) -> tuple[ResourceDescriptor, ...]:
    """Describe every outside source of facts that has a digest, or that the project's configuration chose; sorted.

    A source that several stages used is described once, though each stage records its age at another time.
    """
    found = {
        msgspec.structs.replace(feed, age_seconds=None)
        for record in records
        for feed in record.feeds
        if feed.sha256 or feed.origin is FeedOrigin.CONFIGURED
    }
    return tuple(_feed(feed) for feed in sorted(found, key=lambda feed: (feed.name, feed.version, feed.sha256 or "")))


def previous_release(*, name: str, version: str, sha256: str) -> ResourceDescriptor:
    """Describe the provenance of the release before: so releases form a chain.

    Args:
        name: File name of that provenance.
        version: Its release's version.
        sha256: Its digest.
    """
    return ResourceDescriptor(
        name=name, digest=DigestSet(sha256=sha256), annotations={"role": "previous-release", "version": version}
    )


def byproducts(
    records: Sequence[tuple[Record, str]], verdict_sha256: str, policy_record: tuple[Record, str]
) -> tuple[ResourceDescriptor, ...]:
    """Describe each record and the verdict by the digest of its canonical bytes.

    Args:
        records: Each record in the gate file with that digest; any order.
        verdict_sha256: The verdict's.
        policy_record: The record of the stage that wrote the gate file, which cannot hold it.
    Returns:
        The records by stage, then the verdict, then that record.
    """
    described = [
        _byproduct(f"record/{record.stage}", sha256, role="record", outcome=record.outcome.value)
        for record, sha256 in sorted(records, key=lambda pair: pair[0].stage)
    ]
    last, sha256 = policy_record
    return (
        *described,
        _byproduct("verdict", verdict_sha256, role="verdict"),
        _byproduct(f"record/{last.stage}", sha256, role="policy-record", outcome=last.outcome.value),
    )


def package_url(kind: str, name: str, version: str) -> str:
    """Return the package URL of a release: `kind` is its type, `pypi` or `generic`."""
    # PEP 440 allows these beside what a package URL takes as it is.
    encoded = version.replace("%", "%25").replace("+", "%2B").replace("!", "%21").replace(" ", "%20")
    return f"pkg:{kind}/{name.lower().replace('_', '-')}@{encoded}"


def _byproduct(name: str, sha256: str, **annotations: str | bool) -> ResourceDescriptor:
    return ResourceDescriptor(
        name=name, digest=DigestSet(sha256=sha256), media_type=JSON_MEDIA_TYPE, annotations=annotations
    )


def _tool(tool: ToolRef) -> ResourceDescriptor:
    kind = "generic" if normalise(tool.name) in NOT_ON_THE_INDEX else "pypi"
    return ResourceDescriptor(
        name=tool.name,
        uri=package_url(kind, tool.name, tool.version),
        annotations={"role": "tool", "version": tool.version},
    )


def _feed(feed: FeedRef) -> ResourceDescriptor:
    annotations: dict[str, str | bool] = {"role": "feed", "version": feed.version}
    if feed.origin is not None:
        annotations["origin"] = feed.origin.value
    if feed.records is not None:
        annotations["records"] = str(feed.records)
    remote = "://" in feed.address
    if feed.address and not remote:
        annotations["path"] = feed.address
    return ResourceDescriptor(
        name=without_credentials(feed.name),
        uri=without_credentials(feed.address) if remote else "",
        digest=DigestSet(sha256=feed.sha256) if feed.sha256 else None,
        annotations=annotations,
    )
