"""The distributions in `dist/packages/` as SBOM documents."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from ops.supply_chain.adapters.files.folders import files_in
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.build_report import BuildReport
from ops.supply_chain.contracts.values.distribution import DistributionKind
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.formats.archives.distribution import UnreadableDistributionError, feed_files, kind_of
from ops.supply_chain.gather.release.embedding import wheel_tags
from ops.supply_chain.inventory.distributions.contents import Contents, ContentsReader
from ops.supply_chain.inventory.distributions.describe import ReleasedDistribution, describe_distribution
from ops.supply_chain.inventory.distributions.embedded import without_own
from ops.supply_chain.inventory.distributions.names import document_names
from ops.supply_chain.inventory.distributions.tools import build_tools
from ops.supply_chain.inventory.model.document import Document

FOLDER = "packages"
_BLOCK = 1 << 20
REPORT = "build/report.json"


class NamedDocument(NamedTuple):
    """A distribution: where it is, the name of its SBOM without project and ending, and the document."""

    ref: FileRef
    name: str
    document: Document


def released_distributions(dist: Path) -> tuple[str, ...]:
    """Return the names of the wheels and source distributions in `dist/packages/`, sorted."""
    folder = dist / FOLDER
    return tuple(name for name in files_in(folder) if kind_of(name)) if folder.is_dir() else ()


def described_distributions(dist: Path, locked: Document) -> Iterator[NamedDocument]:
    """Read each distribution and yield its document, in the order of their names.

    Args:
        dist: The folder of the release.
        locked: The document of all locks of the project.
    Raises:
        InputError: A distribution or the report of the build cannot be read.
    """
    found = [_measured(dist / FOLDER / name) for name in released_distributions(dist)]
    names = document_names([file for file, _ in found])
    report = canonical.read(dist / REPORT, BuildReport) if (dist / REPORT).is_file() else None
    for file, size in found:
        contents = without_own(file, _contents(dist / FOLDER / file.file_name, file), locked)
        document = describe_distribution(file, contents, locked)
        tools = build_tools(report, file.file_name, file.sha256) if report else ()
        yield NamedDocument(
            FileRef(path=f"dist:{FOLDER}/{file.file_name}", sha256=file.sha256, size=size),
            names[file.file_name],
            msgspec.structs.replace(document, tools=tools),
        )


def _measured(path: Path) -> tuple[ReleasedDistribution, int]:
    is_wheel = kind_of(path.name) is DistributionKind.WHEEL
    tags = wheel_tags(path.name) if is_wheel else ""
    try:
        with path.open("rb") as file:
            sha256, sha512 = hashlib.sha256(), hashlib.sha512()
            while block := file.read(_BLOCK):
                sha256.update(block)
                sha512.update(block)
            measured = ReleasedDistribution(path.name, is_wheel, tags, sha256.hexdigest(), sha512.hexdigest())
            return measured, file.tell()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error


def _contents(path: Path, measured: ReleasedDistribution) -> Contents:
    reader = ContentsReader()
    try:
        with path.open("rb") as file:
            feed_files(file, path.name, reader.take, reader.take_link)
            file.seek(0)
            if hashlib.file_digest(file, "sha256").hexdigest() != measured.sha256:
                raise InputError(f"{path}: was changed while it was read", hint="Run the release again.")
    except UnreadableDistributionError as error:
        raise InputError(
            f"dist/packages/{path.name}: {error}", hint="Build the distribution again, or remove the file."
        ) from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    return reader.contents()
