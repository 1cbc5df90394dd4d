"""What a package declares about its licence, read from core metadata without guessing.

In order: a valid `License-Expression` (PEP 639); a legacy `License` that is an SPDX expression or a well
known name for one, if no classifier contradicts it; classifiers that mean exactly one licence. What
means several licences ("BSD License") stays a name. Two classifiers are two statements: whether one may
choose between them, or must follow both, the metadata does not state, and neither does the SBOM.

Source: PEP 639, sections "Deprecate license classifiers" and "Mapping License Identifiers to Classifiers".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from ops.supply_chain.contracts.values.core_metadata import CoreMetadata
from ops.supply_chain.core.text import printable
from ops.supply_chain.inventory.model.document import UNKNOWN_LICENCE, Licence
from ops.supply_chain.inventory.model.licence_names import ALIASES, AMBIGUOUS, CLASSIFIERS, SAYS_NOTHING

LONGEST_EXPRESSION = 200
"""Characters; a longer text is never read as an expression."""

LONGEST_NAME = 100
"""Characters of a licence name that are kept."""

_PREFIX = "License :: "
_OSI = "OSI Approved :: "
_IDENTIFIERS = re.compile(r"[A-Za-z0-9.+:-]+")
_WORDS = re.compile(r"[^a-z0-9.+]+")


def licence_of(metadata: CoreMetadata) -> Licence:
    """Return what one distribution's metadata declares.

    Args:
        metadata: Any; its text is untrusted.
    """
    expression = canonical_expression(metadata.licence_expression)
    if expression:
        return Licence(expression=expression, source="License-Expression")
    classifiers = tuple(sorted({name for name in map(_classifier, metadata.classifiers) if name}))
    legacy = canonical_expression(metadata.licence) or _alias(metadata.licence)
    if legacy and all(_agrees(name, legacy) for name in classifiers):
        return Licence(expression=legacy, source="License")
    if classifiers:
        return _of_classifiers(classifiers, legacy)
    named = _named(metadata.licence_expression, "License-Expression")
    return named if named.known else _named(metadata.licence, "License")


def licence_of_text(text: str, source: str) -> Licence:
    """Return the licence that a text such as the project's configuration gives; it is empty or one licence."""
    expression = canonical_expression(text) or _alias(text)
    return Licence(expression=expression, source=source) if expression else _named(text, source)


@lru_cache(maxsize=4096)
def canonical_expression(text: str) -> str:
    """Return an SPDX expression in its canonical spelling, or nothing where the text is not one."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    stripped = text.strip()
    if not stripped or len(stripped) > LONGEST_EXPRESSION or not stripped.isascii() or not stripped.isprintable():
        return ""
    try:
        return str(canonicalize_license_expression(stripped))
    except InvalidLicenseExpression:
        return ""


def is_identifier(expression: str) -> bool:
    """Return whether a canonical expression is one identifier of the SPDX list, and nothing more."""
    reference = expression.startswith(("LicenseRef-", "DocumentRef-"))
    return bool(_IDENTIFIERS.fullmatch(expression)) and not reference and not expression.endswith("+")


def _classifier(text: str) -> str:
    """Return the last part of a licence classifier, empty for what is not one or names no licence."""
    if not text.startswith(_PREFIX):
        return ""
    name = text.removeprefix(_PREFIX).removeprefix(_OSI).strip()
    return "" if name in SAYS_NOTHING else name


def _alias(text: str) -> str:
    stripped = text.strip()
    if len(stripped) > LONGEST_NAME or "\n" in stripped:
        return ""
    return ALIASES.get(" ".join(filter(None, _WORDS.split(stripped.lower()))), "")


def _agrees(classifier: str, expression: str) -> bool:
    """Return whether an expression contains a licence that a classifier can mean; an unknown classifier cannot."""
    found = set(_IDENTIFIERS.findall(expression))
    if classifier in CLASSIFIERS:
        return CLASSIFIERS[classifier] in found
    return any(name.startswith(AMBIGUOUS.get(classifier, ("\0",))) for name in found)


def _of_classifiers(classifiers: tuple[str, ...], legacy: str) -> Licence:
    ids = {CLASSIFIERS[name] for name in classifiers if name in CLASSIFIERS}
    names = {_short(name) for name in classifiers if name not in CLASSIFIERS}
    if legacy:  # it names other licences than the classifiers: both statements are kept
        (ids if is_identifier(legacy) else names).add(legacy)
    if len(ids) == 1 and not names:
        return Licence(expression=ids.pop(), source="Classifier")
    return Licence(ids=_sorted(ids), names=_sorted(names), source="Classifier")


def _named(text: str, source: str) -> Licence:
    name = _short(next(filter(None, map(str.strip, text.splitlines())), ""))
    if not name or name.upper() in ("UNKNOWN", "NONE"):
        return UNKNOWN_LICENCE
    return Licence(names=(name,), source=source)


def _short(text: str) -> str:
    clean = printable(text).strip()
    return clean if len(clean) <= LONGEST_NAME else f"{clean[: LONGEST_NAME - 1]}…"


def _sorted(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(texts))
