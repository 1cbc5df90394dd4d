"""The report of an adoption: findings, diff, unchanged files, and next steps."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from ops.supply_chain.assurance.adoption.bots import DEPENDABOT_PLACES
from ops.supply_chain.assurance.adoption.config_text import waivers_text
from ops.supply_chain.assurance.adoption.model import AdoptionPlan, IgnoredAdvisory, PlannedFile, ProjectSurvey
from ops.supply_chain.assurance.adoption.owners import unowned
from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.values.lock import LockKind
from ops.supply_chain.core.commands import command, in_folder, quoted
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.formats.lock_formats import lock_command, lock_format

MOST_LISTED = 20


def difference(plan: AdoptionPlan) -> list[str]:
    """Return a unified diff of all files to write, safe to print."""
    lines: list[str] = []
    for file in plan.files:
        lines += _difference(file)
    return [_safe(line) for line in lines]


def found_lines(survey: ProjectSurvey) -> list[str]:
    """Return the survey, one fact per line."""
    where = survey.repository and f"GitHub, {survey.repository}"
    where = where or (survey.host and f"a remote at {survey.host}") or "no remote"
    lines = [
        f"project   {survey.name}",
        f"git       {where if survey.under_git else 'not under git'}"
        + (f", in folder {survey.prefix}" if survey.prefix else ""),
        f"tags      {_tags(survey)}",
        f"layout    {survey.layout}" + (f", built by {survey.build_backend}" if survey.build_backend else ""),
        f"python    {survey.python} ({survey.python_source})" if survey.python else "python    no version declared",
        *_lock_lines(survey),
        f"CI        {_listed(survey.ci) or 'none'}",
        f"reports   {survey.channel or 'no private channel found'}",
    ]
    count = len(survey.ignored.entries)
    if count:
        lines.append(
            f"ignores   {count} {'entry' if count == 1 else 'entries'} in ignore lists of other tools; none is in force"
        )
    lines += [f"          {note}" for note in survey.ignored.notes]
    return [_safe(line) for line in lines]


def kept_lines(plan: AdoptionPlan) -> list[str]:
    """Return the unchanged files, one per line."""
    return [_safe(f"  {line}") for line in plan.kept]


def undo_command(plan: AdoptionPlan, project: str) -> str:
    """Return the command that undoes what was written: changed files as in git's index, new ones removed."""
    git = git_words(project)
    changed = [quoted(file.path) for file in plan.files if file.old is not None]
    new = [quoted(file.path) for file in plan.files if file.old is None]
    remove = [f"{git} clean -fq -- {' '.join(new)}"] if new else []
    return _safe(" && ".join([*remove, *([f"{git} restore -- {' '.join(changed)}"] if changed else [])]))


def to_paste(entries: Sequence[IgnoredAdvisory]) -> list[str]:
    """Return imported ignores for an existing configuration, which is not changed; empty for none."""
    if not entries:
        return []
    head = f"{CONFIG_NAME} exists and is not changed; copy the entries that you want to keep:"
    return ["", head, *(_safe(line) for line in waivers_text(entries).splitlines())]


def _tags(survey: ProjectSurvey) -> str:
    if not survey.tags:
        return f"none; a release starts for tags {survey.tag_forms[0].filter}"
    return _listed([f"{form.filter} (newest {form.tag(form.version)})" for form in survey.tags])


