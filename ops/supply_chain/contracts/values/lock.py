"""The result of every lock reader: the same typed pins, whatever tool wrote the lock.

A `Pin` is a package as a lock records it, without its place, so that the same pin in two thousand locks is one
object; a `LockEntry` is a pin at a line of one lock, with its place in the dependency graph; a `Lock` is the file.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ops.supply_chain.contracts.values.finding import Finding


class LockKind(StrEnum):
    """The format of a lock; `SBOM` is a received document that a gate examines in place of locks."""

    REQUIREMENTS = "requirements.txt"
    UV = "uv.lock"
    PYLOCK = "pylock.toml"
    POETRY = "poetry.lock"
    PDM = "pdm.lock"
    PIPFILE = "Pipfile.lock"
    SBOM = "SBOM"


class InstallScope(StrEnum):
    """Whether a package is part of the product, in the words of CycloneDX.

    `REQUIRED`: installed with the product. `OPTIONAL`: installed where someone asks for it. `EXCLUDED`: for development
    only, no part of the product.
    """

    REQUIRED = "required"
    OPTIONAL = "optional"
    EXCLUDED = "excluded"


class PinSourceKind(StrEnum):
    """Kind of place that the bytes of a package come from."""

    INDEX = "index"
    URL = "url"
    VCS = "vcs"
    PATH = "path"


class PinSource(msgspec.Struct, frozen=True, kw_only=True):
    """The place that a pin is fetched from.

    `url` never contains credentials. For `INDEX` it is the simple API address that the lock names, or empty for the
    default index. For `VCS` it is the repository without the `git+` prefix, `vcs` the system (`git`, `hg`, ...) and
    `commit` the full commit in the lock, or empty. For `PATH` it is the path as written in the lock.
    """

    kind: PinSourceKind
    url: str = ""
    vcs: str = ""
    commit: str = ""
    subdirectory: str = ""
    editable: bool = False


DEFAULT_INDEX = PinSource(kind=PinSourceKind.INDEX)


_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar", ".egg")


class PinFile(msgspec.Struct, frozen=True, kw_only=True):
    """One distribution file of a pin, if the lock lists files.

    `hashes` are `<algorithm>:<lower-case hex>`, sorted, algorithm as in hashlib (`sha256`). `name` is
    the file name or empty, `url` without credentials or empty, `size` in bytes or None.
    """

    hashes: tuple[str, ...]
    name: str = ""
    url: str = ""
    size: int | None = None


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    """One package as a lock records it.

    `name` is the PEP 503 form, `written_name` the spelling in the lock. `version` is the exact version as
    written, empty if the lock has none (then there is a finding). `hashes` is every hash of every
    file, `<algorithm>:<lower-case hex>`, sorted, without duplicates. `files` is empty if the lock
    does not assign hashes to files. `marker` is the environment marker, normalised by
    `packaging`, or empty. `extras` are the requested extras, sorted. `local` marks the project's own
    packages (workspace members, editable and virtual sources): they have no file on an index.
    """

    name: str
    written_name: str
    version: str
    hashes: tuple[str, ...]
    source: PinSource = DEFAULT_INDEX
    marker: str = ""
    extras: tuple[str, ...] = ()
    files: tuple[PinFile, ...] = ()
    local: bool = False

    @property
    def is_foreign_folder(self) -> bool:
        """Whether it is in a folder that is not the project's, so that nothing fixes its content."""
        is_path = self.source.kind is PinSourceKind.PATH and not self.local
        return is_path and not self.source.url.lower().endswith(_ARCHIVES)


class LockEntry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A pin at its place in one lock.

    `line` counts from 1. `direct` is True, False, or None if unknown.
    `depends_on` are the dependencies of this entry as (name, version) pairs in the same lock, sorted; None if unknown.
    `depends_on_sources` are those of `depends_on` that the lock has from several sources, if it states which one is meant.
    `required_by` are the names of the packages that depend on it, sorted; None if unknown.
    `groups` are the dependency groups and extras of the project that include this entry, sorted (`main`: plain
    dependencies); empty if unknown.
    """

    pin: Pin
    line: int
    path: str
    direct: bool | None = None
    depends_on: tuple[tuple[str, str], ...] | None = None
    depends_on_sources: tuple[tuple[str, str, PinSource], ...] = ()
    required_by: tuple[str, ...] | None = None
    groups: tuple[str, ...] = ()


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """One lock file, parsed.

    `path` is relative to the project, with `/`. `entries` keep the order of the file. `included` are
    further files that were read with it (`-r`, `-c`, the manifest), relative to the project, sorted,
    as (path, sha256, size). `source` is the file that it is compiled from, relative to the project, or empty.
    `compiled_at` is the timestamp in `# uv-compiled-at:`, or empty. `extras` are those of the entries' groups that are
    extras of the project, `default_groups` those that the tool installs without being asked, by the project's
    configuration; both sorted.
    `export` is the `uv export` command that wrote it, without the name of the file, or empty.
    `constraint_addresses` are constraints at HTTP addresses, which were not read: (path, line, address without account).
    `findings` are the reader's: no exact version, no hash, an unusable hash.
    """

    path: str
    kind: LockKind
    sha256: str
    size: int
    entries: tuple[LockEntry, ...]
    format_version: str = ""
    included: tuple[tuple[str, str, int], ...] = ()
    source: str = ""
    compiled_at: str = ""
    export: str = ""
    constraint_addresses: tuple[tuple[str, int, str], ...] = ()
    extras: tuple[str, ...] = ()
    default_groups: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
