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
from typing import TYPE_CHECKING

from ops.supply_chain.adapters.files.release_archive import is_archive, unpack
from ops.supply_chain.adapters.files.release_files import read_evidence, read_release
from ops.supply_chain.contracts.files.verification import Expectations, Further
from ops.supply_chain.core import plain_json
from ops.supply_chain.core.addresses import URI_BASE
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import ErrorClass, InputError, StageError, UsageError
from ops.supply_chain.formats import json_reader
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.gather.trust.verification.check import BundleChecker, further_in
from ops.supply_chain.gather.trust.verification.signers import chosen_identities
from ops.supply_chain.trust.verification.chain import previous_of
from ops.supply_chain.trust.verification.file_kinds import PROVENANCE_NAMES, classify
from ops.supply_chain.trust.verification.verify import REHEARSAL_HOSTS

if TYPE_CHECKING:
    from ops.supply_chain.adapters.sigstore.key_verifier import KeyVerifier
    from ops.supply_chain.adapters.sigstore.public_keys import PublicKey
    from ops.supply_chain.contracts.config.signing import SigningIdentity

TRUST_CONFIG_VARIABLE = "SEALWRIGHT_TRUST_CONFIG"
MISSING = "not checked: sigstore and msgspec are not installed"
INSTALL = "python -m pip install sigstore msgspec"
WHO_MAY_SIGN = (
    "Name who may sign it, as its maker publishes it elsewhere: --identity with --issuer, --identities, or --key."
)
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
        from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
    except ImportError:
        return Trust(checker=BundleChecker(None, (), excuse=MISSING))
    chosen = _chosen(args, configured, trust_config)
    verifier = BundleVerifier(chosen.root.data, where=chosen.root.origin)
    return chosen.trust(BundleChecker(verifier, chosen.identities, keys=chosen.by_key))


@contextmanager
def trust_at_work(
    args: argparse.Namespace, configured: Sequence[SigningIdentity] = (), *, trust_config: Path | None = None
) -> Iterator[Trust]:
    """Yield what `trust` returns, with bundles verified in processes of their own where that is possible.

    They import sigstore and read the root meanwhile. A root that cannot be used is the first error nevertheless: it comes before
    one that ends the block.
    """
    if find_spec("msgspec") is not None:
        from ops.supply_chain.gather.trust.verification.verifying_workers import VerifyingWorkers, forking

        if forking():
            chosen = _chosen(args, configured, trust_config)
            with VerifyingWorkers(chosen.root.data, where=chosen.root.origin) as workers:
                checker = BundleChecker(workers, chosen.identities, keys=chosen.by_key, workers=workers)
                try:
                    yield chosen.trust(checker)
                except StageError:
                    checker.require()
                    raise
            return
    yield trust(args, configured, trust_config=trust_config)


@dataclass(frozen=True, kw_only=True)
class _Chosen:
    """Whom to trust, before there is a verifier."""

    identities: tuple[SigningIdentity, ...]
    keys: tuple[str, ...]
    root: Root
    by_key: KeyVerifier | None

    def trust(self, checker: BundleChecker) -> Trust:
        return Trust(checker=checker, identities=self.identities, keys=self.keys, root=self.root)


def _chosen(args: argparse.Namespace, configured: Sequence[SigningIdentity], trust_config: Path | None) -> _Chosen:
    # A given key replaces the configured identities: naming one signer excludes all others.
    identities = chosen_identities(args, () if args.key else configured)
    keys = _keys(args.key)
    root = chosen_root(args, trust_config)
    by_key = None
    if keys:
        from ops.supply_chain.adapters.sigstore.key_verifier import KeyVerifier

        by_key = KeyVerifier(root.data, keys)
    return _Chosen(identities=identities, keys=tuple(key.sha256 for key in keys), root=root, by_key=by_key)


def _keys(paths: Sequence[Path]) -> tuple[PublicKey, ...]:
    if not paths:
        return ()
    from ops.supply_chain.adapters.sigstore.public_keys import key_in

    return tuple({key.sha256: key for key in map(key_in, paths)}.values())


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
