"""Inputs of the verification of packages on an index: options, baseline, folder, release."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ops.supply_chain.adapters.files.release_files import read_release
from ops.supply_chain.contracts.files.package_verification import (
    SCHEMA,
    EvidenceState,
    PackageVerification,
    ServedPackage,
)
from ops.supply_chain.contracts.files.verification import Expectations
from ops.supply_chain.core.errors import ErrorClass, InputError, OutputError, UsageError
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.formats import json_reader
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError
from ops.supply_chain.gather.trust.verification.check import check_release
from ops.supply_chain.gather.trust.verification.index_evidence import ExpectedPublisher, Recorded
from ops.supply_chain.gather.trust.verification.inputs import DOWNLOAD_NEEDS, Trust
from ops.supply_chain.gather.trust.verification.locked import read_lock_file, verify_lock
from ops.supply_chain.gather.trust.verification.package import (
    PackageRequest,
    VerifiedRelease,
    parse_package,
    requirement_lines,
    verify_package,
)
from ops.supply_chain.trust.verification.commands import quoted
from ops.supply_chain.trust.verification.file_kinds import CYCLONEDX_SUFFIX

if TYPE_CHECKING:
    from ops.supply_chain.adapters.index.served import IndexSource
    from ops.supply_chain.contracts.config.index import IndexConfig

_OF_PACKAGE = ("file", "out", "no_attestations")
_OF_RELEASE = ("previous", "attestations", "source_repository", "source_commit", "tag", "allow_unsigned", "rehearsal")
"""Options about a release that would be ignored without one."""

_OF_INDEX = ("index", "integrity_api", "baseline", *_OF_PACKAGE)


def add_package_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verification of packages on an index."""
    group = parser.add_argument_group("packages on an index")
    group.add_argument(
        "--package",
        default="",
        metavar="NAME==VERSION",
        help="download this version from the index and verify it: its attestations (PEP 740), and the release, if one is named",
    )
    group.add_argument(
        "--lock", type=Path, metavar="FILE", help="verify the attestations of every package in this lock"
    )
    group.add_argument(
        "--index", default="", metavar="URL", help="simple API of the index (default: the configured one, PyPI)"
    )
    group.add_argument(
        "--integrity-api", default="", metavar="URL", help="its Integrity API, if it is at another address"
    )
    group.add_argument(
        "--file",
        action="append",
        default=[],
        metavar="FILENAME",
        help="with --package: this file alone; may be repeated",
    )
    group.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="with --package: new folder for the verified files, to install from it",
    )
    group.add_argument(
        "--baseline",
        type=Path,
        metavar="FILE",
        help="recorded publishers (requirements.provenance.json), or the JSON of an earlier run: what had attestations must "
        "have them (default with --lock: the one next to the lock)",
    )
    group.add_argument(
        "--no-attestations",
        action="store_true",
        help="with --package and a release: the index has no attestations, so the release alone has to prove the files",
    )


def is_of_index(args: argparse.Namespace) -> bool:
    """Return whether packages on an index are to be verified, rather than a release.

    Raises:
        UsageError: Options do not belong together, or a package is missing that it needs.
    """
    for problem, hint in _contradictions(args):
        raise UsageError(problem, hint=hint, kind=ErrorClass.COMMAND_LINE)
    if not (args.package or args.lock):
        return False
    missing = [name for name in DOWNLOAD_NEEDS if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"--package and --lock need a package that is not installed: {', '.join(missing)}",
            hint="python -m pip install sigstore msgspec 'httpx[http2]'",
            kind=ErrorClass.COMMAND_LINE,
        )
    return True


