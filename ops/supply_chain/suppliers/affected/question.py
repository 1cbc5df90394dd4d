"""A question as it is typed: an advisory, a package with versions, a digest, a file or a folder.

    >>> read_question("CVE-2026-12345").ids
    ('CVE-2026-12345',)
    >>> read_question("urllib3 < 2.6.3").package
    PackageName(type='pypi', namespace='', name='urllib3')
    >>> str(read_question("npm:@babel/core@7.0.0").versions)
    '==7.0.0'

Source: https://packaging.python.org/en/latest/specifications/dependency-specifiers/, ECMA-427 (package URLs),
https://github.com/package-url/vers-spec, https://ossf.github.io/osv-schema/#id-modified-fields
"""

from __future__ import annotations

import base64
import binascii
import re
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import quote, unquote

from ops.supply_chain.contracts.values.received_sbom import PackageIdentity
from ops.supply_chain.contracts.values.registry import PackageName
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.purl import read_purl
from ops.supply_chain.formats.version_orders.ecosystems import known_ecosystem, purl_types_of
from ops.supply_chain.formats.version_orders.purl_types import ecosystem_of
from ops.supply_chain.suppliers.affected.versions import (
    BadVersionsError,
    Versions,
    exactly,
    read_comparators,
    read_range,
)

LONGEST = 4096
"""Characters of a question."""

EXAMPLES = "CVE-2026-12345, 'urllib3<2.6.3', 'npm:left-pad<1.3', pkg:npm/left-pad@1.3.0, sha256:..., ./folder"


class QuestionKind(StrEnum):
    """What is asked for."""

    ADVISORY = "advisory"
    PACKAGE = "package"
    DIGEST = "digest"
    PATH = "path"


class QuestionError(ValueError):
    """A text that is no question; the message has what was expected."""


class Question(NamedTuple):
    """One question.

    `text` is as typed. `ids` are identifiers of an advisory, in their usual spelling. `package` is None where only a name is
    asked for, of whatever ecosystem: then `name` is it, as typed. `release` is the release of a distribution, as a package URL
    has it (`debian-12`); empty for any. `typed_name` is the name of the package in `text`. `digest` are lower-case hexadecimal digits, `algorithm` is empty where only their number
    shows it.
    """

    kind: QuestionKind
    text: str
    ids: tuple[str, ...] = ()
    package: PackageName | None = None
    name: str = ""
    versions: Versions = Versions("")
    release: str = ""
    digest: str = ""
    algorithm: str = ""
    typed_name: str = ""


_ADVISORY = re.compile(
    r"(?i:CVE-\d{4}-\d{1,19}|GHSA(?:-[a-z0-9]{4}){3}|[A-Z][A-Z0-9]*(?:-[A-Z][A-Z0-9]*)*-\d{4}[-:]\d+)"
    r"|(?i:DSA|DLA|DTSA|USN|LSN|RHSA|RHBA|ALSA|ALBA|RLSA|ELSA|SUSE-SU|OSV|PYSEC|RUSTSEC|MAL)-[A-Za-z0-9:._-]*\d[A-Za-z0-9:._-]*"
    r"|(?!CVE-|GHSA-)[A-Z][A-Z0-9]*-[A-Z0-9:._-]*\d[A-Z0-9:._-]*"
)
"""Known kinds in any case, a year and a number, and whatever is written as identifiers are: in upper case with a digit. What is
taken for a package by mistake would be called absent."""

_NEARLY_ADVISORY = re.compile(r"(?:CVE|GHSA|PYSEC)[-_ ]?[\w-]*\d[\w -]*", re.IGNORECASE)
_DIGEST = re.compile(
    r"(?P<algorithm>md5|sha-?1|sha-?(?:224|256|384|512)|sha3-(?:256|384|512)|blake2b-(?:256|384|512))[:=]\s*"
    r"(?P<hex>[0-9a-f]+)",
    re.IGNORECASE,
)
_SRI = re.compile(r"(?P<algorithm>sha(?:1|256|384|512))-(?P<value>[A-Za-z0-9+/]{20,}={0,2})")
_BARE = re.compile(r"[0-9a-fA-F]+")
_HEX_LENGTHS = {"md5": 32, "sha-1": 40, "sha-224": 56, "sha-256": 64, "sha-384": 96, "sha-512": 128}
_BARE_LENGTHS = frozenset({32, 40, 64, 96, 128})
_REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[A-Za-z0-9._,\s-]*\])?\s*"
    r"(?:\((?P<inner>[^()]+)\)|(?P<range>[<>=!~].*)|@\s*(?P<exact>[^\s/:@]+))?"
)
_PREFIXED = re.compile(r"(?P<ecosystem>[A-Za-z][A-Za-z0-9._-]*(?::(?:v?\d[\w.]*|[a-z]+(?=:))){0,1})[:/](?P<rest>\S.*)")
_NAME_RANGE = re.compile(r"(?P<name>[^\s<>=!~]+?)\s*(?:(?P<range>(?:[<>=!~]|vers:).*)|\s(?P<spaced>vers:.*))?")
_DISTRIBUTIONS = frozenset({"Alpine", "Debian", "Ubuntu"})


