"""The steps of a publication: look, complete the draft, make it public, confirm.

Each step looks first and does what is missing. What is planned is `publication`'s to say, what is exchanged the
adapter's; here is only the order, and that nothing is made public which was not compared in full just before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ops.supply_chain.contracts.values.publication import LocalFile, RemoteRelease
from ops.supply_chain.core.errors import OutputError, UnavailableError
from ops.supply_chain.release.publication.notes import NotesFacts, notes
from ops.supply_chain.release.publication.plan import Plan, choose_draft, differences, make_plan
from ops.supply_chain.release.publication.problem import PublicationProblem

if TYPE_CHECKING:
    from pathlib import Path

    from ops.supply_chain.adapters.github.client import Github

MANY_LOOKS = 4
"""How often a draft is completed before we say that GitHub does not keep what it is sent."""


class PublicationTarget(NamedTuple):
    """What is published, and where. `commit` is empty for a project outside git."""

    folder: Path
    files: tuple[LocalFile, ...]
    repository: str
    tag: str
    commit: str


def look(github: Github, target: PublicationTarget) -> tuple[RemoteRelease | None, tuple[str, ...]]:
    """Return the published release, else the draft to work on, else None; and what a person should know."""
    published = github.published(target.tag)
    if published is not None:
        return published, ()
    drafts = github.drafts(target.tag)
    more = len(drafts) - 1
    known = (f"there are more drafts for {target.tag} ({more}): delete them on the page of releases",)
    return choose_draft(drafts, target.files), known if more > 0 else ()


def planned(github: Github, target: PublicationTarget, release: RemoteRelease) -> Plan:
    """Compare a release with what is published, by digest; nothing in the plan is unread."""
    plan = make_plan(target.files, release.assets)
    # If GitHub reports no digest, the asset is downloaded and hashed: a size proves nothing.
    return make_plan(target.files, release.assets, github.digests(plan.unread)) if plan.unread else plan


def completed(
    github: Github, target: PublicationTarget, draft: RemoteRelease | None, facts: NotesFacts, *, delete_extra: bool
) -> RemoteRelease:
    """Complete a draft until its assets are exactly the files, each digest read back.

    Args:
        github: Where.
        target: What.
        draft: The existing draft; None creates one.
        facts: For its notes.
        delete_extra: Whether assets that are not part of the release are removed; else they are an error.
    Raises:
        UnavailableError: GitHub does not answer, or someone else works on the same draft.
        OutputError: GitHub does not serve what it was sent.
    """
    commit = {"target_commitish": target.commit} if target.commit else {}
    name, body = f"{facts.component} {facts.version}", notes(facts)
    release = draft or github.create_draft(target.tag, name=name, body=body, **commit)
    plan = Plan()
    for _ in range(MANY_LOOKS):
        now = github.release(release.id)
        if now is None or not now.draft:
            text = f"GitHub {target.repository}: someone else published or deleted the draft of {target.tag}"
            raise UnavailableError(text, hint="Find out who, then run again.")
        plan = planned(github, target, now)
        if plan.complete:
            return now
        github.delete_assets([*plan.replace, *plan.remove, *(plan.extra if delete_extra else ())])
        github.send_files(now, target.folder, plan.upload)
    rows = "\n  ".join(differences(plan))
    raise OutputError(
        f"GitHub does not serve what it was sent; the draft of {target.tag} was not published:\n  {rows}",
        hint="Run again; if this persists, see https://www.githubstatus.com.",
    )


def make_public(
    github: Github, target: PublicationTarget, draft: RemoteRelease, facts: NotesFacts, *, new_tag: bool
) -> None:
    """Make a complete draft public, in one step.

    Args:
        github: Where.
        target: What.
        draft: As `completed` returned it.
        facts: For its notes, which are rewritten.
        new_tag: Whether GitHub must create the tag, at our commit.
    """
    before_final = _is_before_final(facts.version)
    fields: dict[str, object] = {"body": notes(facts, existing=draft.body), "prerelease": before_final}
    if not before_final:
        fields["make_latest"] = "legacy"  # by date and version: a fix of an old line is not the latest
    if target.commit and new_tag:
        fields["target_commitish"] = target.commit
    github.publish(draft, **fields)


def confirmed(github: Github, target: PublicationTarget, release: RemoteRelease) -> RemoteRelease:
    """Check the published release.

    Raises:
        OutputError: It is not what was sent, or its tag points to another commit.
    """
    now = github.release(release.id)
    rows = differences(planned(github, target, now)) if now else ("it is gone",)
    there = github.tag_commit(target.tag) if target.commit else ""
    if now is None or now.draft or rows or there != target.commit:
        found = "; ".join(rows) or f"its tag points to {there or 'nothing'}, expected {target.commit}"
        raise OutputError(
            f"{target.tag} was published, but differs from what was sent: {found}",
            hint="Someone changed it at the same time: check the repository's audit log.",
        )
    return now


def _is_before_final(version: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version).is_prerelease
    except InvalidVersion:
        return False


def tag_problems(github: Github, target: PublicationTarget, there: str) -> list[PublicationProblem]:
    """Return why the tag at GitHub, which points to the commit `there`, is not that of the release."""
    if not target.commit or there == target.commit:
        return []
    if there:
        text = f"tag {target.tag} at GitHub: expected commit {target.commit}, found {there}"
        return [
            PublicationProblem(
                "publish.tag-elsewhere", text, "Publish the release of that tag, or choose another tag with --tag."
            )
        ]
    if not github.has_commit(target.commit):
        text = f"commit {target.commit}, which the provenance names, is not at GitHub"
        return [PublicationProblem("publish.commit-unknown", text, "Push it, then run again.")]
    return []
