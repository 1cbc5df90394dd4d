"""Owners of what decides about a release: the lines that CODEOWNERS lacks, appended, because the last match counts.

Owners are those that the project names, never invented.

Source: https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
"""

from __future__ import annotations

from collections.abc import Sequence

from ops.supply_chain.assurance.adoption.model import PlannedFile, ProjectSurvey
from ops.supply_chain.assurance.adoption.workflows import FOLDER, NAMES
from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.formats.code_owners import PLACES, all_owners, is_owner, owners_of

_WHY = "names owners for what decides about a release"
_HEAD = "# What decides about a release (sealwright). The last line that matches a file counts."
_ORDINARY = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-")
"""Characters of a folder that mean themselves in a pattern."""


def require_owners(words: Sequence[str]) -> tuple[str, ...]:
    """Check owners as a command line gives them, and return each once.

    Raises:
        UsageError: One is no user, team or e-mail address.
    """
    for word in words:
        if not is_owner(word):
            raise UsageError(
                f"--owner {word!r}: expected @USER, @ORGANISATION/TEAM or an e-mail address",
                hint=f"For example: {command('adopt', '--write', '--owner', '@octocat')}.",
                kind=ErrorClass.COMMAND_LINE,
            )
    return tuple(dict.fromkeys(words))


def proposed_owners(survey: ProjectSurvey) -> tuple[str, ...]:
    """Return the owners that the existing file names, where it leaves no choice: those of its `*`, or the only ones."""
    named = all_owners(survey.owners.text)
    for_all = [owners for pattern, owners in named if pattern == "*" and owners]
    if for_all:
        return for_all[-1]
    distinct = {owners for _, owners in named if owners}
    return distinct.pop() if len(distinct) == 1 else ()


def unowned(survey: ProjectSurvey, owners: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the patterns of what decides about a release and has no owner.

    Args:
        survey: The project.
        owners: Where given: patterns whose owners are not these.
    """
    path = survey.owners.path or PLACES[0]
    examples = {
        f"/{CONFIG_NAME}": CONFIG_NAME,
        **{f"/{folder}/": f"{folder}/x.rego" for folder in _folders(survey)},
        f"/{FOLDER}/": f"{FOLDER}/{NAMES[0]}",
        f"/{path}": path,
    }
    found = {pattern: owners_of(survey.owners.text, example) for pattern, example in examples.items()}
    return tuple(pattern for pattern, there in found.items() if (set(there) != set(owners) if owners else not there))


def owners_plan(survey: ProjectSurvey, given: Sequence[str]) -> PlannedFile | str:
    """Return the file to write, or why it stays.

    Args:
        survey: The project, which is the root of a repository.
        given: Owners of the command line; empty for those that the project names.
    """
    path = survey.owners.path or PLACES[0]
    if survey.owners.problem:
        return f"{path}: {survey.owners.problem}, unchanged"
    lacking = unowned(survey, given)
    if not lacking:
        return f"{path}: names owners for what decides about a release, unchanged"
    owners = tuple(given) or proposed_owners(survey)
    if not owners:
        return f"{path}: not written: {'it names no' if survey.owners.path else 'no'} owner to take (--owner names one)"
    old = survey.owners.text
    end = "\r\n" if "\r\n" in old else "\n"
    gap = "" if not old else end if old.endswith("\n") else end + end
    lines = [_HEAD, *(f"{pattern} {' '.join(owners)}" for pattern in lacking)]
    new = old + gap + end.join(lines) + end
    return PlannedFile(path=path, old=old.encode() if survey.owners.path else None, new=new.encode(), why=_WHY)


def _folders(survey: ProjectSurvey) -> list[str]:
    """Return the folders of rules in the project whose names are ordinary."""
    bare = (folder.removeprefix("./").strip("/") for folder in survey.policy_folders)
    return sorted({folder for folder in bare if folder and set(folder) <= _ORDINARY and ".." not in folder.split("/")})