def _lock_lines(survey: ProjectSurvey) -> list[str]:
    problem = [f"locks     cannot be read: {survey.locks_problem}"] if survey.locks_problem else []
    if problem and not survey.locks:
        return problem
    if not survey.locks:
        return [f"locks     none; sources to compile from: {_listed(survey.sources) or 'none'}"]
    shown = [
        f"{'locks     ' if not place else '          '}{lock.path}: {_count(lock.pins, 'package')}"
        + (f", {lock.loose} without hash or exact version" if lock.loose else "")
        for place, lock in enumerate(survey.locks[:MOST_LISTED])
    ]
    more = len(survey.locks) - MOST_LISTED
    return shown + ([f"          and {more} more"] if more > 0 else []) + problem


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_LISTED
    return ", ".join(names[:MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


def _difference(file: PlannedFile) -> list[str]:
    old = (file.old or b"").decode("utf-8", "replace").splitlines()
    new = file.new.decode("utf-8", "replace").splitlines()
    before = f"a/{file.path}" if file.old is not None else "/dev/null"
    return [*difflib.unified_diff(old, new, before, f"b/{file.path}", lineterm="")]


def _safe(line: str) -> str:
    return without_credentials(printable(line.replace("\t", "    ")))


HOW_MANY = 3
MOST_NAMED = 3


def next_steps(survey: ProjectSurvey, *, written: bool, project: str, commit: str = "") -> tuple[str, ...]:
    """Return up to three next steps, the most urgent first.

    Args:
        survey: The project, after any files were written.
        written: Whether all files are written.
        project: The project's folder as given, for commands; empty where they need not name it.
        commit: The command that commits what was written; empty where there is nothing to commit.
    """
    steps = list(_steps(survey, written=written, words=_Words(project), commit=commit))
    return tuple(without_credentials(printable(step)) for step in steps[:HOW_MANY])


def unsettled(survey: ProjectSurvey) -> tuple[IgnoredAdvisory, ...]:
    """Return the imported ignores that the configuration does not mention yet, each id once."""
    found = {
        entry.id.upper(): entry
        for entry in reversed(survey.ignored.entries)
        if entry.id.upper() not in survey.known_ids
    }
    return tuple(found[key] for key in sorted(found))


class _Words:
    """Commands for a project that is named as its user named it; empty: not at all."""

    def __init__(self, project: str) -> None:
        project = f"./{project}" if project.startswith("-") else project
        self._named = ("--project", quoted(project)) if project else ()
        self._folder = project
        self.git = git_words(project)
        folder = [quoted(project)] if project else []
        self.owners = command("adopt", *folder, "--write", "--owner", "@USER")
        self.adopt = command("adopt", *folder, "--write")

    def in_folder(self, line: str) -> str:
        return in_folder(line, self._folder) if self._folder not in ("", ".") else line

    def session(self, name: str, *options: str) -> str:
        return command(name, *self._named, *options)


def git_words(project: str) -> str:
    """Return how a command of git begins that acts on a project; empty or `.` is the current folder."""
    return "git" if project in ("", ".") else f"git -C {quoted(project)}"


def commit_command(paths: Sequence[str], project: str, *, alone: bool) -> str:
    """Return the command that commits what an adoption wrote; empty where that is nothing.

    Args:
        paths: What was written, relative to the project.
        project: Its folder as given; empty for the current one.
        alone: Whether nothing else is uncommitted: then no path need be named.
    """
    if not paths:
        return ""
    git = git_words(project)
    added = "--all -- ." if alone else f"-- {' '.join(map(quoted, _shortened(paths)))}"
    return _safe(f"{git} add {added} && {git} commit --message 'Adopt sealwright'")


def _shortened(paths: Sequence[str]) -> list[str]:
    """Return pathspecs of git for some paths: the files of one lock, which differ in their endings alone, as one."""
    found: dict[str, list[str]] = {}
    for path in sorted(paths):
        stem = next((path.removesuffix(ending) for ending in _OF_A_LOCK if path.endswith(ending)), path)
        found.setdefault(stem, []).append(path)
    return [f"{stem}.*" if len(group) > 1 else group[0] for stem, group in found.items()]


_OF_A_LOCK = (".provenance.json", ".cdx.json", ".in", ".txt")


def _steps(survey: ProjectSurvey, *, written: bool, words: _Words, commit: str) -> Iterator[str]:
    if not written:
        yield f"write the files: {words.adopt}"
    yield from _lock_steps(survey, words)
    if commit:
        yield (
            f"{_name_signer(survey)}, then commit: {commit}"
            if not survey.signers
            else f"commit what was written: {commit}"
        )
        yield f"{_next_version(survey)}rehearse the release: {_rehearse(survey, words)}"
    if survey.ignored.entries:
        count = len({entry.id.upper() for entry in survey.ignored.entries})
        ids = "1 ignored advisory" if count == 1 else f"{count} ignored advisories"
        yield f"decide on {ids}: give each a reason, an owner and an expiry date in {CONFIG_NAME}, or delete it"
    if not survey.signers and not commit:
        yield _name_signer(survey)
    if not survey.channel:
        yield f"set a private reporting channel: [reporting] in {CONFIG_NAME}"
    if not survey.released_as:
        yield "give the project a version: tag a commit, or set [project].version in pyproject.toml"
    if not commit:
        yield f"rehearse until no check blocks the release: {words.session('rehearse')}"
    if survey.repository and not survey.owners.problem and unowned(survey):
        yield f"name who owns what decides about a release: {words.owners}"
    if survey.repository and survey.existing.intersection(DEPENDABOT_PLACES):
        yield "enable Dependabot alerts in the repository's settings: see .github/dependabot.yml"
    yield f"make the first release: tag a commit, then {words.session('release')}"
    yield f"check for new advisories every day: {words.session('daily_scan', '--public-log')}"


def _name_signer(survey: ProjectSurvey) -> str:
    first, last = survey.signer_lines
    if first and survey.repository:
        return f"uncomment lines {first} to {last} of {CONFIG_NAME} if that is who signs"
    return f"name the authorized signer: [[signing.identities]] in {CONFIG_NAME}"


def _next_version(survey: ProjectSurvey) -> str:
    """Return what comes before a rehearsal where the stated version is tagged: a commit after it is not that version."""
    if not survey.taken_tag:
        return ""
    again = any(lock.path == LockKind.UV.value for lock in survey.locks)
    relock = f", run `{lock_command(LockKind.UV)}`" if again else ""
    return (
        f"raise [project].version in pyproject.toml, since {survey.taken_tag} is tagged{relock} and commit that, then "
    )


def _rehearse(survey: ProjectSurvey, words: _Words) -> str:
    """Return the command that rehearses the commit; where no file states a version, it tags the commit first."""
    rehearse = words.session("rehearse")
    return f"{words.git} tag {quoted(survey.tag_forms[0].next_tag)} && {rehearse}" if survey.needs_tag else rehearse


def _lock_steps(survey: ProjectSurvey, words: _Words) -> Iterator[str]:
    for problem in dict.fromkeys(filter(None, (survey.broken, survey.locks_problem))):
        yield f"fix the unreadable file: {problem}"
    loose = [lock for lock in survey.locks if lock.loose]
    if loose:
        named = ", ".join(f"{lock.path} ({lock.loose} of {lock.pins})" for lock in loose[:MOST_NAMED])
        more = f" and {len(loose) - MOST_NAMED} more locks" if len(loose) > MOST_NAMED else ""
        yield f"pin every package with a hash and an exact version: {named}{more}: {words.session('lock')}"
    for kind in survey.tool_locks:
        tool, made = lock_format(kind).tool, lock_command(kind)
        yield f"lock what [tool.{tool}] declares, which {tool} alone reads: {words.in_folder(made)}"
    if not survey.locks and not survey.locks_problem and not survey.tool_locks:
        where = f" from {survey.sources[0]}" if survey.sources else "; create a requirements.in or pyproject.toml first"
        yield f"lock the dependencies{where}: {words.session('lock')}"
