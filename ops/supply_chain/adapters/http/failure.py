"""Every failure of an HTTP exchange as one error, with reason and remedy."""

from __future__ import annotations

from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import printable, without_credentials

_ADVICE_BY_STATUS = {
    401: "Put a user and password for that host into the netrc file, and its address into [index], then run again.",
    403: "Check that the account in the netrc file for that host may read it, then run again.",
    404: "Check the address in the configuration, then run again.",
    407: "Put the proxy's user and password into HTTPS_PROXY, then run again.",
    429: "Wait until the service lets this machine ask again, then run again.",
}
_TOO_LONG = 300


class Failed(Exception):  # noqa: N818 - a reason on its way to becoming an UnavailableError
    """One exchange failed.

    Args:
        reason: What happened, the end of a sentence.
        advice: What to do, one sentence; empty means the remedy of the system.
        transient: True if a retry may help.
        wait_seconds: How long the server asks to wait.
    """

    def __init__(
        self, reason: str, *, advice: str = "", transient: bool = False, wait_seconds: float | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice
        self.transient = transient
        self.wait_seconds = wait_seconds


def address(url: str) -> str:
    """Return a URL, safe to show: no user, no password, no query, one printable line."""
    shown = printable(without_credentials(url)).split("#")[0].split("?")[0]
    return shown if len(shown) <= _TOO_LONG else shown[:_TOO_LONG] + "..."


def unavailable(system: str, url: str, failure: Failed, *, remedy: str) -> UnavailableError:
    """Return the error that adapters raise for a failed exchange.

    Args:
        system: The name of the system, for example `package index`.
        url: The requested address; shown redacted.
        failure: What happened.
        remedy: What to do if the failure has no advice of its own.
    """
    return UnavailableError(f"{system} {address(url)}: {printable(failure.reason)}", hint=failure.advice or remedy)


def status_failure(status: int, *, wait_seconds: float | None = None) -> Failed:
    """Return the failure for an HTTP error status."""
    transient = status in (408, 429) or 500 <= status < 600  # noqa: PLR2004 - RFC 9110 sections 15.5.9, 15.6
    return Failed(
        f"answered with HTTP status {status}",
        advice=_ADVICE_BY_STATUS.get(status, ""),
        transient=transient,
        wait_seconds=wait_seconds,
    )


def transport_failure(error: Exception) -> Failed:
    """Describe what httpx, TLS or the operating system raised.

    Args:
        error: An `httpx.HTTPError`, `httpx.InvalidURL`, `OSError` or `UnicodeError`.
    """
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        advice = "Name the file with the right certificate authorities in SSL_CERT_FILE, then run again."
        return Failed(f"its TLS certificate is not trusted ({_said(error)})", advice=advice)
    for kinds, reason, transient, advice in _transport_rows():
        if isinstance(error, kinds):
            return Failed(reason.format(said=_said(error)), advice=advice, transient=transient)
    return Failed(f"cannot be asked ({_said(error)})")


def _transport_rows() -> tuple[tuple[tuple[type[Exception], ...], str, bool, str], ...]:
    """Return, most special first: kinds of error, what to say, whether asking again may help, what to do."""
    import httpx

    proxy = "Check HTTPS_PROXY and NO_PROXY, then run again."
    return (
        ((httpx.ConnectTimeout, httpx.PoolTimeout), "no connection in time", True, ""),
        ((httpx.TimeoutException,), "no answer in time", True, ""),
        ((TimeoutError,), "the answer was not complete in time", False, ""),
        ((httpx.ProxyError,), "the proxy refused ({said})", False, proxy),
        ((httpx.ConnectError,), "cannot be reached ({said})", True, ""),
        ((httpx.NetworkError, httpx.RemoteProtocolError), "broke off its answer ({said})", True, ""),
    )


def _said(error: Exception) -> str:
    said = printable(without_credentials(str(error))) or type(error).__name__
    return said if len(said) <= _TOO_LONG else said[:_TOO_LONG] + "..."
