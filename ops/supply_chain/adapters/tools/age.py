"""Encrypting to `age` recipients, so that only the holders of their keys can read.

Recipients are X25519 (`age1...`) and SSH (`ssh-ed25519 ...`, `ssh-rsa ...`) public keys. What is wrong
with one names its place in the configuration, never its text, which may be a secret key by mistake.

Source: https://age-encryption.org/v1; https://pypi.org/project/pyrage/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ops.supply_chain.core.errors import ErrorClass, OutputError, UsageError

SUFFIX = ".age"
WHERE = "[public_log].recipients"
SECRET_PREFIX = "AGE-SECRET-KEY-"  # noqa: S105 - how a secret key begins, not one


def encrypt(data: bytes, recipients: Sequence[str]) -> bytes:
    """Encrypt to every recipient.

    Args:
        data: What to encrypt.
        recipients: At least one public key.
    Returns:
        A binary age file; another one each time, because the file key is random.
    Raises:
        UsageError: There is no recipient, or one is no public key.
        OutputError: It cannot be encrypted.
    """
    pyrage = _library()
    if not recipients:
        raise UsageError(
            f"{WHERE} is empty", hint="Put the maintainers' age public keys there.", kind=ErrorClass.NO_CONFIGURATION
        )
    parsed = [_recipient(text.strip(), f"{WHERE}[{place}]") for place, text in enumerate(recipients)]
    try:
        return bytes(pyrage.encrypt(data, parsed))
    except pyrage.EncryptError as error:
        raise OutputError("the findings cannot be encrypted", hint="Check the keys in the configuration.") from error


def check_recipients(recipients: Sequence[str]) -> None:
    """Refuse configured recipients that are not public keys.

    Raises:
        UsageError: There is one.
    """
    for place, text in enumerate(recipients):
        _recipient(text.strip(), f"{WHERE}[{place}]")


def _library() -> Any:
    """Return the library.

    Raises:
        UsageError: It is not installed.
    """
    try:
        import pyrage  # type: ignore[import-untyped] # it has stubs, and no marker that says so
    except ImportError as error:
        raise UsageError(
            f"{WHERE}: findings cannot be encrypted without the package pyrage, which is not installed",
            hint="Install sealwright with its extra: 'sealwright[encrypted]'.",
            kind=ErrorClass.CONFIGURATION,
        ) from error
    return pyrage


def _recipient(text: str, where: str) -> Any:
    pyrage = _library()
    if text.upper().startswith(SECRET_PREFIX) or "PRIVATE KEY" in text:
        raise UsageError(
            f"{where} is a secret key",
            hint="Put the public key there, and make a new pair: this one is known now.",
            kind=ErrorClass.CONFIGURATION,
        )
    kind = pyrage.ssh.Recipient if text.startswith("ssh-") else pyrage.x25519.Recipient
    try:
        return kind.from_str(text)
    except pyrage.RecipientError as error:
        raise UsageError(
            f"{where} is no age recipient",
            hint="Expected age1..., ssh-ed25519 ... or ssh-rsa ..., a public key.",
            kind=ErrorClass.CONFIGURATION,
        ) from error
