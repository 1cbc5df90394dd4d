"""The uploading side of a publication on an index: private copies of the distributions, the token, and the report."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ops.supply_chain.contracts.config.indexes import PublishIndex
from ops.supply_chain.contracts.values.publication import LocalFile
from ops.supply_chain.contracts.values.signature_names import publish_attestation_name
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import ErrorClass, InputError, OutputError, UsageError
from ops.supply_chain.gather.release.index_publication import IndexOutcome, IndexPublication, IndexTarget
from ops.supply_chain.gather.release.index_state import IndexState, ProvenanceCheck
from ops.supply_chain.release.publication.problem import PublicationProblem
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.trust.verification.file_kinds import classify

if TYPE_CHECKING:
    from ops.supply_chain.adapters.http.client import Timeouts
    from ops.supply_chain.adapters.tools.uv_publish import UploadResult

REGISTER = "Register this workflow as the project's trusted publisher on the index, then run it again."
TOKEN_VARIABLE = "UV_PUBLISH_TOKEN"  # noqa: S105 - its name


def copy_distributions(
    release: Path, files: Sequence[LocalFile], folder: Path, *, attested: bool
) -> tuple[LocalFile, ...]:
    """Copy the distributions and their publish attestations, each read once, and compare the copies with the release.

    Args:
        release: The folder of the release.
        files: All its files, as they were measured.
        folder: Where the copies go; no one else can write to it.
        attested: Whether each distribution needs its publish attestation.
    Returns:
        The distributions, sorted by name.
    Raises:
        InputError: There is no distribution, or a file cannot be read.
        UsageError: A distribution has no publish attestation, and needs one.
        OutputError: A file was changed meanwhile.
    """
    by_name = {file.name: file for file in files}
    names = classify(by_name).distributions
    if not names:
        raise InputError(
            f"{release}: contains no wheel and no source distribution, so there is nothing to publish on an index",
            hint="Make the release with distributions: docs/distributions.md.",
        )
    for name in names:
        attestation = publish_attestation_name(name)
        if attested and attestation not in by_name:
            raise UsageError(
                f"{name}: has no publish attestation, and this index is to serve one",
                hint="Sign it with [signing].publish_attestations = true, or set attestations = false for this index.",
                kind=ErrorClass.CONFIGURATION,
            )
        for wanted in (name, *((attestation,) if attested else ())):
            _copy(release / wanted, by_name[wanted], folder)
    return tuple(by_name[name] for name in names)


def _copy(source: Path, file: LocalFile, folder: Path) -> None:
    try:
        data = source.read_bytes()
    except OSError as error:
        raise InputError(f"{source}: cannot be read: {error.strerror or error}") from error
    if sha256_bytes(data) != file.sha256:
        raise OutputError(f"{source}: was changed while it was read", hint="Run again when nothing writes there.")
    (folder / file.name).write_bytes(data)


def publish_on_index(
    run: StageRun, target: IndexTarget, check: ProvenanceCheck | None, *, timeouts: Timeouts | None
) -> IndexOutcome:
    """Compare, upload what is missing and read everything back; a dry run only compares.

    Args:
        run: The stage's run.
        target: What to publish where.
        check: Checks the provenance objects that the index serves; None where it serves none.
        timeouts: Time limits of each request; None for those of every index.
    Raises:
        UsageError: There is no token.
        UnavailableError: Something could not be uploaded or read.
        OutputError: The index serves something else than it took.
    """
    service, token = target.service, UploadToken(target.service)
    trusted = (*run.config.index.trusted, service.simple_url)
    state = IndexState(service, check, trusted=trusted, timeouts=timeouts)
    publication = IndexPublication(target, state, token.sender(target.folder), now=run.now)
    outcome = publication.plan()
    if outcome.problems or run.args.dry_run:
        return outcome
    if outcome.plan.upload and (refusal := token.obtain()):
        return outcome._replace(problems=(PublicationProblem("publish.index-token", refusal, REGISTER),))
    return publication.perform(outcome.plan)


class UploadToken:
    """The token of one publication: from the environment, or by Trusted Publishing when the first upload is due.

    Args:
        index: The index.
    """

    def __init__(self, index: PublishIndex) -> None:
        self._index, self._text = index, ""

    def obtain(self) -> str:
        """Get the token.

        Returns:
            Why the index gives none; empty if there is one.
        Raises:
            UsageError: There is none, or it cannot be used with attestations.
            UnavailableError: The index or the CI platform did not answer.
        """
        given = os.environ.get(TOKEN_VARIABLE, "").strip()
        if given and self._index.attestations:
            raise UsageError(
                f"{TOKEN_VARIABLE} is set, and an index takes attestations by Trusted Publishing alone",
                hint=f"Unset {TOKEN_VARIABLE}, or set attestations = false for this index in [[indexes]].",
                kind=ErrorClass.CONFIGURATION,
            )
        if given or not self._index.oidc_url:
            if not given:
                raise UsageError(
                    f"there is no token for the index: {TOKEN_VARIABLE} is not set, and it has no oidc_url",
                    hint=f"Put an upload token into {TOKEN_VARIABLE}.",
                    kind=ErrorClass.NO_TOKEN,
                )
            self._text = given
            return ""
        from ops.supply_chain.adapters.index.trusted_publishing import RefusedError, upload_token

        try:
            self._text = upload_token(self._index.oidc_url)
        except RefusedError as error:
            return error.reason
        return ""

    def sender(self, folder: Path) -> Callable[[LocalFile, tuple[Path, ...]], UploadResult]:
        """Return what uploads one distribution from a folder with this token."""
        from ops.supply_chain.adapters.tools.uv_publish import publish

        return lambda file, attestations: publish(self._index.upload_url, folder / file.name, attestations, self._text)


def index_text(target: IndexTarget, outcome: IndexOutcome, *, dry_run: bool) -> str:
    """Write what was done, or would be."""
    name, plan, done = target.service.name, outcome.plan, set(outcome.uploaded)
    if outcome.problems:
        head = f"published on {name} in part"
    elif dry_run:
        head = f"would publish {len(plan.upload)} of {len(target.files)} files on {name}; nothing was sent"
    elif not plan.upload:
        head = f"published on {name} before, complete and identical"
    else:
        head = f"published on {name}"
    rows = [
        f"  {'uploaded' if file.name in done else 'upload' if dry_run else 'missing':<9} {file.name}"
        for file in plan.upload
    ]
    rows += [f"  {'kept':<9} {file.name}" for file in plan.keep]
    served = "list, bytes and attestations" if target.service.attestations else "list and bytes; no attestations"
    return "\n".join([head, *rows, *([] if dry_run or outcome.problems else [f"  read back {served}"])])


def index_document(target: IndexTarget, outcome: IndexOutcome) -> dict[str, object]:
    """Return the same for programs."""
    done = set(outcome.uploaded)
    return {
        "index": target.service.name,
        "uploaded": sorted(done),
        "kept": [file.name for file in outcome.plan.keep],
        "missing": [file.name for file in outcome.plan.upload if file.name not in done],
        "attestations": bool(target.service.attestations),
    }
