"""The documents of a project: as committed, as expected, and the difference.

A generated file is marked in a comment; other files are overwritten only on request (--replace).
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import NamedTuple

import msgspec

from ops.supply_chain.adapters.files.artifact_store import MANIFEST_NAME, STORE_FOLDER
from ops.supply_chain.adapters.files.inputs import read_input, read_input_text
from ops.supply_chain.adapters.files.project import SAFE_NAME
from ops.supply_chain.assurance.documents import basis, insights, security_txt
from ops.supply_chain.assurance.documents.badge import is_badge
from ops.supply_chain.assurance.documents.claim_renderer import ClaimRenderer, UnsupportedClaim
from ops.supply_chain.assurance.documents.facts import DocumentFacts
from ops.supply_chain.assurance.documents.release_text import REHEARSED, s2c2f_reached
from ops.supply_chain.assurance.documents.untagged import UntaggedSentence
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.config.documents import DocumentPath
from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.files.claims import ClaimsReport
from ops.supply_chain.contracts.files.document_basis import DocumentBasis
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import UsageError
from ops.supply_chain.core.start import TREE
from ops.supply_chain.core.text import printable
from ops.supply_chain.gather.assurance.statements import with_statements
from ops.supply_chain.runner.context import StageRun

TEMPLATE_NAME = "SECURITY.md.template"
DIFF_LINES = 400
NO_RELEASE = (
    "the document says that there is no release, and none is retained here; if one was made elsewhere, run this there"
)
NEXT_EXPIRY = f"Run {command('security_md')}, commit the new security.txt, and publish it where the old one is."


class GeneratedDocuments(NamedTuple):
    """The expected documents: path in the project -> text, in the order of the report.

    `untagged` are the sentences of the project's own template that claim something without a claim tag, `template` is the template's name, `released` whether there is a release and not a rehearsal only.
    `remarks` are for whoever runs the stage.
    """

    texts: dict[str, str]
    report: ClaimsReport
    unsupported: tuple[UnsupportedClaim, ...]
    untagged: tuple[UntaggedSentence, ...]
    template: str
    released: bool
    remarks: tuple[str, ...]


class DocumentFiles:
    """The documents of the project of one run.

    Args:
        run: The stage's run.
    """

    def __init__(self, run: StageRun) -> None:
        self._run = run = with_statements(run)
        self._config = run.config.documents
        self.policy = self._config.path.value

    @property
    def adopted(self) -> bool:
        """Whether the project's documents are compared with the evidence."""
        return self.adopted_by_default if self._config.adopted is None else self._config.adopted

    @property
    def adopted_by_default(self) -> bool:
        """Whether they would be compared without `[documents].adopted`: there is a template or a generated document."""
        if read_input(self._run.root, TEMPLATE_NAME) is not None or self._derived():
            return True
        return any(map(self._generated, (insights.FILE_NAME, security_txt.FILE_NAME)))

    @property
    def watched(self) -> int:
        """The number of files with an expiry date."""
        return int(self.committed(security_txt.FILE_NAME) is not None)

    def path(self, name: str) -> Path:
        """Return where a document lies.

        Raises:
            UsageError: The path leads out of the project.
        """
        path, root = self._run.root / name, self._run.root.resolve()
        if Path(name).is_absolute() or not path.parent.resolve().is_relative_to(root) or path.is_dir():
            raise UsageError(
                f"{printable(name)}: is not a file of the project", hint=f"Correct [documents] in {CONFIG_NAME}."
            )
        return path

    def committed(self, name: str) -> str | None:
        """Return a document as it is, None where it is not there.

        Raises:
            InputError: It is no UTF-8 text, cannot be read, or is a link that leads out of the project.
        """
        self.path(name)
        return read_input_text(self._run.root, name)

    def named(self) -> DocumentBasis | None:
        """Return the evidence that the committed policy names.

        Raises:
            InputError: Its closing comment cannot be read.
        """
        return basis.read_basis(self.committed(self.policy) or "", where=self.policy)

    def comparable(self, named: DocumentBasis, made: GeneratedDocuments) -> bool:
        """Return whether the evidence that a document names is available for comparison."""
        return basis.status_of(named, made.report.source) is not basis.DocumentStatus.NOT_HERE

    def lost_rehearsal(self, named: DocumentBasis, made: GeneratedDocuments) -> bool:
        """Return whether a document describes a rehearsal, as it states, that is not the evidence on this machine.

        Args:
            named: What the committed document names.
            made: From the newest evidence.
        """
        evidence = named.evidence
        return (
            evidence is not None
            and evidence.rehearsal
            and f"> {REHEARSED} " in (self.committed(self.policy) or "")
            and basis.status_of(named, made.report.source) is not basis.DocumentStatus.SAME
        )

    def require_ours(self, *, replace: bool) -> None:
        """Raise an error where a file that was not generated would be overwritten.

        Raises:
            UsageError: There is such a file; the message names it.
        """
        names = [self.policy]
        if self._run.config.security_insights.url:
            names.append(insights.FILE_NAME)
        if self._run.config.security_txt.enabled and security_txt.contacts_of(self._run.config):
            names.append(security_txt.FILE_NAME)
        if self._config.badge:
            names.append(self._badge())
        theirs = [name for name in names if self.committed(name) is not None and not self._generated(name)]
        if theirs and not replace:
            raise UsageError(
                f"{', '.join(theirs)}: not generated by sealwright, so not overwritten",
                hint="Move what is worth keeping into the configuration or a SECURITY.md.template, then run again "
                "with --replace.",
            )

    def make(self, *, rehearsals: bool, renew: bool) -> GeneratedDocuments:
        """Generate every document.

        Args:
            rehearsals: Whether a rehearsal counts where there is no release.
            renew: Whether an end that is near is moved.
        Raises:
            StageError: See the parts.
        """
        from ops.supply_chain.gather.assurance.documents.facts import among_real_releases

        run = among_real_releases(self._run)
        return self._make(run, run.args.evidence, rehearsals=rehearsals, renew=renew)

    def make_as_named(self, named: DocumentBasis, made: GeneratedDocuments) -> GeneratedDocuments | None:
        """Generate the documents from the evidence that the committed one names, where there is a newer release.

        A commit cannot contain a document about its own release, so the committed document describes an earlier one.

        Args:
            named: What the committed document names.
            made: From the newest release.
        Returns:
            None where the document names the newest evidence, or a release that is not retained here unchanged.
        """
        from ops.supply_chain.gather.assurance.documents.facts import among_real_releases

        run = among_real_releases(self._run)
        if (
            run.args.evidence is not None
            or basis.status_of(named, made.report.source) is not basis.DocumentStatus.OLDER
        ):
            return None
        if named.evidence is None:
            nowhere = msgspec.structs.replace(run, artifacts=run.artifacts / STORE_FOLDER / ".nothing")
            return self._make(nowhere, None, rehearsals=False, renew=False)
        version = named.evidence.version
        if named.evidence.rehearsal or not SAFE_NAME.fullmatch(version):
            return None
        folder = run.artifacts / STORE_FOLDER / run.project.name / version
        manifest = folder / MANIFEST_NAME
        if not manifest.is_file() or sha256_bytes(canonical.read_bytes(manifest)) != named.evidence.manifest_sha256:
            return None
        return self._make(run, folder, rehearsals=False, renew=False)

    def describes_this_version(self, made: GeneratedDocuments) -> bool:
        """Return whether the newest release has the version under release: it is released again from its commit."""
        source = made.report.source
        return source is not None and not source.rehearsal and source.version == self._run.project.version

    def _make(self, run: StageRun, evidence: Path | None, *, rehearsals: bool, renew: bool) -> GeneratedDocuments:
        from ops.supply_chain.assurance.documents.badge import badge
        from ops.supply_chain.assurance.documents.security_md import write_security_md
        from ops.supply_chain.gather.assurance.documents.facts import documents_report, facts_of

        report = documents_report(run, evidence=evidence, rehearsals=rehearsals)
        facts = facts_of(run, report, evidence=evidence)
        name, template = self._template()
        written = write_security_md(template, facts, name=name)
        texts: dict[str, str | None] = {
            self.policy: written.text,
            insights.FILE_NAME: insights.write_insights(facts, self.committed(insights.FILE_NAME)),
            security_txt.FILE_NAME: security_txt.write_security_txt(
                run.config, self.committed(security_txt.FILE_NAME), run.now, renew=renew
            ),
        }
        if self._config.badge:
            texts[self._badge()] = canonical.encode(badge(facts)).decode()
        remarks = [f"not configured, not written: {file}" for file, text in texts.items() if text is None]
        if not facts.released:
            remarks.append(NO_RELEASE)
        found = {file: text for file, text in texts.items() if text is not None}
        untagged = self._untagged(facts, template) if name == TEMPLATE_NAME else ()
        return GeneratedDocuments(found, report, written.unsupported, untagged, name, facts.released, tuple(remarks))

    def _untagged(self, facts: DocumentFacts, template: str) -> tuple[UntaggedSentence, ...]:
        from ops.supply_chain.assurance.documents.untagged import Evidence, untagged

        evidence = Evidence(ClaimRenderer(facts.claims).supported, s2c2f_reached(facts), facts.assets)
        return untagged(template, _builtin_template(), evidence)

    def stale(self, made: GeneratedDocuments) -> list[tuple[str, str]]:
        """Return each outdated document, with a diff for a terminal."""
        return [
            (name, _diff(name, self.committed(name), text))
            for name, text in made.texts.items()
            if self.committed(name) != text
        ]

    def expiry(self) -> tuple[Finding, ...]:
        """Return a finding if the committed security.txt has expired or expires soon."""
        text = self.committed(security_txt.FILE_NAME)
        if text is None:
            return ()
        state, end = security_txt.expiry_of(text, self._run.config.security_txt, self._run.now)
        day = end.date().isoformat() if end else ""
        return {
            security_txt.Expiry.GOOD: (),
            security_txt.Expiry.SOON: (_expiry("soon", Severity.INFO, f"expires on {day}"),),
            security_txt.Expiry.EXPIRED: (_expiry("expired", Severity.HIGH, f"expired on {day}"),),
            security_txt.Expiry.UNREADABLE: (
                _expiry("unreadable", Severity.HIGH, "has no single valid Expires field"),
            ),
        }[state]

    def unknown(self, made: GeneratedDocuments) -> tuple[str, ...]:
        """Return a note where the documents say that there is no release: one may have been made elsewhere."""
        return () if made.released else (NO_RELEASE,)

    def remarks(self) -> tuple[str, ...]:
        """Return a note for each other policy file in the project, which readers may find first."""
        others = [path.value for path in DocumentPath if path.value != self.policy]
        return tuple(
            f"{name} exists too; GitHub shows only one of them" for name in others if (self._run.root / name).exists()
        )

    def refs(self) -> tuple[FileRef, ...]:
        """Describe the committed files that were read, by digest."""
        names = (CONFIG_NAME, TEMPLATE_NAME, self.policy, insights.FILE_NAME, security_txt.FILE_NAME)
        return tuple(
            self._run.project_ref(self._run.root / name) for name in names if (self._run.root / name).is_file()
        )

    def _derived(self) -> bool:
        """Return whether the policy was generated, or is an edited copy of what was."""
        text = self.committed(self.policy)
        if text is None:
            return False
        return not text.strip() or basis.is_generated(text) or basis.is_derived(text, _builtin_template())

    def _generated(self, name: str) -> bool:
        text = self.committed(name)
        if text is None:
            return False
        if name == self.policy:
            return basis.is_generated(text) or not text.strip()
        if name == self._config.badge:
            return is_badge(text)
        return text.startswith(security_txt.MARK)

    def _template(self) -> tuple[str, str]:
        own = read_input_text(self._run.root, TEMPLATE_NAME)
        if own is not None:
            return TEMPLATE_NAME, own
        return f"templates/{TEMPLATE_NAME}", _builtin_template()

    def _badge(self) -> str:
        name = self._config.badge
        if not name.endswith(".json") or {"..", ".git"} & set(Path(name).parts):
            raise UsageError(
                f"{CONFIG_NAME}: documents.badge is {name!r}: expected a path in the project, ending in .json"
            )
        return name


def _builtin_template() -> str:
    return canonical.read_bytes(TREE / "templates" / TEMPLATE_NAME).decode("utf-8")


def _expiry(code: str, severity: Severity, what: str) -> Finding:
    return Finding(
        code=f"document.security-txt-{code}",
        severity=severity,
        message=f"{security_txt.FILE_NAME} {what}",
        next_step=NEXT_EXPIRY,
        path=security_txt.FILE_NAME,
    )


def _diff(name: str, was: str | None, should: str) -> str:
    if was is None:
        return f"{name}: missing"
    lines = list(
        difflib.unified_diff(
            was.splitlines(), should.splitlines(), f"{name} (committed)", f"{name} (expected)", lineterm=""
        )
    )
    more = len(lines) - DIFF_LINES
    shown = [printable(line) for line in lines[:DIFF_LINES]]
    return "\n".join([*shown, *([f"... and {more} more lines"] if more > 0 else [])]) or f"{name}: line endings differ"
