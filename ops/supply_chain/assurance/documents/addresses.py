"""Addresses that the configuration gives for publication; each is checked before it is written."""

from __future__ import annotations

import re

from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.formats.markdown import is_web_address

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_REPOSITORY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/[A-Za-z0-9._-]{1,100}")
_PLACEHOLDERS = frozenset({"OWNER/REPO", "OWNER/NAME"})
_CONTACT = re.compile(r"tel:\+[0-9-]{4,20}")


def https(address: str, *, where: str) -> str:
    """Return an https address as it is.

    Raises:
        UsageError: It is not an https address, or contains a user name.
    """
    if is_web_address(address) and without_credentials(address) == address:
        return address
    raise _refused(where, address, "an https address without credentials")


def email(address: str, *, where: str) -> str:
    """Return a mail address as it is.

    Raises:
        UsageError: It is not a mail address.
    """
    if _EMAIL.fullmatch(address):
        return address
    raise _refused(where, address, "a mail address")


def repository(name: str, *, where: str) -> str:
    """Return OWNER/REPO as it is.

    Raises:
        UsageError: It has another form.
    """
    if name in _PLACEHOLDERS:
        raise _refused(where, name, "your own owner and repository in place of the placeholder")
    if _REPOSITORY.fullmatch(name) and name.rpartition("/")[2] not in {".", ".."}:
        return name
    raise _refused(where, name, "OWNER/REPO")


def contact(address: str, *, where: str) -> str:
    """Return a contact of security.txt as it is: `mailto:`, `https:` or `tel:`.

    Raises:
        UsageError: It has another form.
    """
    scheme, _, rest = address.partition(":")
    if (scheme == "mailto" and _EMAIL.fullmatch(rest)) or _CONTACT.fullmatch(address):
        return address
    return https(address, where=where)


def _refused(where: str, given: str, expected: str) -> UsageError:
    shown = printable(without_credentials(given))
    return UsageError(
        f"{CONFIG_NAME}: {where} is {shown!r}: expected {expected}",
        hint=f"Correct {where}.",
        kind=ErrorClass.CONFIGURATION,
    )
