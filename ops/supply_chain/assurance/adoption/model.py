"""The survey of a project, and the plan of files to write into it."""

from __future__ import annotations

from datetime import date

import msgspec

from ops.supply_chain.contracts.config.locks import ExcludedPath
from ops.supply_chain.contracts.config.updates import UpdateTool
from ops.supply_chain.contracts.values.lock import InstallScope, LockKind
from ops.supply_chain.formats.tag_forms import TagForm

DEFAULT_FORM = TagForm("v")
"""The form of tags of a project that has none."""


class FoundLock(msgspec.Struct, frozen=True, kw_only=True):
    """One lock: path, kind, number of pinned packages, and number of lines without a hash or an exact version."""

    path: str
    kind: LockKind
    pins: int
    loose: int


class ProposedScope(msgspec.Struct, frozen=True, kw_only=True):
    """A proposed entry of `[[locks.scopes]]`: the lock, groups of it (empty: all), the scope, and why.

    `weakens` is True where the entry makes the release gate weaker than its default, which only a person may decide.
    """

    path: str
    scope: InstallScope
    reason: str
    groups: tuple[str, ...] = ()
    weakens: bool = False


class IgnoredAdvisory(msgspec.Struct, frozen=True, kw_only=True):
    """One advisory that another tool ignores.

    `id` is as written, `source` is `FILE:LINE`, or `FILE` where the line is not known. `reason`, `until` (an ISO date)
    and `package` come from the list, and are empty where it does not give them.
    """

    id: str
    source: str
    reason: str = ""
    until: str = ""
    package: str = ""


class ImportedIgnores(msgspec.Struct, frozen=True, kw_only=True):
    """Ignore lists of other tools: entries in the order found, and notes on what could not be imported."""

    entries: tuple[IgnoredAdvisory, ...] = ()
    notes: tuple[str, ...] = ()


class PipelineSource(msgspec.Struct, frozen=True, kw_only=True):
    """The source of sealwright for adopted workflows: `OWNER/REPO` and a full commit hash.

    Either is empty where this checkout does not determine it; the workflow then uses a repository variable. With a
    `version` the workflows check out the project alone, and install that version of sealwright from a lock in it; unless
    it is not `listed`: it was installed from a file or an address, so no index is known to have it.
    """

    repository: str = ""
    commit: str = ""
    version: str = ""
    listed: bool = True

    @property
    def locked(self) -> bool:
        """Whether a lock of the project can name it."""
        return bool(self.version) and self.listed


class OwnersFile(msgspec.Struct, frozen=True, kw_only=True):
    """The project's CODEOWNERS: its path and its text, both empty where there is none.

    `problem` is why it must not be changed: it is no plain file, too large, or not UTF-8. `text` is empty then.
    """

    path: str = ""
    text: str = ""
    problem: str = ""


class ProjectSurvey(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a project.

    `name` is a valid component name. `repository` is `OWNER/REPO` on GitHub or empty, `host` that of the remote or
    empty; addresses are not kept. `prefix` is the folder inside its git repository, `under_git` is set where there
    is one. `existing` are the paths in use among those that adoption could write and their alternatives, links and
    folders included. `locks_problem` is why some or all locks could not be read, `broken` the problem with
    `pyproject.toml`. `sources` are files that a lock can be compiled from. `layout` is `src`, `flat` or `none`.
    `python` is the declared version, `python_source` the file that declares it. `gitignore` is the file's content,
    None where there is none or it must not be changed; `gitignore_problem` is then the reason. `ignored_outputs` are files of the pipeline that git ignores, None outside git. `released_as` is the
    version, empty where there is none. `tags` are the forms of the project's tags, that of the newest first; empty where
    no tag names a version. `excludable` are folders with locks or declarations that are no part of the project, `scopes` the
    proposals which locks and groups are the product. `needs_tag` is True where no file states the version, so that each release
    needs a tag. `signer_lines` are the first and the last line of the signer that the configuration has as a comment, 0 where it has none.
    `updates` is the configured tool, `policy_folders` are the configured folders of rules, `owners` is the file CODEOWNERS.
    `today` is the day of the run. `taken_tag` is the tag of the version that pyproject.toml states, empty where there is none.
    `tool_locks` are the locks that the project's tool would write and that are not there: it alone reads how they are declared.
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
    ignored_outputs: frozenset[str] | None = None
    dist_is_tracked: bool = False
    ignored: ImportedIgnores = ImportedIgnores()
    known_ids: frozenset[str] = frozenset()
    signers: int = 0
    channel: str = ""
    released_as: str = ""
    tags: tuple[TagForm, ...] = ()
    excludable: tuple[ExcludedPath, ...] = ()
    scopes: tuple[ProposedScope, ...] = ()
    needs_tag: bool = False
    signer_lines: tuple[int, int] = (0, 0)
    updates: UpdateTool = UpdateTool.AUTO
    policy_folders: tuple[str, ...] = ()
    owners: OwnersFile = OwnersFile()
    today: date = date.min
    taken_tag: str = ""
    tool_locks: tuple[LockKind, ...] = ()

    @property
    def tag_forms(self) -> tuple[TagForm, ...]:
        """The forms of tags that start a release; `v` where the project has no tag yet."""
        return self.tags or (DEFAULT_FORM,)


class AdoptOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Options of an adoption.

    `template`: the template of SECURITY.md. `workflows`: also without a remote on GitHub. `updates`: the update tool,
    None for the configured one. `owners`: who owns what decides about a release; empty for those that CODEOWNERS names. `semgrep`: the analysis by
    Semgrep, and a release that needs it.
    """

    template: bool = False
    workflows: bool = False
    updates: UpdateTool | None = None
    owners: tuple[str, ...] = ()
    semgrep: bool = False


class PlannedFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file to write: path, present content (None: no file), new content, and purpose."""

    path: str
    old: bytes | None
    new: bytes
    why: str


class AdoptionPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Files to write, sorted by path, and for each unchanged file the reason."""

    files: tuple[PlannedFile, ...] = ()
    kept: tuple[str, ...] = ()
