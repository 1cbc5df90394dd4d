"""Check that the CI runs that signed were for this release's repository, commit and tag.

A name alone does not say so: a reusable workflow has its own name, whichever repository calls it. Fulcio writes the
repository, commit and ref of the run into the certificate. What may differ: the repository of the workflow file
(reusable workflows), and the ref if it is a branch (a release that is tagged later). What may not: the repository,
the commit, and the tag of a run for a tag.

Source: https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ops.supply_chain.contracts.files.verification import BundleResult, Check, Expectations, Given, Line
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.trust.identities.run import commits_of, refs_of, repositories_of, repository_of
from ops.supply_chain.trust.verification import commands
from ops.supply_chain.trust.verification.evidence import GITHUB_ISSUER
from ops.supply_chain.trust.verification.lines import check, judged, unseen

GITLAB_ISSUER = "https://gitlab.com"
TITLE = "The workflow runs that signed were for the source of this release"
TAG_REF = "refs/tags/"


def run_source(given: Given, stated: Mapping[str, str], wanted: Expectations) -> list[Check]:
    """Compare every certificate of a CI platform with the source; nothing if no CI run signed.

    Args:
        given: The release with the results of its bundles.
        stated: The source and commit in the provenance (`provenance.facts`).
        wanted: The expectations of the customer.
    """
    lines = [
        line
        for name, answer in sorted({**given.signatures, **given.statements}.items())
        for line in _lines(name, answer, stated, wanted)
    ]
    return [check("signatures.source", TITLE, lines)] if lines else []


def is_ci(issuer: str) -> bool:
    """Return whether an issuer's certificates always name the source of the run."""
    return issuer in (GITHUB_ISSUER, GITLAB_ISSUER) or issuer.startswith(f"{GITHUB_ISSUER}/")


def _lines(name: str, answer: BundleResult, stated: Mapping[str, str], wanted: Expectations) -> tuple[Line, ...]:
    proof = answer.proof
    if proof is None or proof.key_sha256:
        return ()
    fields = proof.extensions
    if not is_ci(proof.issuer) and not repositories_of(fields) and not commits_of(fields):
        return ()
    repositories, commits = repositories_of(fields), commits_of(fields)
    ran = f"ran for {', '.join(sorted(repositories)) or 'no repository'} at {', '.join(sorted(commits)) or 'no commit'}"
    problems, command = tuple(_problems(fields, stated, wanted)), commands.certificate(name)
    missing = _not_compared(stated, wanted)
    if missing and not problems:
        message = f"{excerpt(ran)}; not compared: the release states no {missing}, and none was given"
        return (unseen(name, message, command),)
    return judged(name, problems, excerpt(ran), command)


def _not_compared(stated: Mapping[str, str], wanted: Expectations) -> str:
    """Return what neither the customer nor the provenance names, so that a certificate cannot be compared with it."""
    known = {
        "source repository": repository_of(wanted.source_repository) or repository_of(stated.get("source", "")),
        "commit": wanted.source_commit or stated.get("commit", ""),
    }
    return " and no ".join(kind for kind, text in known.items() if not text)


def _problems(fields: Mapping[str, str], stated: Mapping[str, str], wanted: Expectations) -> Iterator[str]:
    asked, own = "expected", "in the provenance"
    repositories = {asked: repository_of(wanted.source_repository), own: repository_of(stated.get("source", ""))}
    yield from _differences("repository", repositories_of(fields), repositories)
    commits = {asked: wanted.source_commit.lower(), own: stated.get("commit", "").lower()}
    yield from _differences("commit", commits_of(fields), commits)
    tags = {ref for ref in refs_of(fields) if ref.startswith(TAG_REF)}
    if tags:
        named = {asked: wanted.tag, own: stated.get("tag", "")}
        yield from _differences("tag", tags, {what: f"{TAG_REF}{tag}" if tag else "" for what, tag in named.items()})


def _differences(kind: str, found: set[str], wanted: Mapping[str, str]) -> Iterator[str]:
    for expected in dict.fromkeys(filter(None, wanted.values())):
        if found != {expected}:
            named = ", ".join(map(excerpt, sorted(found))) or f"no {kind}"
            where = " and ".join(what for what, text in wanted.items() if text == expected)
            yield f"the workflow run that signed was for {named}, not for {excerpt(expected)} ({where})"
