"""The core metadata of a distribution: valid, with a description that renders and the licence files that it names.

Source: https://packaging.python.org/en/latest/specifications/core-metadata/ ;
https://packaging.python.org/en/latest/specifications/license-expression/ (where licence files lie)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.message import Message

from packaging.metadata import InvalidMetadata, Metadata, parse_email
from packaging.version import InvalidVersion, Version

from ops.supply_chain.contracts.values.distribution import Distribution, DistributionKind
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.formats.wheel import FileName
from ops.supply_chain.release.packages.hygiene.identity import stated_issues
from ops.supply_chain.release.packages.hygiene.issues import Issue

DescriptionCheck = Callable[[str, str], str | None]
"""Description and content type -> what keeps it from being rendered; empty if it renders, None where it was not checked."""

MOST_METADATA_BYTES = 2 << 20
_LICENCES_SINCE = Version("2.4")
"""Metadata version from which `License-File` is a field, and its files lie in `.dist-info/licenses/`."""

_EARLY = ("license-file", "license-expression", "license-files")
"""Fields that setuptools wrote before their metadata version did."""


def metadata_issues(
    distribution: Distribution, where: str, name: FileName, check_description: DescriptionCheck
) -> Iterator[Issue]:
    """Yield what is wrong with METADATA or PKG-INFO.

    Args:
        distribution: Whose metadata.
        where: The member: METADATA of a wheel, PKG-INFO of a source distribution.
        name: The file name.
        check_description: Renders the description.
    """
    data = distribution.texts.get(where)
    if data is None:
        yield Issue("distribution.missing-file", where, "is missing")
        return
    if len(data) > MOST_METADATA_BYTES:
        yield Issue("distribution.metadata", where, f"has more than {MOST_METADATA_BYTES} bytes", Severity.HIGH)
        return
    raw, unparsed = parse_email(data)
    yield from stated_issues(where, name, raw.get("name", ""), raw.get("version", ""))
    yield from _invalid(data, where)
    yield from _description_issues(
        where, raw.get("description", ""), raw.get("description_content_type", ""), check_description
    )
    if "description" in unparsed:
        yield Issue("distribution.description", where, "is there twice, or is not UTF-8")
    yield from _licence_issues(distribution, where, raw.get("license_files", []), raw.get("metadata_version", ""))


def _invalid(data: bytes, where: str) -> Iterator[Issue]:
    try:
        Metadata.from_email(data)
    except RecursionError:
        yield Issue("distribution.metadata", where, "is nested too deeply to be read", Severity.HIGH)
    except (ExceptionGroup, InvalidMetadata) as error:
        problems = error.exceptions if isinstance(error, ExceptionGroup) else [error]
        for problem in problems:
            field = getattr(problem, "field", "")
            severity = Severity.INFO if field in _EARLY and "introduced in" in str(problem) else None
            yield Issue("distribution.metadata", where, str(problem), severity)


def _description_issues(where: str, text: str, content_type: str, check: DescriptionCheck) -> Iterator[Issue]:
    if not text.strip():
        yield Issue("distribution.description", where, "has no description", Severity.INFO)
        return
    header = Message()
    header["content-type"] = content_type or "text/x-rst"
    problem = check(text, header.get_content_type())
    if problem:
        yield Issue("distribution.description", where, f"its description does not render: {problem}")
    if problem is None:
        text = f"its description of type {header.get_content_type()} was not rendered: readme-renderer is not installed"
        yield Issue("distribution.description-not-rendered", where, text)


def _licence_issues(distribution: Distribution, where: str, names: list[str], metadata_version: str) -> Iterator[Issue]:
    folder = where.rpartition("/")[0]
    files = {member.path for member in distribution.files}
    links = {member.path for member in distribution.members if member.link}
    new = _is_new(metadata_version)
    for name in names:
        places = [f"{folder}/licenses/{name}"] if distribution.kind is DistributionKind.WHEEL else [f"{folder}/{name}"]
        if not new and distribution.kind is DistributionKind.WHEEL:
            places += [f"{folder}/{name}", f"{folder}/{name.rpartition('/')[2]}"]
        if not any(place in files or place in links for place in places):
            yield Issue(
                "distribution.licence-file", places[0], "is missing, and the metadata name it as a licence file"
            )
    if not names:
        yield Issue("distribution.licence-file", where, "names no licence file", Severity.INFO)


def _is_new(metadata_version: str) -> bool:
    try:
        return Version(metadata_version) >= _LICENCES_SINCE
    except InvalidVersion:
        return True