def read_question(text: str) -> Question:
    """Read a question that is no path.

    Raises:
        QuestionError: It is none.
    """
    typed = text.strip()
    if not typed:
        raise QuestionError("the question is empty")
    if len(typed) > LONGEST:
        raise QuestionError(f"the question has more than {LONGEST} characters")
    if not typed.isprintable():
        raise QuestionError("the question has a character that cannot be printed")
    try:
        return _read(typed)
    except BadVersionsError as error:
        raise QuestionError(f"{excerpt(typed)}: {error}") from error


def looks_like_path(text: str) -> bool:
    """Return whether a text is written as a path: it begins with `.`, `/` or `~`, or has a backslash or a drive."""
    return text.startswith((".", "/", "~")) or bool(re.match(r"[A-Za-z]:[\\/]|\\\\", text))


def _read(typed: str) -> Question:
    if typed[:4].lower() == "pkg:":
        return _of_purl(typed)
    if typed[:5].lower() == "vers:":
        raise QuestionError(f"{excerpt(typed)}: a range alone names no package: write pkg:npm/left-pad@vers:npm/<1.3")
    if _ADVISORY.fullmatch(typed):
        return Question(QuestionKind.ADVISORY, typed, ids=(_usual(typed),))
    digest = _digest(typed)
    if digest is not None:
        return digest
    if _NEARLY_ADVISORY.fullmatch(typed):
        raise QuestionError(f"{excerpt(typed)}: is no identifier of an advisory: expected for example CVE-2026-12345")
    prefixed = _of_ecosystem(typed)
    if prefixed is not None:
        return prefixed
    return _requirement(typed)


def _usual(text: str) -> str:
    """Return an identifier in upper case, but for the letters that GitHub's ids have in lower case."""
    head, dash, rest = text.partition("-")
    return f"GHSA-{rest.lower()}" if head.upper() == "GHSA" else f"{head.upper()}{dash}{rest.upper()}"


