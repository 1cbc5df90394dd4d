"""Inputs of a verification from command line, environment and configuration: release, signers, trusted root."""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ops.supply_chain.adapters.files.release_archive import is_archive, unpack
from ops.supply_chain.adapters.files.release_files import read_evidence, read_release
from ops.supply_chain.contracts.files.verification import Expectations, Further
from ops.supply_chain.core import plain_json, plain_toml
from ops.supply_chain.core.addresses import URI_BASE
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import ErrorClass, InputError, UsageError
from ops.supply_chain.formats import json_reader
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.gather.trust.verification.check import BundleChecker, further_in
from ops.supply_chain.trust.verification.chain import previous_of
from ops.supply_chain.trust.verification.file_kinds import PROVENANCE_NAMES, classify
from ops.supply_chain.trust.verification.verify import REHEARSAL_HOSTS

if TYPE_CHECKING:
    from ops.supply_chain.contracts.config.signing import SigningIdentity

TRUST_CONFIG_VARIABLE = "SEALWRIGHT_TRUST_CONFIG"
MISSING = "not checked: sigstore and msgspec are not installed"
INSTALL = "python -m pip install sigstore msgspec"
DOWNLOAD_NEEDS = ("httpx", "h2", "msgspec")
STORE_FOLDER = "supply-chain"
_PLAIN_VERSION = re.compile(r"(?!.*\.\.)[A-Za-z0-9](?:[A-Za-z0-9._+-]*[A-Za-z0-9])?")


@dataclass(frozen=True, kw_only=True)
class Root:
    """A trusted root: its bytes, its origin, and whether it differs from the root of the public instance."""

    data: bytes
    origin: str
    private: bool


