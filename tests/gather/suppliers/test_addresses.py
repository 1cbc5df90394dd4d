"""Documents at addresses: what is there with its signatures, and nothing where a server misbehaves."""

from __future__ import annotations

import gzip
import io
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ops.supply_chain.adapters.files.supplier_files import GivenDocument
from ops.supply_chain.adapters.files.supplier_store import SignatureFile
from ops.supply_chain.adapters.http.client import Timeouts
from ops.supply_chain.core.errors import UnavailableError, UsageError
from ops.supply_chain.gather.suppliers import addresses
from ops.supply_chain.gather.suppliers.addresses import documents_at, is_address
from tests.fakes import bad_sockets, supplier_server
from tests.fakes.supplier_server import SupplierServer

DOCUMENT = b'{"bomFormat": "CycloneDX"}'
PATIENT = Timeouts(attempts=1)
QUICK = Timeouts(connect_seconds=0.5, read_seconds=0.5, total_seconds=1, attempts=1)


@pytest.fixture
def supplier() -> Iterator[SupplierServer]:
    with supplier_server.serving() as server:
        yield server


def taken(folder: Path, *urls: str, timeouts: Timeouts = PATIENT) -> list[GivenDocument]:
    return list(documents_at(urls, folder, offline=False, timeouts=timeouts))


def zipped(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, data)
    return out.getvalue()