def _contradictions(args: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the options, and what to do."""
    if args.package and args.lock:
        yield "both --package and --lock are given", "Give one of them."
    if not args.package:
        needed = "--package" if args.lock else "--package or --lock"
        for name in _OF_PACKAGE if args.lock else _OF_INDEX:
            if getattr(args, name):
                wanted = "--package" if name in _OF_PACKAGE else needed
                yield f"--{name.replace('_', '-')} needs {wanted}", f"Add {wanted}."
    has_release = args.release is not None or bool(args.github)
    if args.lock and has_release:
        yield "--lock verifies packages on an index, and a release is named too", "Give one of them."
    if args.no_attestations and not has_release:
        yield "--no-attestations needs a release, else nothing is left to verify", "Name the release."
    if args.package or args.lock:
        yield from _misplaced(args, has_release=has_release)


def _misplaced(args: argparse.Namespace, *, has_release: bool) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with options about a release, where packages on an index are verified."""
    for name in () if has_release else _OF_RELEASE:
        if getattr(args, name):
            yield (
                f"--{name.replace('_', '-')} needs a release, and none is named",
                "Name the release, or omit the option.",
            )
    for name in ("vsa", "markdown"):
        if getattr(args, name):
            yield f"--{name} reports on a release alone", "Omit it, or use --format json."


def index_source(
    args: argparse.Namespace, config: IndexConfig, *, cache: Path, integrity_url: str = ""
) -> tuple[IndexSource, str]:
    """Return the index that is asked: that of --index, else the configured one, else that of uv's and pip's variables.

    Args:
        args: The options of `add_package_options`, and --offline.
        config: The project's `[index]`.
        cache: The cache folder.
        integrity_url: The configured Integrity API of the configured index.
    Returns:
        The index, and a note if the environment names it.
    Raises:
        UsageError: The environment names several, or no address.
    """
    from ops.supply_chain.adapters.index.address import environment_index
    from ops.supply_chain.adapters.index.served import IndexSource

    found = None if args.index else environment_index(config, os.environ)
    source = IndexSource(
        cache=cache,
        url=args.index or (found.url if found else config.url),
        # The configured one goes with the configured index.
        integrity_url=args.integrity_api or ("" if args.index or found else integrity_url),
        trusted=config.trusted,
        offline=args.offline,
    )
    return source, found.note if found else ""


def verify_served(
    args: argparse.Namespace, trusted: Trust, source: IndexSource, release: tuple[Path, Expectations] | None
) -> tuple[PackageVerification, str]:
    """Verify what an index serves.

    Args:
        args: The options of `add_options` and `add_package_options`.
        trusted: The authorized signers and the root.
        source: The index.
        release: The folder of the release and what is expected of it, if one is named.
    Returns:
        The result, and the command that installs the verified files, empty without --out.
    Raises:
        StageError: An input cannot be used, or the index does not answer.
    """
    from ops.supply_chain.adapters.index.served import ServedPackages

    served, identities = ServedPackages(source), bool(trusted.identities)
    baseline = read_baseline(_baseline_path(args))
    if args.lock:
        lock = read_lock_file(args.lock)
        result = verify_lock(lock, served, identities=identities, baseline=baseline, checker=trusted.checker)
        return result, ""
    name, version = parse_package(args.package)
    request = PackageRequest(
        name=name, version=version, filenames=tuple(dict.fromkeys(args.file)), attestations=not args.no_attestations
    )
    expected = ExpectedPublisher(identities=identities, recorded=baseline.get(name), exact=True)
    checked = _checked_release(trusted, *release, args.attestations) if release else None
    with _staging(args.out) as folder:
        result = verify_package(request, served, expected, trusted.checker, folder=folder, release=checked)
        return result, _keep(args.out, folder, result.packages[0]) if args.out else ""


def _checked_release(trusted: Trust, folder: Path, wanted: Expectations, attestations: list[Path]) -> VerifiedRelease:
    examined = check_release(folder, wanted, trusted.checker, attestations=attestations)
    _, sboms = read_release(folder, (CYCLONEDX_SUFFIX,))
    return VerifiedRelease(folder=folder, verification=examined.verification, sboms=sboms)


@contextmanager
def _staging(out: Path | None) -> Iterator[Path]:
    """Yield a new folder for files that nothing was concluded about yet; it is removed at the end.

    It is inside the folder of --out, so that a verified file moves in one step; its name is hidden, so that no installer
    looks into it.
    """
    try:
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            if next(out.iterdir(), None) is not None:
                raise UsageError(
                    f"--out {out}: is not empty, and would mix verified files with others",
                    hint="Give an empty or new folder.",
                    kind=ErrorClass.FOLDER,
                )
        temporary = tempfile.TemporaryDirectory(prefix=".sealwright-unverified-", dir=out)
    except OSError as error:
        raise OutputError(f"{out or 'temporary folder'}: cannot be used: {error.strerror or error}") from error
    with temporary as folder:
        yield Path(folder)


def _keep(out: Path, staging: Path, package: ServedPackage) -> str:
    """Move the files of a verified package to their folder, with a requirements file; nothing of any other package.

    Returns:
        The command that installs them; empty if the package is not verified.
    """
    if package.state is not EvidenceState.VERIFIED:
        return ""
    try:
        for file in package.files:
            (staging / file.filename).replace(out / file.filename)
    except OSError as error:
        raise OutputError(f"{out}: cannot be written: {error.strerror or error}") from error
    requirements = out / "requirements.txt"
    write_atomic(requirements, requirement_lines(package))
    where = f"--find-links {quoted(str(out))} --require-hashes -r {quoted(str(requirements))}"
    return f"python -m pip install --no-index --no-deps {where}"


def _baseline_path(args: argparse.Namespace) -> Path | None:
    if args.baseline or not args.lock:
        return args.baseline or None
    from ops.supply_chain.release.evidence import baseline_beside

    beside: Path = args.lock.parent / baseline_beside(args.lock.name)
    return beside if beside.is_file() else None


def read_baseline(path: Path | None) -> Mapping[str, Recorded]:
    """Read a publisher baseline, or the JSON result of an earlier run.

    Returns:
        PEP 503 name -> what is recorded of the package; empty without a file.
    Raises:
        InputError: It cannot be read, or is neither.
    """
    if path is None:
        return {}
    try:
        data = path.read_bytes()
        document = json_reader.read(data)
        if document.text_of("schema") == SCHEMA:
            return _earlier(document)
        if document.text_of("schema") == "stage-result/1":
            return _earlier(document["result"])
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnexpectedShapeError as error:
        raise InputError(f"{path}: is no baseline: {error}") from error
    return _recorded(data, str(path))


def _recorded(data: bytes, where: str) -> Mapping[str, Recorded]:
    import msgspec

    from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
    from ops.supply_chain.core import canonical
    from ops.supply_chain.core.names import normalise

    attested = canonical.decode(data, PublisherBaseline, where=where).attested
    if isinstance(attested, msgspec.UnsetType):
        return {}
    return {
        normalise(name): Recorded(publishers=package.publishers, every_file=package.every_file)
        for name, package in attested.items()
    }


def _earlier(document: Node) -> Mapping[str, Recorded]:
    if document["schema"].text() != SCHEMA:
        raise document["schema"].broken(f"expected {SCHEMA}")
    found = {}
    for package in document["packages"].rows():
        attested = [row["attested"].value is True for row in package["files"].rows()]
        if any(attested):
            found[package["name"].text()] = Recorded(publishers=(), every_file=all(attested))
    return found
