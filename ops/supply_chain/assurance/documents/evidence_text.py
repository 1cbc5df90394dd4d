"""Texts that rest on several claims or files at once: what is near SLSA Build L2, S2C2F in words, SBOMs, the worked example."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from ops.supply_chain.assurance.documents.addresses import https
from ops.supply_chain.assurance.documents.claim_renderer import ClaimRenderer
from ops.supply_chain.assurance.documents.facts import DescribedFile, DocumentFacts
from ops.supply_chain.assurance.documents.release_text import S2C2F_LEVELS, practices_by_status, slsa_reached
from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.files.claims import ControlStatus, ControlVerdict
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.formats import markdown

LAYER_CLAIMS = (
    "daily-scan",
    "update-tool",
    "hash-pinned-locks",
    "exact-versions",
    "no-drift",
    "release-cool-down",
    "vulnerabilities-examined",
    "malware-examined",
    "hashes-still-served",
    "dependencies-not-withdrawn",
    "bytes-verified",
    "publishers-unchanged",
    "publisher-attestations-verified",
    "policy-gate",
)
"""The claims about layers of detection; without any of them the section has nothing to explain."""

NEAR_L2 = {
    "provenance-attested": "its provenance is a signed attestation",
    "signed-by-published-identity": "every signature is by an identity that the project publishes",
    "public-log-signatures": "every signature is in a public transparency log",
    "source-commit-recorded": "its provenance names the source commit",
    "source-unmodified": "according to its provenance there were no uncommitted changes",
    "hash-pinned-locks": "everything that is locked is pinned by hash or commit",
    "deterministic-artifacts": "its SBOMs and evidence carry no time of the clock",
    "reproducible-locks": "every lock was recompiled to the same bytes",
}
"""Claims of the kind that SLSA Build L2 and its neighbours are about, each as part of a sentence; none is the level."""

_GROUPS = {
    "ING": "Ingest",
    "SCA": "Scan",
    "INV": "Inventory",
    "UPD": "Update",
    "AUD": "Audit",
    "ENF": "Enforce",
    "REB": "Rebuild",
    "FIX": "Fix and upstream",
}
"""The eight practices of S2C2F v1.1, which its requirements are grouped by, in its order."""

_CONCLUSION = (
    "If the affected versions in the advisory include {0}, this release has an affected version; its VEX status, if there "
    "is one, states whether the vulnerability can be exploited in it. If they do not, the locked version is not affected. "
    "Where the command prints nothing, the package is not locked."
)
VERSION, COMPONENT = "{version}", "{component}"
"""Placeholders of `[release].files_at`."""


def has_layers(renderer: ClaimRenderer) -> bool:
    """Return whether the evidence supports any layer of detection."""
    return any(map(renderer.supported, LAYER_CLAIMS))


def near_build_l2(renderer: ClaimRenderer) -> str:
    """Return which controls near SLSA Build L2 the release has without that level; empty with it, or where there is none."""
    if slsa_reached(renderer) >= 2:  # noqa: PLR2004 - Build L2
        return ""
    found = [
        renderer.render(claim, text, optional=True) for claim, text in NEAR_L2.items() if renderer.supported(claim)
    ]
    if not found:
        return ""
    return (
        "Build L2 asks for a hosted build platform that makes and signs the provenance itself. It is not claimed. What the "
        f"release has of what Build L2 is about, without being that level: {'; '.join(found)}."
    )


def s2c2f_in_words(facts: DocumentFacts, renderer: ClaimRenderer) -> str:
    """Return the S2C2F requirements that are met, by practice, each with the claims that show it; empty for none."""
    if facts.claims.source is None:
        return ""
    met = practices_by_status(facts, ControlStatus.MET)
    lines = []
    for group, title in _GROUPS.items():
        found = [_requirement(name, met[name], renderer) for name in sorted(met) if name.startswith(group)]
        if found:
            lines.append(f"**{title}.** {' '.join(found)}")
    return markdown.bullets(lines)


def _requirement(name: str, control: ControlVerdict, renderer: ClaimRenderer) -> str:
    marks = "".join(map(renderer.mark, control.claims))
    return f"{name}: {markdown.text(control.title)}.{marks}"


def s2c2f_count(facts: DocumentFacts) -> str:
    """Return how many requirements of S2C2F are met, as a sentence."""
    met = practices_by_status(facts, ControlStatus.MET)
    verb = "is" if len(met) == 1 else "are"
    return (
        f"{len(met)} of its {sum(map(len, S2C2F_LEVELS.values()))} requirements {verb} met, according to the evidence"
    )


def sbom_table(facts: DocumentFacts) -> str:
    """Return a table of the release's SBOMs, each a link where the address of released files is configured."""
    return _table(facts, (file for file in facts.files if file.sbom))


def other_files(facts: DocumentFacts) -> str:
    """Return a table of the release's other files, likewise."""
    return _table(facts, (file for file in facts.files if not file.sbom))


def _table(facts: DocumentFacts, files: Iterable[DescribedFile]) -> str:
    folder = files_at(facts)
    rows = [
        (
            markdown.link(file.name, f"{folder}/{quote(file.name, safe='')}") if folder else markdown.code(file.name),
            markdown.text(file.meaning),
            "yes" if file.signed else "no",
        )
        for file in files
    ]
    return markdown.table(("file", "content", "signature bundle"), rows) if rows else ""


def files_at(facts: DocumentFacts) -> str:
    """Return the address below which the files of the described release are published; empty where it is not known.

    Raises:
        UsageError: `[release].files_at` is no https address, or has no place for the version.
    """
    given, source = facts.config.release.files_at, facts.claims.source
    if not given:
        return ""
    plain = given.replace(VERSION, "0").replace(COMPONENT, "0")
    if VERSION not in given or set("{}?#") & set(plain):
        shown = printable(without_credentials(given))
        raise UsageError(
            f"{CONFIG_NAME}: release.files_at is {shown!r}: expected an https address with {VERSION}",
            hint=f"For example https://github.com/OWNER/REPO/releases/download/v{VERSION}.",
            kind=ErrorClass.CONFIGURATION,
        )
    https(plain, where="release.files_at")
    if source is None or source.rehearsal:
        return ""
    parts = {VERSION: source.version, COMPONENT: source.component}
    address = given.rstrip("/")
    for name, value in parts.items():
        address = address.replace(name, quote(value, safe=""))
    return address


def worked_example(facts: DocumentFacts) -> str:
    """Return the worked example: a package of this release, the command, what it prints, and what follows from it."""
    example, source = facts.example, facts.claims.source
    if example is None or source is None or not facts.commands.example:
        return ""
    version, package = markdown.code(example.version), markdown.code(example.name)
    return "\n\n".join(
        (
            f"A worked example: an advisory about {package} is published, and you deployed {markdown.code(source.version)}.",
            markdown.fenced(facts.commands.example),
            f"prints `{example.name} {example.version}`."
            if markdown.code(f"{example.name} {example.version}").startswith("`")
            else f"prints {package} and {version}.",
            _CONCLUSION.format(version),
        )
    )


def trust_page(facts: DocumentFacts) -> str:
    """Return the link to the trust page; empty where none is configured.

    Raises:
        UsageError: `[documents].trust_page` is no https address.
    """
    address = facts.config.documents.trust_page
    if not address:
        return ""
    return markdown.link("trust page", https(address, where="documents.trust_page"))
