"""What was found in a project, and what would be written into it."""

from __future__ import annotations

import msgspec

from ops.supply_chain.contracts.values.lock import LockKind


class FoundLock(msgspec.Struct, frozen=True, kw_only=True):
    """A lock: its path, its kind, how many packages it pins and how many of its lines have no hash or no version."""

    path: str
    kind: LockKind
    pins: int
    loose: int


class IgnoredAdvisory(msgspec.Struct, frozen=True, kw_only=True):
    """One advisory that another tool is told to ignore.

    `id` is as written, `source` the file and line, `FILE:LINE`, line 0 where the file does not tell. `reason` is
    what the list says, `until` an ISO date; `package` a name; each empty where the list does not know.
    """

    id: str
    source: str
    reason: str = ""
    until: str = ""
    package: str = ""


class ImportedIgnores(msgspec.Struct, frozen=True, kw_only=True):
    """What the ignore lists of other tools hold: entries in the order found, and what could not be read of them."""

    entries: tuple[IgnoredAdvisory, ...] = ()
    notes: tuple[str, ...] = ()


class PipelineSource(msgspec.Struct, frozen=True, kw_only=True):
    """Where the adopted workflows take sealwright from: `OWNER/REPO` and a full commit hash.

    Either is empty where this checkout does not tell; the workflow then asks a repository variable.
    """

    repository: str = ""
    commit: str = ""


class ProjectSurvey(msgspec.Struct, frozen=True, kw_only=True):
    """A project as it was found.

    `name` can be a component name as it is. `repository` is `OWNER/REPO` on GitHub or empty, `host` that of the
    remote or empty; addresses are not kept. `prefix` is the folder inside its git repository, `under_git` whether
    there is one. `existing` are those of the files that adoption could write, or that take their place, that are there
    in any form, links and folders included. `locks_problem` is why the locks could not be read, `broken` what is wrong with `pyproject.toml`. `sources` are
    files that a lock can be compiled from. `layout` is `src`, `flat` or `none`. `python` is the version that the
    project says it wants, and `python_source` where it says so. `gitignore` is the file's content, None where
    there is none or it must not be touched, which `gitignore_problem` then says. `released_as` is the version that
    was found, empty where there is none.
    """

    name: str
    under_git: bool = False
    repository: str = ""
    host: str = ""
    prefix: str = ""
    existing: frozenset[str] = frozenset()
    locks: tuple[FoundLock, ...] = ()
    locks_problem: str = ""
    broken: str = ""
    sources: tuple[str, ...] = ()
    layout: str = "none"
    build_backend: str = ""
    python: str = ""
    python_source: str = ""
    ci: tuple[str, ...] = ()
    gitignore: bytes | None = None
    gitignore_problem: str = ""
    dist_is_tracked: bool = False
    ignored: ImportedIgnores = ImportedIgnores()
    known_ids: frozenset[str] = frozenset()
    signers: int = 0
    channel: str = ""
    released_as: str = ""


class AdoptOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for: the document's template, workflows without a GitHub remote."""

    template: bool = False
    workflows: bool = False


class PlannedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file to write: its path, what is there now (None: nothing), what is to be there, and what it is for."""

    path: str
    old: bytes | None
    new: bytes
    why: str


class AdoptionPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Files to write, sorted by path, and for each file that stays as it is a sentence why."""

    files: tuple[PlannedFile, ...] = ()
    kept: tuple[str, ...] = ()
