"""The first `.security-config.toml` of a project: every default explained, and changed only where a release needs it, or
where a new project has nothing to lose: it asks which vulnerabilities are exploited.

What a person must decide is a comment: imported ignores, signers. A commented-out key shows its default, so
uncommenting it changes nothing (tested).

Source: docs/configuration.md, which lists every key.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from ops.supply_chain.assurance.adoption.model import IgnoredAdvisory, ProjectSurvey, ProposedScope
from ops.supply_chain.contracts.config.feeds import DEFAULT_SOURCE
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.config.locks import ExcludedPath
from ops.supply_chain.contracts.config.updates import UpdateTool
from ops.supply_chain.contracts.values.weakening import PROPOSED_DAYS
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.text import printable, without_credentials

GITHUB_ISSUER = "https://token.actions.githubusercontent.com"
"""OIDC issuer of GitHub Actions, which the certificates of its workflows name."""

MISSING = "MISSING"
"""Marks a value that a person has to fill in. The value itself is empty: an entry that is uncommented without being
filled in is malformed, and waives nothing.
"""

_SHOWN: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    (
        "locks",
        f"Which files are locks, and how `{command('lock')}` compiles them.",
        (
            ("cool_down_days", "Minimum age in days of a release before it may be locked."),
            ("include", "Globs of the lock files; empty means the usual names, in any folder."),
            (
                "exclude",
                "Globs to leave out, for example of examples that are not shipped; best as a path with a reason.",
            ),
            ("python_version", "Python version to lock for; empty means the version that runs the pipeline."),
        ),
    ),
    (
        "sbom",
        "Author of the SBOM and producer of the component; empty values are written as unknown, never guessed.",
        (("author", ""), ("producer", ""), ("licence", "SPDX expression, if pyproject.toml has no licence.")),
    ),
    (
        "gate",
        "Lowest severity that blocks a release; lower findings are reported and pass.",
        (("fail_on", ""),),
    ),
    (
        "waiver_rules",
        "Maximum validity of a waiver in days, and how many days before expiry it is reported.",
        (("max_days", ""), ("warn_days", ""), ("zone", "Time zone in which the last day ends.")),
    ),
    ("retention", "How many days a release is retained.", (("days", ""),)),
    (
        "public_log",
        "`age` public keys that the findings of a run with a public log are encrypted to.",
        (("recipients", ""),),
    ),
)


def config_text(survey: ProjectSurvey, updates: UpdateTool | None = None) -> str:
    """Return the file's content.

    Args:
        survey: The project.
        updates: The update tool that was asked for; None for the default.
    """
    parts = [_HEAD, f"component_name = {quoted(survey.name)}\n", *(_table(row, survey) for row in _SHOWN)]
    parts.append(_FEEDS)
    parts += [_BUILD] if needs_normalising(survey.build_backend) else []
    parts += [exclusions_text(survey.excludable, survey.today)] if survey.excludable else []
    parts += [scopes_text(survey.scopes)] if survey.scopes else []
    parts += [_REPORTING.format(repository=quoted(survey.repository or "OWNER/REPO")), _signing(survey)]
    parts += [_UPDATES.format(mark="" if updates else "# ", tool=quoted(updates or UpdateTool.AUTO))]
    parts.append(waivers_text(survey.ignored.entries))
    return "\n".join(part for part in parts if part)


def needs_normalising(backend: str) -> bool:
    """Return whether distributions of a build backend differ between builds in modes or times of their members."""
    return bool(backend) and not backend.startswith(_REPRODUCIBLE_BACKENDS)


def scopes_text(scopes: Sequence[ProposedScope]) -> str:
    """Return the proposed entries of `[[locks.scopes]]`: as comments where leaving the packages out is a decision."""
    lines = []
    for entry in scopes:
        mark = "#" if entry.weakens else ""
        groups = f"{mark}groups = [{', '.join(map(quoted, entry.groups))}]\n" if entry.groups else ""
        path, scope = quoted(entry.path), quoted(entry.scope.value)
        head = f"# {_line(entry.reason)}.\n{mark}[[locks.scopes]]\n"
        lines.append(f"{head}{mark}path = {path}\n{groups}{mark}scope = {scope}\n")
    return _SCOPES_HEAD + "\n".join(lines)


def waivers_text(entries: Sequence[IgnoredAdvisory]) -> str:
    """Return imported ignores as commented-out entries with missing values marked; empty for none."""
    if not entries:
        return ""
    return _WAIVERS_HEAD + "".join(map(_waiver, entries))


def signer_lines(text: str) -> tuple[int, int]:
    """Return the first and the last line of the signer that a configuration has as a comment; 0 where it has none."""
    lines = text.splitlines()
    start = next((number for number, line in enumerate(lines, 1) if line == _SIGNER_LINE), 0)
    end = start
    while start and end < len(lines) and lines[end].startswith("#") and not lines[end].startswith("# "):
        end += 1
    return (start, end)


def quoted(text: str) -> str:
    """Return a text as a one-line TOML string, with every control character as `?`."""
    return json.dumps(without_credentials(printable(text)), ensure_ascii=False)


def _table(row: tuple[str, str, tuple[tuple[str, str], ...]], survey: ProjectSurvey) -> str:
    name, about, keys = row
    lines = [f"# {about}", f"[{name}]"]
    table = getattr(Config(), name)
    for key, said in keys:
        lines += [f"# {said}"] if said else []
        if key == "python_version" and survey.python:
            lines.append(f"# The project declares {quoted(survey.python)} ({_line(survey.python_source)}).")
        lines.append(f"# {key} = {json.dumps(msgspec.to_builtins(getattr(table, key)))}")
    return "\n".join(lines) + "\n"


def exclusions_text(found: Sequence[ExcludedPath], today: date) -> str:
    """Return proposed exclusions and the consent that they need, as one commented-out block.

    Args:
        found: Folders with locks or declarations that are no part of the product, sorted by path; not empty.
        today: The day of the run, on which the consent begins.
    """
    tables = [("locks.exclude", {"path": entry.path, "reason": entry.reason}) for entry in found]
    consent = {
        "setting": "locks.exclude",
        "value": ", ".join(sorted(entry.path for entry in found)),
        "reason": "; ".join(dict.fromkeys(entry.reason for entry in found)),
        "date": today.isoformat(),
        "until": (today + timedelta(days=PROPOSED_DAYS)).isoformat(),
    }
    lines: list[str] = []
    for name, table in [*tables, ("policy.weakened", consent)]:
        lines += [f"#[[{name}]]", *(f"#{key} = {quoted(value)}" for key, value in table.items())]
    return "\n".join([_EXCLUDE, *lines]) + "\n"


_EXCLUDE = """\
# These folders have locks or declarations. Uncomment the block if they are no part of the product: every record then lists
# what is left out. Its last entry is your consent, which customers see; of fewer folders, its value names those."""


