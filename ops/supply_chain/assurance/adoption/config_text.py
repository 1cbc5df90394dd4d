"""The first `.security-config.toml` of a project: every default explained, none of them changed.

What a person must decide is written as a comment: an imported ignore, a signer. A line that begins with `# ` and is
TOML without it shows a default, so that taking the mark away changes nothing (a test does that).

Source: docs/configuration.md, which lists every key.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import msgspec

from ops.supply_chain.assurance.adoption.model import IgnoredAdvisory, ProjectSurvey
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.core.text import printable, without_credentials

GITHUB_ISSUER = "https://token.actions.githubusercontent.com"
"""OIDC issuer of GitHub Actions, which the certificates of its workflows name."""

MISSING = "MISSING"
"""Marks what a person has to fill in. The value itself stays empty: with the '# ' taken away and nothing filled in,
the entry is malformed, and waives nothing.
"""

_SHOWN: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    (
        "locks",
        "Which files are locks, and how `nox -s lock` makes them.",
        (
            ("cool_down_days", "Least age in days of a release that a compile may pick."),
            ("include", "Globs of the files that are locks; empty means the usual names, wherever they lie."),
            ("exclude", "Globs of what is left out, for example locks of examples that are never shipped."),
            ("python_version", "The Python that is locked for; empty means the one that runs the pipeline."),
            ("universal", "Lock for every platform at once."),
        ),
    ),
    (
        "sbom",
        "Who makes the SBOM and who the product; what is empty is written as unknown, never guessed.",
        (("author", ""), ("producer", ""), ("licence", "SPDX expression, where pyproject.toml does not say it.")),
    ),
    (
        "gate",
        "The least severity that stops a release; findings below it stay visible and pass.",
        (("fail_on", ""),),
    ),
    (
        "waiver_rules",
        "For how many days a waiver may be valid, and how many days ahead its expiry is reported.",
        (("max_days", ""), ("warn_days", ""), ("zone", "Time zone in which its last day ends.")),
    ),
    ("retention", "For how many days a release is kept.", (("days", ""),)),
    (
        "public_log",
        "`age` public keys of those who may read findings of a run with a public log.",
        (("recipients", ""),),
    ),
)


def config_text(survey: ProjectSurvey) -> str:
    """Return the file's content.

    Args:
        survey: What was found.
    """
    parts = [_HEAD, f"component_name = {quoted(survey.name)}\n", *(_table(row, survey) for row in _SHOWN)]
    parts += [_REPORTING.format(repository=quoted(survey.repository or "OWNER/REPO")), _signing(survey)]
    parts.append(waivers_text(survey.ignored.entries))
    return "\n".join(part for part in parts if part)


def waivers_text(entries: Sequence[IgnoredAdvisory]) -> str:
    """Return imported ignores as entries that are commented out, with what is missing marked; empty for none."""
    if not entries:
        return ""
    return _WAIVERS_HEAD + "".join(map(_waiver, entries))


def quoted(text: str) -> str:
    """Return a text as a TOML string of one line, with every control character as `?`."""
    return json.dumps(without_credentials(printable(text)), ensure_ascii=False)


def _table(row: tuple[str, str, tuple[tuple[str, str], ...]], survey: ProjectSurvey) -> str:
    name, about, keys = row
    lines = [f"# {about}", f"[{name}]"]
    table = getattr(Config(), name)
    for key, said in keys:
        lines += [f"# {said}"] if said else []
        if key == "python_version" and survey.python:
            lines.append(f"# The project itself says {quoted(survey.python)} ({_line(survey.python_source)}).")
        lines.append(f"# {key} = {json.dumps(msgspec.to_builtins(getattr(table, key)))}")
    return "\n".join(lines) + "\n"


def _signing(survey: ProjectSurvey) -> str:
    owner = survey.repository or "OWNER/REPO"
    known = "" if survey.repository else " Replace OWNER/REPO."
    expression = (
        f"https://github\\.com/{owner.replace('.', chr(92) + '.')}/\\.github/workflows/release\\.yml@refs/tags/v.+"
    )
    return _SIGNING.format(known=known, issuer=quoted(GITHUB_ISSUER), expression=quoted(expression))


def _waiver(ignored: IgnoredAdvisory) -> str:
    end = "as that list says: check it" if ignored.until else f"{MISSING}: the last day on which it holds"
    rows = [
        ("id", ignored.id, ""),
        ("package", ignored.package, "" if ignored.package else "narrow it to one package, if you can"),
        ("reason", ignored.reason, "" if ignored.reason else f"{MISSING}: why does this not hurt us?"),
        ("owner", "", f"{MISSING}: who answers for it?"),
        ("date", "", f"{MISSING}: the day on which you decided, like 2026-01-31"),
        ("expires", ignored.until, end),
    ]
    lines = [f"\n# From {_line(ignored.source)}:\n# [[waivers]]\n"]
    lines += [f"# {key} = {quoted(value)}" + (f"  # {said}" if said else "") + "\n" for key, value, said in rows]
    return "".join(lines)


def _line(text: str) -> str:
    return without_credentials(printable(text))


_HEAD = """\
# What sealwright knows of this project. Every key is optional. A line that begins with '# ' and a key shows the
# default: take the '# ' away to change it. All keys: docs/configuration.md of sealwright.

# The name of the component; the files of a release begin with it."""

_REPORTING = """\
# How vulnerabilities are reported in private, for SECURITY.md and security.txt. Fill in at least one, remove the '#'.
[reporting]
# On GitHub, once private vulnerability reporting is switched on in the repository's settings:
#github = {repository}
# email = ""
# url = ""
"""

_SIGNING = """\
# How releases are signed: "sigstore" (keyless), or "checksums", which publishes digests and calls nothing signed.
# Keyless signing writes who signs, here the name of the repository, to a public log, for ever. If that name is
# private, take "checksums", or an instance of your own with trust_config.
[signing]
# mode = "sigstore"

# Who signs. Without an entry nothing can be released: naming the signer is a decision, so it is left to you. This one
# is the workflow release.yml, run for a tag that begins with v.{known} Take the '#' away once it is the one that you mean.
# [[signing.identities]]
#issuer = {issuer}
#identity_regex = {expression}
#role = "release workflow"
#from = ""
"""

_WAIVERS_HEAD = """\
# Findings that other tools of this project were told to ignore. Imported, and none of them is in force: a waiver
# needs a reason, an owner, and a day on which it ends. Fill in what is marked, take the '# ' away, delete the rest.
"""
