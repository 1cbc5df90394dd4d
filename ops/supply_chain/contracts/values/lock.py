"""What every lock reader yields: the same typed pins, whatever tool wrote the lock.

A `Pin` is what a lock entry says of a package and nothing of where it stands, so that the same pin in
two thousand locks is one object; an `Entry` is a pin at a line of one lock, with what that lock says
of its place in the graph; a `Lock` is the file.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ops.supply_chain.contracts.values.finding import Finding


class LockKind(StrEnum):
    """Which tool's format."""

    REQUIREMENTS = "requirements.txt"
    UV = "uv.lock"
    PYLOCK = "pylock.toml"
    POETRY = "poetry.lock"
    PDM = "pdm.lock"
    PIPFILE = "Pipfile.lock"


class SourceKind(StrEnum):
    """Where the bytes of a package come from."""

    INDEX = "index"
    URL = "url"
    VCS = "vcs"
    PATH = "path"


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """The place a pin is fetched from.

    `url` never holds credentials. For `INDEX` it is the simple API address where the lock names one,
    else empty, which means the default index. For `VCS` it is the repository without the `git+`
    prefix, `vcs` the system (`git`, `hg`, ...) and `commit` the revision that the lock fixes, empty
    if it fixes none. For `PATH` it is the path as the lock writes it, `editable` as it says.
    """

    kind: SourceKind
    url: str = ""
    vcs: str = ""
    commit: str = ""
    subdirectory: str = ""
    editable: bool = False


DEFAULT_INDEX = Source(kind=SourceKind.INDEX)


class PinFile(msgspec.Struct, frozen=True, kw_only=True):
    """One distribution file of a pin, where the lock tells files apart.

    `hashes` are `<algorithm>:<lower-case hex>`, sorted, algorithm as in hashlib (`sha256`). `name` is
    the file name or empty, `url` without credentials or empty, `size` in bytes or None.
    """

    hashes: tuple[str, ...]
    name: str = ""
    url: str = ""
    size: int | None = None


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    """What a lock says of one package.

    `name` is the PEP 503 form, `written_name` as the lock spells it. `version` is the exact version as
    written, empty where the lock has none (a finding then says so). `hashes` is every hash of every
    file, `<algorithm>:<lower-case hex>`, sorted, without duplicates. `files` is empty where the lock
    does not tell which hash is of which file. `marker` is the environment marker, normalised by
    `packaging`, or empty. `extras` are the requested extras, sorted. `local` marks the project's own
    packages (workspace members, editable and virtual sources): they have no index file.
    """

    name: str
    written_name: str
    version: str
    hashes: tuple[str, ...]
    source: Source = DEFAULT_INDEX
    marker: str = ""
    extras: tuple[str, ...] = ()
    files: tuple[PinFile, ...] = ()
    local: bool = False


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A pin at its place in one lock.

    `line` counts from 1. `direct` is True, False, or None where the lock does not know.
    `depends_on` are the entries this one needs, as (name, version) pairs that are in the same lock,
    sorted; None where the lock does not say. `required_by` likewise, the other way round, by name only.
    `groups` are dependency groups and extras of the project that pull this entry in, sorted.
    """

    pin: Pin
    line: int
    path: str
    direct: bool | None = None
    depends_on: tuple[tuple[str, str], ...] | None = None
    required_by: tuple[str, ...] | None = None
    groups: tuple[str, ...] = ()


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """One lock file, read.

    `path` is relative to the project, with `/`. `entries` keep the order of the file. `included` are
    further files that were read with it (`-r`, `-c`, the manifest), relative to the project, sorted,
    as (path, sha256, size). `source` is the file it is compiled from, relative to the project, empty
    where there is none. `compiled_at` is the moment in `# uv-compiled-at:`, empty where there is none.
    `findings` are what a reader must tell: no exact version, no hash, an unusable hash.
    """

    path: str
    kind: LockKind
    sha256: str
    size: int
    entries: tuple[Entry, ...]
    format_version: str = ""
    included: tuple[tuple[str, str, int], ...] = ()
    source: str = ""
    compiled_at: str = ""
    findings: tuple[Finding, ...] = ()