def _signing(survey: ProjectSurvey) -> str:
    owner = survey.repository or "OWNER/REPO"
    known = "" if survey.repository else " Replace OWNER/REPO."
    forms = survey.tag_forms
    tags = forms[0].expression if len(forms) == 1 else f"(?:{'|'.join(form.expression for form in forms)})"
    expression = (
        f"https://github\\.com/{owner.replace('.', chr(92) + '.')}/\\.github/workflows/release\\.yml@refs/tags/{tags}"
    )
    begin = " or ".join(form.prefix or "a digit" for form in forms)
    return _SIGNING.format(known=known, issuer=quoted(GITHUB_ISSUER), expression=quoted(expression), begin=begin)


def _waiver(ignored: IgnoredAdvisory) -> str:
    end = "from the imported list: check it" if ignored.until else f"{MISSING}: the last day on which it is valid"
    rows = [
        ("id", ignored.id, ""),
        ("package", ignored.package, "" if ignored.package else "limit it to one package if you can"),
        ("reason", ignored.reason, "" if ignored.reason else f"{MISSING}: why is this acceptable?"),
        ("owner", "", f"{MISSING}: who is responsible?"),
        ("date", "", f"{MISSING}: the date of the decision, for example 2026-01-31"),
        ("expires", ignored.until, end),
    ]
    lines = [f"\n# From {_line(ignored.source)}:\n# [[waivers]]\n"]
    lines += [f"# {key} = {quoted(value)}" + (f"  # {said}" if said else "") + "\n" for key, value, said in rows]
    return "".join(lines)


def _line(text: str) -> str:
    return without_credentials(printable(text))


_HEAD = """\
# Configuration of sealwright for this project. Every key is optional. A commented-out key shows its default:
# uncomment it to change it. All keys: docs/configuration.md of sealwright.

# The name of the component; names of released files begin with it."""

_REPRODUCIBLE_BACKENDS = ("hatchling", "flit_core", "flit_scm", "uv_build")
"""Build backends that write the same bytes whatever the umask and the files' times are, without any setting."""

_FEEDS = f"""\
# What is known to be exploited comes first: CISA's catalog (KEV) and FIRST's scores (EPSS), downloaded only if a vulnerability
# is found. Remove the lines where these hosts may not be asked.
[feeds]
kev = {quoted(DEFAULT_SOURCE)}
epss = {quoted(DEFAULT_SOURCE)}
"""

_BUILD = """\
# The build backend of this project copies modes or times of files into its archives, so that two builds differ: each distribution is
# repacked into one canonical form, its files unchanged.
[build]
normalise = true
"""

_SCOPES_HEAD = """\
# Which locks and groups are the product. Names that show development (dev, test, lint, docs) need no entry. An entry that is a
# comment is yours to decide: what is "excluded" is gated like the rest, and not judged by the licence rules, which the first
# release asks your consent for ([[policy.weakened]]).
"""

_REPORTING = """\
# Private reporting of vulnerabilities, for SECURITY.md and security.txt. Uncomment and fill in at least one.
[reporting]
# GitHub: enable private vulnerability reporting in the repository's settings first.
#github = {repository}
# email = ""
# url = ""
"""

_UPDATES = """\
# Which update tool `adopt` configures: "renovate", "dependabot" (security updates alone), "none", or "auto": both where they
# work, neither where the project has a configuration of its own.
[updates]
{mark}tool = {tool}
"""

_SIGNER_LINE = "# [[signing.identities]]"

_SIGNING = """\
# Names of released files: "versioned" (N-V-provenance.intoto.json, FILE.sigstore.json), or "conventional"
# (build-provenance.json, FILE.bundle) for a project whose published recipes use those.
[release]
# names = "versioned"

# How releases are signed: "sigstore" (keyless), or "checksums", which publishes digests without signatures.
# Keyless signing records the signer, here the name of the repository, in a public log, permanently. If that name is
# private, use "checksums", or a private Sigstore instance with trust_config.
[signing]
# mode = "sigstore"

# Authorized signers. At least one is required for a release, and only you can name it. This entry is the workflow
# release.yml, run for a tag that begins with {begin}.{known} Uncomment it if that is your signer.
# [[signing.identities]]
#issuer = {issuer}
#identity_regex = {expression}
#role = "release workflow"
#from = ""
"""

_WAIVERS_HEAD = """\
# Advisories that other tools of this project ignore. They are imported as comments and not in force: a waiver needs
# a reason, an owner and an expiry date. Fill in the values marked MISSING and uncomment the entry, or delete it.
"""