def _digest(typed: str) -> Question | None:
    sri = _SRI.fullmatch(typed)
    if sri is not None:
        try:
            value = base64.b64decode(sri["value"], validate=True).hex()
        except binascii.Error:
            value = ""
        algorithm = _dashed(sri["algorithm"])
        if len(value) == _HEX_LENGTHS[algorithm]:
            return Question(QuestionKind.DIGEST, typed, digest=value, algorithm=algorithm)
    found = _DIGEST.fullmatch(typed)
    if found is not None:
        algorithm, value = _dashed(found["algorithm"].lower()), found["hex"].lower()
        expected = _HEX_LENGTHS.get(algorithm, int(algorithm.rpartition("-")[2]) // 4 if "-" in algorithm else 0)
        if len(value) != expected:
            raise QuestionError(f"{algorithm}: expected {expected} hexadecimal digits, found {len(value)}")
        return Question(QuestionKind.DIGEST, typed, digest=value, algorithm=algorithm)
    if re.match(r"(?:md5|sha-?\d+)[:=]", typed, re.IGNORECASE):
        raise QuestionError(f"{excerpt(typed)}: expected hexadecimal digits after the colon")
    if _BARE.fullmatch(typed) and len(typed) in _BARE_LENGTHS:
        return Question(QuestionKind.DIGEST, typed, digest=typed.lower())
    return None


def _dashed(algorithm: str) -> str:
    return re.sub(r"^sha-?(1|224|256|384|512)$", r"sha-\1", algorithm)


def _of_purl(typed: str) -> Question:
    head, found, bounds = _split_purl(typed)
    package = read_purl(f"pkg:{head[4:]}")
    if package is None:
        raise QuestionError(f"{excerpt(typed)}: is no package URL: expected for example pkg:npm/left-pad@1.3.0")
    name = PackageName(package.type, package.namespace, package.name)
    qualifiers = dict(package.qualifiers)
    release = qualifiers.get("distro", "").lower()
    ecosystem = ecosystem_of(name, release)
    version = package.version
    if version[:5] == "vers:" or "vers" in qualifiers:
        if found or (version and "vers" in qualifiers):
            raise QuestionError(f"{excerpt(typed)}: names versions twice")
        written = qualifiers.get("vers") or version
        versions = read_range(written, ecosystem, package.type)
    elif bounds:
        if version:
            raise QuestionError(f"{excerpt(typed)}: names versions twice")
        versions = read_comparators(bounds, ecosystem, package.type)
    elif version:
        versions = exactly(_with_epoch(package), ecosystem, package.type)
    else:
        versions = Versions(ecosystem, package.type)
    return Question(
        QuestionKind.PACKAGE, typed, package=name, versions=versions, release=release, typed_name=package.name
    )


def _split_purl(typed: str) -> tuple[str, str, str]:
    """Return a package URL, and the range that follows it: `pkg:npm/a<1`, `pkg:npm/a vers:npm/<1`, `pkg:npm/a@vers:npm/<1`."""
    spaced, space, after = typed.partition(" ")
    if space:
        return spaced, space, after.strip()
    start, at, rest = typed.partition("@vers:")
    if at:
        return start, at, f"vers:{rest}"
    found = re.match(r"(?P<purl>pkg:[^?#<>=!~]+?)(?P<range>(?:<=|>=|==|!=|~=|<|>|=).*)", typed, re.IGNORECASE)
    return (found["purl"], "range", found["range"]) if found else (typed, "", "")


def _with_epoch(package: PackageIdentity) -> str:
    epoch = dict(package.qualifiers).get("epoch", "0")
    needs = epoch.isdigit() and epoch.strip("0") and ":" not in package.version
    return f"{epoch}:{package.version}" if needs else package.version


def _of_ecosystem(typed: str) -> Question | None:
    """Return a question with the name of an ecosystem or a type of package URLs before it: `npm:left-pad<1.3`."""
    found = _PREFIXED.fullmatch(typed)
    if found is None:
        return None
    base, _, suffix = found["ecosystem"].partition(":")
    types = purl_types_of(base)
    if not types:
        if ":" in typed.split("/", maxsplit=1)[0] and "://" not in typed:
            raise QuestionError(
                f"{excerpt(typed)}: no ecosystem is called {base[:40]!r}: use npm, maven, go, cargo, debian and so on, or a package URL"
            )
        return None
    if len(types) > 1:
        raise QuestionError(
            f"{excerpt(typed)}: write which distribution: {', '.join(sorted(name for _, name in types))}"
        )
    type_, distribution = types[0]
    split = _NAME_RANGE.fullmatch(found["rest"].strip())
    if split is None:
        raise QuestionError(f"{excerpt(typed)}: expected a name and a range, such as {base}:NAME<1.3")
    name, version = _name_and_version(split["name"], type_)
    package = _named(type_, distribution, name)
    if package is None:
        raise QuestionError(f"{excerpt(typed)}: {name[:60]!r} is no name of a package of {base}")
    release = f"{distribution}-{suffix.lower().removeprefix('v')}" if suffix and distribution else ""
    bounds = split["range"] or split["spaced"] or ""
    ecosystem = ecosystem_of(package, release)
    if version and bounds:
        raise QuestionError(f"{excerpt(typed)}: names versions twice")
    versions = (
        read_comparators(bounds, ecosystem, type_)
        if bounds
        else read_comparators(f"={version}", ecosystem, type_)
        if version
        else Versions(ecosystem, type_)
    )
    return Question(QuestionKind.PACKAGE, typed, package=package, versions=versions, release=release, typed_name=name)


def _name_and_version(text: str, type_: str) -> tuple[str, str]:
    start = 1 if type_ == "npm" and text.startswith("@") else 0
    at = text.find("@", start)
    return (text, "") if at < 0 else (text[:at], text[at + 1 :])


def _named(type_: str, distribution: str, name: str) -> PackageName | None:
    if type_ == "maven":
        group, _, artifact = name.replace("/", ":").rpartition(":")
        path = f"{group}/{artifact}" if group else artifact
    else:
        path = f"{distribution}/{name}" if distribution else name
    package = read_purl(f"pkg:{type_}/{quote(unquote(path), safe='/@')}")
    return None if package is None or package.version else PackageName(package.type, package.namespace, package.name)


def _requirement(typed: str) -> Question:
    if ";" in typed:
        raise QuestionError(
            f"{excerpt(typed)}: leave out the marker after the semicolon: every environment is searched"
        )
    found = _REQUIREMENT.fullmatch(typed)
    if found is None:
        raise QuestionError(f"{excerpt(typed)}: is no question; expected for example {EXAMPLES}")
    bounds = found["inner"] or found["range"] or ""
    name = found["name"]
    if not bounds and not found["exact"]:
        return Question(QuestionKind.PACKAGE, typed, name=name, typed_name=name)
    package = PackageName("pypi", "", normalise(name))
    ecosystem = known_ecosystem("PyPI")
    versions = (
        read_comparators(bounds, ecosystem, "pypi")
        if bounds
        else read_comparators(f"=={found['exact']}", ecosystem, "pypi")
    )
    return Question(QuestionKind.PACKAGE, typed, package=package, versions=versions, typed_name=name)
