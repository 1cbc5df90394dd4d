"""The three things to do next, computed from what was found."""

from __future__ import annotations

from collections.abc import Iterator

from ops.supply_chain.assurance.adoption.model import IgnoredAdvisory, ProjectSurvey
from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.core.text import printable, without_credentials

HOW_MANY = 3
MOST_NAMED = 3


def next_steps(survey: ProjectSurvey, *, written: bool, project: str) -> tuple[str, ...]:
    """Return the three next steps, the most urgent first.

    Args:
        survey: What was found, after writing where something was written.
        written: Whether nothing is left to write.
        project: How the project's folder was given, for commands.
    """
    steps = list(_steps(survey, written=written, project=project))
    return tuple(without_credentials(printable(step)) for step in steps[:HOW_MANY])


def unsettled(survey: ProjectSurvey) -> tuple[IgnoredAdvisory, ...]:
    """Return the imported ignores that the configuration does not speak of yet, each id once."""
    found = {
        entry.id.upper(): entry
        for entry in reversed(survey.ignored.entries)
        if entry.id.upper() not in survey.known_ids
    }
    return tuple(found[key] for key in sorted(found))


def _steps(survey: ProjectSurvey, *, written: bool, project: str) -> Iterator[str]:
    if not written:
        yield f"write it: nox -s adopt -- {project} --write"
    yield from _lock_steps(survey, project)
    if survey.ignored.entries:
        count = len({entry.id.upper() for entry in survey.ignored.entries})
        ids = "1 ignored advisory" if count == 1 else f"{count} ignored advisories"
        yield f"decide on {ids}: give each a reason, an owner and an end in {CONFIG_NAME}, or delete it"
    if not survey.signers:
        yield f"name who signs: [[signing.identities]] in {CONFIG_NAME}"
    if not survey.channel:
        yield f"set a private reporting channel: [reporting] in {CONFIG_NAME}"
    if not survey.released_as:
        yield "give it a version: tag a commit, or set [project].version in pyproject.toml"
    if survey.repository:
        yield "switch Dependabot alerts on: a setting of the repository, see .github/dependabot.yml"
    yield f"rehearse until nothing would be refused: nox -s rehearse -- --project {project}"
    yield f"make the first release: tag it, then nox -s release -- --project {project}"
    yield f"look every day: nox -s daily_scan -- --project {project} --public-log"


def _lock_steps(survey: ProjectSurvey, project: str) -> Iterator[str]:
    for problem in dict.fromkeys(filter(None, (survey.broken, survey.locks_problem))):
        yield f"mend what cannot be read: {problem}"
    loose = [lock for lock in survey.locks if lock.loose]
    if loose:
        named = ", ".join(f"{lock.path} ({lock.loose} of {lock.pins})" for lock in loose[:MOST_NAMED])
        more = f" and {len(loose) - MOST_NAMED} more locks" if len(loose) > MOST_NAMED else ""
        yield f"lock what is unhashed or has no exact version: {named}{more}: nox -s lock -- --project {project}"
    if not survey.locks and not survey.locks_problem:
        where = f" from {survey.sources[0]}" if survey.sources else "; begin with a requirements.in or pyproject.toml"
        yield f"lock what you install{where}: nox -s lock -- --project {project}"