def tarred(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def test_a_document_comes_with_the_signatures_next_to_it(tmp_path: Path, supplier: SupplierServer) -> None:
    url = supplier.has("/boms/a.cdx.json", DOCUMENT)
    supplier.has("/boms/a.cdx.json.sigstore.json", b"{}")
    supplier.has("/boms/a.cdx.json.sig", b"x", 403)
    [document] = taken(tmp_path, url)
    bundle = SignatureFile("a.cdx.json.sigstore.json", b"{}")
    assert document == GivenDocument(url, "a.cdx.json", DOCUMENT, (bundle,), source=url)


def test_a_page_for_everything_is_no_signature(tmp_path: Path, supplier: SupplierServer) -> None:
    url = supplier.has("/a.json", DOCUMENT)
    supplier.missing = 200, {"Content-Type": "text/html; charset=utf-8"}, b"<html>not here</html>"
    [document] = taken(tmp_path, url)
    assert document.signatures == ()


@pytest.mark.parametrize(
    ("path", "body", "names"),
    [
        ("/get", zipped("b.json", DOCUMENT), ["b.json"]),
        ("/get", tarred("b.json", DOCUMENT), ["b.json"]),
        ("/a.zip", zipped("b.json", DOCUMENT), ["b.json"]),
        ("/a.json.gz", gzip.compress(DOCUMENT, mtime=0), ["a.json.gz"]),
        ("/", DOCUMENT, ["document"]),
        ("/..%2f..%2fetc%2fpasswd", DOCUMENT, ["_.._etc_passwd"]),
        ("/%00%ff", DOCUMENT, ["__"]),
    ],
    ids=["zip", "tar", "zip by name", "gzip", "no name", "a path", "no text"],
)
def test_what_a_download_is_its_content_says(
    tmp_path: Path, supplier: SupplierServer, path: str, body: bytes, names: list[str]
) -> None:
    found = taken(tmp_path, supplier.has(path, body))
    assert [document.name for document in found] == names
    assert [document.problem for document in found] == [""]


def test_user_password_and_query_are_shown_nowhere(tmp_path: Path, supplier: SupplierServer) -> None:
    supplier.has("/a.json?token=secret", DOCUMENT)
    supplier.has("/a.json.sig?token=secret", b"x")
    url = supplier.url.replace("http://", "http://user:password@") + "/a.json?token=secret#secret"
    [document] = taken(tmp_path, url)
    assert document.place == document.source == f"{supplier.url}/a.json"
    assert [signature.name for signature in document.signatures] == ["a.json.sig"]
    supplier.answers.clear()
    with pytest.raises(UnavailableError) as caught:
        taken(tmp_path / "x", url)
    assert not any(word in caught.value.described() for word in ("secret", "password"))


@pytest.mark.parametrize(
    "location", ["http://192.168.0.1/a", "http://example.org/a", "ftp://127.0.0.1/a", "file:///etc/passwd", "//[::1"]
)
def test_a_redirect_leads_to_no_other_scheme_and_to_no_private_network(
    tmp_path: Path, supplier: SupplierServer, location: str
) -> None:
    with pytest.raises(UnavailableError):
        taken(tmp_path, supplier.has("/a", b"", 302, Location=location))


def test_redirects_end(tmp_path: Path, supplier: SupplierServer) -> None:
    supplier.has("/c.json", DOCUMENT)
    supplier.has("/b", b"", 301, Location="/c.json")
    [document] = taken(tmp_path / "fine", supplier.has("/a.json", b"", 302, Location="/b"))
    assert (document.name, document.data) == ("a.json", DOCUMENT)
    with pytest.raises(UnavailableError, match="redirects more than"):
        taken(tmp_path / "loop", supplier.has("/loop", b"", 302, Location="/loop"))


MISBEHAVING: dict[str, Callable[[SupplierServer], str]] = {
    "a shorter answer": lambda it: it.has("/a", DOCUMENT, Content_Length="1000"),
    "a longer answer than allowed": lambda it: it.has("/a", bytes(2000)),
    "a length that is too large": lambda it: it.has("/a", b"x", Content_Length="99999999999999999999"),
    "compressed unasked": lambda it: it.has("/a", gzip.compress(bytes(1 << 20), mtime=0), Content_Encoding="gzip"),
    "nothing": lambda it: it.has("/a", b""),
    "not there": lambda it: f"{it.url}/missing",
    "an error": lambda it: it.has("/a", b"", 500),
    "an error for a signature": lambda it: (it.has("/a.sig", b"", 500), it.has("/a", DOCUMENT))[1],
}


@pytest.mark.parametrize("name", MISBEHAVING)
def test_a_server_that_misbehaves_gives_no_document(
    tmp_path: Path, supplier: SupplierServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(addresses, "MOST_BYTES", 1000)
    with pytest.raises(UnavailableError, match="document http://127"):
        taken(tmp_path, MISBEHAVING[name](supplier))


def test_a_server_that_is_slow_or_never_ends_is_waited_for_only_so_long(tmp_path: Path) -> None:
    began = time.monotonic()
    with bad_sockets.dripping() as dripping, pytest.raises(UnavailableError):
        taken(tmp_path / "slow", dripping, timeouts=QUICK)
    with bad_sockets.serving(b"HTTP/1.1 200 OK\r\n", 0.01, b"X: x\r\n") as endless, pytest.raises(UnavailableError):
        taken(tmp_path / "endless", endless, timeouts=QUICK)
    with bad_sockets.refusing() as refusing, pytest.raises(UnavailableError):
        taken(tmp_path / "refusing", refusing, timeouts=QUICK)
    assert time.monotonic() - began < 5


def test_one_failure_leaves_nothing_to_store(tmp_path: Path, supplier: SupplierServer) -> None:
    with pytest.raises(UnavailableError):
        documents_at([supplier.has("/a", DOCUMENT), f"{supplier.url}/b"], tmp_path, offline=False, timeouts=PATIENT)
    with pytest.raises(UnavailableError, match="offline"):
        documents_at([f"{supplier.url}/a"], tmp_path / "x", offline=True)


@pytest.mark.parametrize("url", ["https://", "http://[::1", "https:///a", "https://user@/a"])
def test_what_can_be_no_address_is_refused(tmp_path: Path, url: str) -> None:
    assert is_address(url)
    with pytest.raises(UsageError, match="is no address"):
        documents_at([url], tmp_path, offline=False)


def test_plain_http_is_for_this_machine_alone(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="not https"):
        documents_at(["http://supplier.example/a"], tmp_path, offline=False)
    assert not any(map(is_address, ["a.json", "https", "/https://x", "ftp://x"]))