@dataclass(frozen=True, kw_only=True)
class Trust:
    """The checker, the authorized signers, and the trusted root; `root` is None if nothing can be verified.

    `keys` are the SHA-256 of the authorized public keys, in the given order.
    """

    checker: BundleChecker
    identities: tuple[SigningIdentity, ...] = ()
    keys: tuple[str, ...] = ()
    root: Root | None = None


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that select a release and the expectations of it."""
    what = parser.add_argument_group("what to verify")
    what.add_argument(
        "release", nargs="?", type=Path, help="folder or archive (.tar.gz, .zip) with one complete release"
    )
    what.add_argument("--github", nargs=2, metavar=("OWNER/REPO", "TAG"), help="download that release and verify it")
    what.add_argument(
        "--attestations",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="further evidence: GitHub, PEP 740",
    )
    what.add_argument("--previous", type=Path, metavar="FOLDER", help="the previous release, to check the chain")
    who = parser.add_argument_group("whom to trust")
    who.add_argument("--identities", type=Path, metavar="FILE", help="TOML with [[signing.identities]], as published")
    who.add_argument("--identity", default="", help="the only authorized certificate identity; with --issuer")
    who.add_argument("--issuer", default="", help="its OIDC issuer")
    who.add_argument("--repository", default="", metavar="URL", help="only if its run was for this source repository")
    who.add_argument("--ref", default="", help="only if its run was for this git ref, such as refs/tags/v1.0")
    who.add_argument("--event", default="", help="only if this event started its run, such as push")
    who.add_argument("--runner", default="", help="only if it ran on this kind of runner, such as github-hosted")
    who.add_argument(
        "--for",
        dest="signs",
        action="append",
        default=[],
        metavar="KIND",
        help="it may sign this kind alone: files, attestations, or a single kind; may be repeated",
    )
    who.add_argument(
        "--key",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="authorized public key (PEM) of a key pair or KMS; may be repeated. Without --identity and "
        "--identities only the given keys are authorized",
    )
    who.add_argument("--trusted-root", type=Path, metavar="FILE", help="trusted root (default: the public instance's)")
    who.add_argument("--allow-unsigned", action="store_true", help="accept a release that is not signed at all")
    who.add_argument("--rehearsal", action="store_true", help="accept a rehearsal, which is not a release")
    source = parser.add_argument_group("what to expect of it")
    source.add_argument("--source-repository", default="", metavar="URL", help="expected source repository")
    source.add_argument("--source-commit", default="", metavar="HASH", help="expected source commit")
    source.add_argument("--tag", default="", help="expected tag")
    written = parser.add_argument_group("what to write")
    written.add_argument("--markdown", type=Path, metavar="FILE", help="write the report as Markdown")
    written.add_argument("--vsa", type=Path, metavar="FILE", help="write a SLSA verification summary, ready to sign")


@contextmanager
def release_folder(args: argparse.Namespace, *, default: Path | None, cache: Path | None) -> Iterator[Path]:
    """Yield the folder of the release, unpacked or downloaded if necessary.

    Args:
        args: The options of `add_options`.
        default: The folder if none is named.
        cache: Where downloads go, so that an interrupted one continues; None for a temporary folder.
    Raises:
        UsageError: No release is named, or two are.
        InputError: It cannot be unpacked or used.
        UnavailableError: It cannot be downloaded.
    """
    path: Path | None = args.release
    if path is not None and args.github:
        raise UsageError("both a folder and --github are given", hint="Give one of them.", kind=ErrorClass.COMMAND_LINE)
    with tempfile.TemporaryDirectory(prefix="sealwright-verify-") as temporary:
        if args.github:
            yield _downloaded(args, cache or Path(temporary))
        elif path is not None and is_archive(path) and not path.is_dir():
            unpack(path, Path(temporary))
            yield Path(temporary)
        elif path is not None or default is not None:
            yield path if path is not None else Path(str(default))
        else:
            raise UsageError(
                "no release is named",
                hint="Give its folder or archive, or --github OWNER/REPO TAG.",
                kind=ErrorClass.COMMAND_LINE,
            )


def _downloaded(args: argparse.Namespace, cache: Path) -> Path:
    missing = [name for name in DOWNLOAD_NEEDS if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"--github needs a package that is not installed: {', '.join(missing)}",
            hint="python -m pip install 'httpx[http2]' msgspec, or download the release yourself and give its folder.",
            kind=ErrorClass.COMMAND_LINE,
        )
    from ops.supply_chain.adapters.github.download import download_release

    repository, tag = args.github
    folder = cache / "releases" / sha256_bytes(f"{repository}\n{tag}".encode())[:32]
    download_release(repository, tag, folder, offline=args.offline, replace=True)
    return folder


def further(paths: Sequence[Path], checker: BundleChecker) -> tuple[Further, ...]:
    """Read files of further evidence and check every bundle in them, in the order of the files.

    Raises:
        InputError: One cannot be read.
    """
    read = [read_evidence(path) for path in paths]
    return tuple(bundle for file, data in read for bundle in further_in(file.name, data, checker))


def trust(
    args: argparse.Namespace, configured: Sequence[SigningIdentity] = (), *, trust_config: Path | None = None
) -> Trust:
    """Choose the authorized signers and the trusted root.

    Args:
        args: The options of `add_options`.
        configured: Identities in the project's configuration, used if the command line names none.
        trust_config: That of the project's configuration.
    Raises:
        UsageError: The identities are invalid, or a key cannot be read.
        InputError: A file cannot be read, or the trusted root is invalid.
    """
    try:
        import msgspec  # noqa: F401 - without it nothing below can be imported

        from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
        from ops.supply_chain.adapters.sigstore.key_verifier import KeyVerifier
        from ops.supply_chain.adapters.sigstore.public_keys import key_in
    except ImportError:
        return Trust(checker=BundleChecker(None, (), excuse=MISSING))
    # A given key replaces the configured identities: naming one signer excludes all others.
    identities = chosen_identities(args, () if args.key else configured)
    keys = tuple({key.sha256: key for key in map(key_in, args.key)}.values())
    root = chosen_root(args, trust_config)
    verifier = BundleVerifier(root.data, where=root.origin)
    by_key = KeyVerifier(root.data, keys) if keys else None
    return Trust(
        checker=BundleChecker(verifier, identities, keys=by_key),
        identities=identities,
        keys=tuple(key.sha256 for key in keys),
        root=root,
    )


def chosen_identities(args: argparse.Namespace, configured: Sequence[SigningIdentity]) -> tuple[SigningIdentity, ...]:
    """Return the authorized identities: from the command line, else the file, else the configuration.

    Raises:
        UsageError: They are invalid, or two sources are named.
        InputError: The file cannot be read.
    """
    from ops.supply_chain.contracts.config.signing import SigningIdentity
    from ops.supply_chain.trust.identities.check import checked

    if bool(args.identity) != bool(args.issuer):
        raise UsageError("--identity and --issuer belong together", hint="Give both.", kind=ErrorClass.COMMAND_LINE)
    if args.identity and args.identities:
        raise UsageError(
            "both --identity and --identities are given", hint="Give one of them.", kind=ErrorClass.COMMAND_LINE
        )
    conditions = {key: getattr(args, key) for key in ("repository", "ref", "event", "runner")}
    signs = tuple(args.signs)
    if not args.identity and (signs or any(conditions.values())):
        raise UsageError(
            "--repository, --ref, --event, --runner and --for are conditions on --identity",
            hint="Give --identity and --issuer, or write the conditions into the file of --identities.",
            kind=ErrorClass.COMMAND_LINE,
        )
    if args.identity:
        named = SigningIdentity(identity=args.identity, issuer=args.issuer, signs=signs, **conditions)
        return checked([named], where="command line")
    if args.identities:
        return checked(_identities_in(args.identities), where=str(args.identities))
    return checked(configured)


def _identities_in(path: Path) -> tuple[SigningIdentity, ...]:
    import msgspec

    from ops.supply_chain.contracts.config.signing import SigningIdentity

    try:
        table: Any = plain_toml.load(path.read_text(encoding="utf-8"))
        found = msgspec.convert(_days_as_text(table["signing"]["identities"]), tuple[SigningIdentity, ...], strict=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (ValueError, LookupError, TypeError) as error:
        raise UsageError(
            f"{path}: has no readable [[signing.identities]]: {error}",
            hint="See docs/configuration.md for its keys.",
            kind=ErrorClass.COMMAND_LINE,
        ) from error
    if not found:
        raise UsageError(
            f"{path}: lists no identity", hint="See docs/configuration.md for its keys.", kind=ErrorClass.COMMAND_LINE
        )
    return found


def _days_as_text(rows: Any) -> Any:
    return [{key: value if isinstance(value, str | list) else str(value) for key, value in row.items()} for row in rows]


def chosen_root(args: argparse.Namespace, configured: Path | None) -> Root:
    """Return the trusted root: the given one, that of a trust config, else the public instance's.

    Raises:
        InputError: It cannot be read.
        UnavailableError: The installed sigstore package carries none.
    """
    if args.trusted_root:
        return Root(data=_bytes_of(args.trusted_root), origin="--trusted-root", private=True)
    variable = os.environ.get(TRUST_CONFIG_VARIABLE, "")
    for path, origin in (
        (Path(variable) if variable else None, TRUST_CONFIG_VARIABLE),
        (configured, "[signing].trust_config"),
    ):
        if path is not None:
            return Root(data=_root_in(path), origin=origin, private=True)
    from ops.supply_chain.adapters.sigstore.trusted_root import embedded_root

    found = embedded_root()
    return Root(data=_bytes_of(found.path), origin=found.origin, private=False)


def _root_in(path: Path) -> bytes:
    try:
        return plain_json.dump(json_reader.read(_bytes_of(path))["trustedRoot"].table())
    except (UnexpectedShapeError, ValueError) as error:
        raise InputError(f"{path}: is not a trust config: {error}") from error


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error


def expectations(
    args: argparse.Namespace,
    trusted: Trust,
    folder: Path,
    *,
    uri_base: str = "",
    artifacts: Path | None = None,
    rehearsal: bool = False,
) -> Expectations:
    """Assemble the expectations that the release is compared with.

    Args:
        args: The options of `add_options`.
        trusted: The authorized signers and the root.
        folder: The release.
        uri_base: The prefix of the project's own identifiers; empty for ours alone.
        artifacts: The folder of retained releases, to find the previous one; None if there is none.
        rehearsal: Whether this process is a stage of a rehearsal.
    Raises:
        InputError: The previous release cannot be read.
    """
    root = trusted.root
    previous = _previous_sha256(args.previous) if args.previous else _retained_previous(folder, artifacts)
    return Expectations(
        bases=tuple(dict.fromkeys(filter(None, (URI_BASE, uri_base)))),
        source_repository=args.source_repository,
        source_commit=args.source_commit,
        tag=args.tag or (args.github[1] if args.github else ""),
        allow_unsigned=args.allow_unsigned,
        rehearsal=args.rehearsal or rehearsal,
        root=root.origin if root else "",
        root_sha256=sha256_bytes(root.data) if root else "",
        private_root=bool(root and root.private),
        keys=trusted.keys,
        rehearsal_root=bool(root and REHEARSAL_HOSTS in root.data),
        previous_given=bool(previous),
        previous_sha256=previous,
    )


def _previous_sha256(folder: Path) -> str:
    files, _ = read_release(folder, PROVENANCE_NAMES)
    name = classify(files).provenance
    if name not in files or not files[name].sha256:
        raise InputError(f"{folder}: contains no provenance", hint="Give the folder of the previous release.")
    return files[name].sha256


def _retained_previous(folder: Path, artifacts: Path | None) -> str:
    """Return the digest of the retained previous release's provenance; empty if it is not retained here."""
    if artifacts is None or not artifacts.is_dir():
        return ""
    files, contents = read_release(folder, PROVENANCE_NAMES)
    data = contents.get(classify(files).provenance, b"")
    try:
        statement = json_reader.read(data)
        version, _ = previous_of(statement)
        component = statement["predicate"]["buildDefinition"]["externalParameters"]["component"].text()
    except UnexpectedShapeError:
        return ""
    # Both come from the release and become parts of a path.
    if not (_PLAIN_VERSION.fullmatch(version) and _PLAIN_VERSION.fullmatch(component)):
        return ""
    retained = artifacts / STORE_FOLDER / component / version
    return _previous_sha256(retained) if retained.is_dir() else ""
