"""Services that this machine does not reach, behind a proxy on loopback: OSV's snapshot, CISA's list, PyPI's Integrity API.

A program that is configured as its users configure it (`HTTPS_PROXY`, `SSL_CERT_FILE`) gets answers at the usual
addresses: `environment()` names the proxy and the certificates. What is not known here goes to where it is addressed:
the package index is the real one. Used as a context manager:

    with FakeInternet(folder, {"storage.googleapis.com": osv_snapshots}) as internet:
        subprocess.run(words, env={**os.environ, **internet.environment()})
"""

from __future__ import annotations

import http.client
import os
import select
import socket
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.fakes.running import Running

AUTHORITIES = Path(os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"))
IDLE_SECONDS = 60
CHUNK_BYTES = 1 << 16
HOP_BY_HOP = {"connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer"}


class Reply(NamedTuple):
    """One answer of a service."""

    status: int
    body: bytes
    kind: str = "application/json"


Service = Callable[[str], Reply | None]
"""Path -> answer; None where the real host is asked."""


class FakeInternet(Running):
    """The proxy.

    Args:
        folder: For keys and certificates.
        services: Host -> what answers for it.
    """

    def __init__(self, folder: Path, services: Mapping[str, Service]) -> None:
        self.services = services
        self.asked: list[str] = []
        self.authorities = folder / "authorities.pem"
        self._certificates = _certificates(folder, sorted(services), self.authorities)
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Proxy)
        server.daemon_threads = True
        server.block_on_close = False
        vars(server)["internet"] = self
        super().__init__(server)

    def environment(self) -> dict[str, str]:
        """Return the variables by which a program finds the proxy and trusts its certificates."""
        names = dict.fromkeys(
            ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT"), str(self.authorities)
        )
        return {"HTTPS_PROXY": self.address, "NO_PROXY": "127.0.0.1,localhost", **names}

    def context(self, host: str) -> ssl.SSLContext:
        """Return the TLS settings with which a host is played."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificates[host])
        return context


class _Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_CONNECT(self) -> None:
        internet: FakeInternet = vars(self.server)["internet"]
        host, _, port = self.path.rpartition(":")
        self.close_connection = True
        if host not in internet.services:
            self._tunnel(host, int(port))
            return
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            with internet.context(host).wrap_socket(self.connection, server_side=True) as connection:
                _Played(connection, self.client_address, self.server, host=host, internet=internet)
        except OSError:
            return

    def _tunnel(self, host: str, port: int) -> None:
        try:
            far = socket.create_connection((host, port), timeout=IDLE_SECONDS)
        except OSError:
            self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with far:
            _relay(self.connection, far)


def _relay(near: socket.socket, far: socket.socket) -> None:
    while True:
        ready, _, _ = select.select([near, far], [], [], IDLE_SECONDS)
        if not ready:
            return
        for source in ready:
            try:
                data = source.recv(CHUNK_BYTES)
                if not data:
                    return
                (far if source is near else near).sendall(data)
            except OSError:
                return


class _Played(BaseHTTPRequestHandler):
    """Requests to a host that is played here."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(
        self, connection: ssl.SSLSocket, address: object, server: object, *, host: str, internet: FakeInternet
    ) -> None:
        self._host, self._internet = host, internet
        authorities = ssl.create_default_context(cafile=str(AUTHORITIES))
        self._far = http.client.HTTPSConnection(host, timeout=IDLE_SECONDS, context=authorities)
        try:
            super().__init__(connection, address, server)  # type: ignore[arg-type]
        finally:
            self._far.close()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self._internet.asked.append(f"{self.command} https://{self._host}{self.path}")
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else None
        reply = self._internet.services[self._host](self.path)
        if reply is None:
            self._forward(body)
            return
        self._send(reply.status, reply.body, {"Content-Type": reply.kind})

    def _forward(self, body: bytes | None) -> None:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        try:
            answer, data = self._ask(body, headers)
        except (OSError, http.client.HTTPException):
            self._send(502, b"", {})
            return
        dropped = HOP_BY_HOP if self.command == "HEAD" else {*HOP_BY_HOP, "content-length"}
        kept = {name: value for name, value in answer.getheaders() if name.lower() not in dropped}
        self._send(answer.status, data, kept)

    def _ask(self, body: bytes | None, headers: Mapping[str, str]) -> tuple[http.client.HTTPResponse, bytes]:
        """Ask the real host; the connection stays open, because a request for each of many packages follows."""
        try:
            self._far.request(self.command, self.path, body, dict(headers))
            answer = self._far.getresponse()
        except (OSError, http.client.HTTPException):  # closed meanwhile
            self._far.close()
            self._far.request(self.command, self.path, body, dict(headers))
            answer = self._far.getresponse()
        return answer, answer.read()

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "content-length" not in map(str.lower, headers):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _certificates(folder: Path, hosts: list[str], authorities: Path) -> dict[str, Path]:
    """Write an authority that signs a certificate for each host; return host -> file with key and certificate."""
    now = datetime.now(UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    authority = (
        _certificate(name, name, key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    authorities.write_bytes(AUTHORITIES.read_bytes() + authority.public_bytes(serialization.Encoding.PEM))
    found = {}
    for host in hosts:
        own = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        leaf = (
            _certificate(subject, name, own.public_key(), now)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(key, hashes.SHA256())
        )
        plain = serialization.NoEncryption()
        private = own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        found[host] = folder / f"{host}.pem"
        found[host].write_bytes(private + leaf.public_bytes(serialization.Encoding.PEM))
    return found


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    day = timedelta(days=1)
    built = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    return built.serial_number(x509.random_serial_number()).not_valid_before(now - day).not_valid_after(now + day)
