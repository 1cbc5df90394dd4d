"""The address of a scheduler, and the certificates of a connection with TLS.

A scheduler and its workers run what they are sent, and what they send is unpickled here: they have to be trusted like this
machine. With `tls:` both sides show certificates of one authority.

Source: https://distributed.dask.org/en/stable/tls.html
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ops.supply_chain.core.errors import ErrorClass, UnavailableError, UsageError

if TYPE_CHECKING:
    from distributed.security import Security

AUTHORITY_VARIABLE = "SEALWRIGHT_FLEET_CA"
CERTIFICATE_VARIABLE = "SEALWRIGHT_FLEET_CERT"
KEY_VARIABLE = "SEALWRIGHT_FLEET_KEY"
TLS_VARIABLES = (AUTHORITY_VARIABLE, CERTIFICATE_VARIABLE, KEY_VARIABLE)
"""Files with the certificates of the authority, and with certificate and key of this client; all PEM."""

INSTALL_HINT = "Install sealwright[fleet], or dask[distributed] into the environment that runs the stage."


def checked_address(address: str) -> str:
    """Return the address of a scheduler as it was given.

    Raises:
        UsageError: It is none.
    """
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("tcp", "tls") and bool(parts.hostname) and bool(parts.port)
        usable = usable and not (parts.username or parts.path or parts.query or parts.fragment)
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(
            "--scheduler: expected the address of a Dask scheduler",
            hint="Write it as tcp://HOST:8786 or tls://HOST:8786.",
            kind=ErrorClass.COMMAND_LINE,
        )
    return address


def security_for(address: str, environment: Mapping[str, str]) -> Security:
    """Return the security of a connection: of `tls:` with the files that the environment names, else Dask's configuration.

    Args:
        address: A checked address.
        environment: The variables of this process.
    Raises:
        UnavailableError: Dask is not installed, or a file cannot be read.
        UsageError: Only some of the files are named.
    """
    try:
        from distributed.security import Security
    except ImportError as error:
        raise UnavailableError("--scheduler: dask and distributed are not installed", hint=INSTALL_HINT) from error
    if not address.startswith("tls:"):
        return Security(require_encryption=False)
    files = {name: environment.get(name, "") for name in TLS_VARIABLES}
    if not any(files.values()):
        security = Security(require_encryption=True)
        if not security.tls_ca_file:
            raise UsageError(
                f"--scheduler: tls: needs certificates, and neither {AUTHORITY_VARIABLE} nor Dask's configuration names any",
                hint=f"Set {', '.join(TLS_VARIABLES)} to files in PEM form.",
                kind=ErrorClass.CONFIGURATION,
            )
        return security
    for name, path in files.items():
        if not path:
            raise UsageError(
                f"{name} is not set, and another one of {', '.join(TLS_VARIABLES)} is",
                hint="Set all three to files in PEM form.",
                kind=ErrorClass.CONFIGURATION,
            )
        if not Path(path).is_file():
            raise UnavailableError(f"{name}: there is no such file", hint="Correct the path, then run again.")
    return Security(
        tls_ca_file=files[AUTHORITY_VARIABLE],
        tls_client_cert=files[CERTIFICATE_VARIABLE],
        tls_client_key=files[KEY_VARIABLE],
        require_encryption=True,
    )
