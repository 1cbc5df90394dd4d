"""The parts of the instance alone: tree, DER, tokens, names for expressions, time-stamps, hostile requests."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.rehearsal import der
from ops.supply_chain.rehearsal.certificates import new_timestamping, pem
from ops.supply_chain.rehearsal.clocks import Clocks
from ops.supply_chain.rehearsal.example import example_of
from ops.supply_chain.rehearsal.merkle import Tree
from ops.supply_chain.rehearsal.options import Options
from ops.supply_chain.rehearsal.refusal import Refusal
from ops.supply_chain.rehearsal.services import Request, Services
from ops.supply_chain.rehearsal.timestamping import LoopbackTimestamping
from ops.supply_chain.rehearsal.tokens import Tokens

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
BOUNDED = settings(derandomize=True, max_examples=60, deadline=None)


def _root(leaves: list[bytes]) -> bytes:
    """The tree head as RFC 6962, section 2.1, defines it."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + _root(leaves[:split]) + _root(leaves[split:])).digest()


def _path(position: int, leaves: list[bytes]) -> list[bytes]:
    """The audit path as RFC 6962, section 2.1.1, defines it."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if position < split:
        return [*_path(position, leaves[:split]), _root(leaves[split:])]
    return [*_path(position - split, leaves[split:]), _root(leaves[:split])]


def test_every_proof_is_the_one_of_the_definition() -> None:
    tree, leaves = Tree(), []
    for number in range(130):
        leaves.append(b"leaf %d" % number)
        proof = tree.append(leaves[-1])
        assert (proof.position, proof.size, proof.root) == (number, number + 1, _root(leaves))
        assert list(proof.hashes) == _path(number, leaves)


@BOUNDED
@given(st.lists(st.binary(max_size=300), max_size=5), st.sampled_from([der.SEQUENCE, der.OCTET_STRING, 0xA0]))
def test_der_round_trip(contents: list[bytes], tag: int) -> None:
    values = [der.encode(tag, content) for content in contents]
    assert [(one.tag, one.content, one.whole) for one in der.split(b"".join(values))] == [
        (tag, content, value) for content, value in zip(contents, values, strict=True)
    ]


DER = {
    "integer 0": (der.integer(0), "020100"),
    "integer 127": (der.integer(127), "02017f"),
    "integer 128 keeps its sign": (der.integer(128), "02020080"),
    "integer 256": (der.integer(256), "02020100"),
    "object identifier": (der.oid("1.2.840.113549"), "06062a864886f70d"),
    "long length": (der.encode(4, bytes(200))[:3], "0481c8"),
    "longer length": (der.encode(4, bytes(300))[:4], "0482012c"),
    "sorted set": (der.set_of(b"\x02\x01\x02", b"\x02\x01\x01"), "3106020101020102"),
}


@pytest.mark.parametrize(("data", "expected"), DER.values(), ids=DER.keys())
def test_der_bytes(data: bytes, expected: str) -> None:
    assert data.hex() == expected


@pytest.mark.parametrize("data", ["02", "0201", "3005020101", "0480", "0485ffffffffff", "0482"])
def test_broken_der_is_refused(data: str) -> None:
    with pytest.raises(ValueError, match="DER"):
        der.split(bytes.fromhex(data))


@BOUNDED
@given(st.binary(max_size=40))
def test_any_bytes_split_or_are_refused(data: bytes) -> None:
    try:
        assert b"".join(one.whole for one in der.split(data)) == data
    except ValueError:
        return


def test_a_token_is_read_in_its_time_only() -> None:
    tokens = Tokens()
    token = tokens.issue({"iss": "i", "sub": "s"}, now=NOW, lifetime=60)
    assert tokens.read(token, now=NOW + timedelta(seconds=59))["sub"] == "s"
    for moment in (NOW + timedelta(seconds=60), NOW - timedelta(seconds=6)):
        with pytest.raises(Refusal, match="not valid now"):
            tokens.read(token, now=moment)


def test_a_token_changed_anywhere_is_refused() -> None:
    tokens = Tokens()
    token = tokens.issue({"iss": "i", "sub": "s"}, now=NOW, lifetime=60)
    for position in range(0, len(token), 7):
        changed = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
        with pytest.raises(Refusal, match="not signed by the issuer"):
            tokens.read(changed, now=NOW)


PATTERNS = {
    "workflow": r"https://github\.com/acme/widget/\.github/workflows/release\.yml@refs/tags/v\d+(\.\d+){1,2}",
    "mail": r"[^@\s]+@example\.org",
    "alternatives": r"(?:one|two)@example\.org",
    "group again": r"(\w{3})-\1",
    "named group again": r"(?P<name>\w{3})-(?P=name)",
    "negated": r"[^a-z0-9]+\.",
    "lazy": r"a+?b*?c??",
    "anchored by hand": r"^https://gitlab\.com/.+//\.gitlab-ci\.yml@refs/(heads|tags)/\S+$",
    "any": r".*",
    "not digit, not word, not space": r"\D\W\S",
    "case folded": r"(?i)ABC",
    "not this one": "[^a]",
    "closing bracket in a class": r"[]a]+[^]]",
    "escaped bracket in a class": r"[\]\[]{2}",
    "counted": r"a{3}b{1,2}c{,2}d{2,}e{0}",
    "braces that count nothing": r"a{}b{x}{",
    "possessive and atomic": r"a++(?>b|c)",
    "a later alternative": r"(?!one)(?:one|two|three)-(?:x|y)",
    "not that letter": r"(?!a)\w+",
    "looking around": r"(?=https)https://(?<=//)h(?<!x)\b",
    "flags for a part": r"(?i:A)(?-i:b)(?s:.)",
    "a comment": r"a(?#nothing (here)b",
    "escapes": r"\x41\u0042\U00000043\103\t?\.\-\/",
    "groups in groups": r"((a)(?:b)(c))-\3\2\1",
    "of the quick start": "https://github\\.com/OWNER/REPO/\\.github/workflows/release\\.yml@refs/tags/v.+",
    "gitlab": r"https://gitlab\.com/(?P<group>[\w.-]+/)+\w+//\.gitlab-ci\.yml@refs/heads/main",
}


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS.keys())
def test_a_name_is_found_for_an_expression(pattern: str) -> None:
    found = example_of(pattern)
    assert found is not None
    assert re.fullmatch(pattern, found, re.ASCII)


@pytest.mark.parametrize(
    "pattern",
    [
        "[",
        r"a(?=b)c",
        r"[^\x00-\x7f]",
        r"(a)?(?(1)b|c)",
        r"(?x)a b",
        "(" * 5000,
        r"(a{100}){200}",
        "a{99999999999999999999}",
    ],
)
def test_where_none_is_found_it_is_said(pattern: str) -> None:
    assert example_of(pattern) is None


IDENTITY_REGEX = re.compile(r"""identity_regex\s*[=:]\s*(?P<quote>['"])(?P<text>.+?)(?P=quote)\s*$""", re.MULTILINE)


def test_every_expression_of_documents_templates_and_real_projects_has_an_example(repository: Path) -> None:
    folders = [repository / "docs", repository / "templates", repository.parent / "shared" / "data"]
    found = set()
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and path.suffix in {".md", ".toml", ".template", ".yml", ".yaml"}:
                found |= {
                    json.loads(f'"{match["text"]}"') if match["quote"] == '"' else match["text"]
                    for match in IDENTITY_REGEX.finditer(path.read_text("utf-8", "replace"))
                }
    assert found
    for pattern in found:
        name = example_of(pattern)
        assert name is not None, pattern
        assert re.fullmatch(pattern, name, re.ASCII)


@pytest.mark.filterwarnings("ignore:Possible nested set")
@given(st.from_regex(r"[a-c.\[\]()|*+?{}\\^$0-3,-]{0,12}", fullmatch=True))
def test_whatever_the_expression_an_example_matches_it(pattern: str) -> None:
    found = example_of(pattern)
    assert found is None or re.fullmatch(pattern, found, re.ASCII)


def test_a_time_stamp_is_what_openssl_verifies(tmp_path: Path) -> None:
    if not shutil.which("openssl"):
        pytest.skip("needs openssl on PATH")
    authority = new_timestamping(datetime.now(UTC).replace(microsecond=0))
    (tmp_path / "root.pem").write_text(pem(authority.chain[-1]))
    (tmp_path / "data").write_bytes(b"what was signed")

    def openssl(*words: str) -> str:
        done = subprocess.run(["openssl", "ts", *words], cwd=tmp_path, capture_output=True, check=True, text=True)
        return done.stdout + done.stderr

    openssl("-query", "-data", "data", "-sha256", "-cert", "-out", "query.tsq")
    answer = LoopbackTimestamping(authority).stamp(
        (tmp_path / "query.tsq").read_bytes(), datetime.now(UTC).replace(microsecond=0)
    )
    (tmp_path / "answer.tsr").write_bytes(answer)
    assert "OK" in openssl("-verify", "-queryfile", "query.tsq", "-in", "answer.tsr", "-CAfile", "root.pem")


REQUESTS = {
    "nothing": b"",
    "no object": b"[]",
    "deep": b"[" * 100_000,
    "no text": b"\xff\xfe",
    "empty object": b"{}",
    "unknown kind": b'{"kind": "rpm", "spec": {}}',
    "kind of another type": b'{"kind": [], "spec": {}}',
    "empty spec": b'{"kind": "hashedrekord", "spec": {}}',
    "null spec": b'{"kind": "dsse", "spec": null}',
    "no base64": b'{"certificateSigningRequest": "\\u00e4"}',
    "no request": b'{"certificateSigningRequest": "AAAA"}',
    "wrong envelope": b'{"kind": "dsse", "spec": {"proposedContent": {"envelope": "[]", "verifiers": []}}}',
    "version 2, empty": b'{"hashedRekordRequestV002": {}}',
    "version 2, text": b'{"hashedRekordRequestV002": {"digest": "", "signature": "x"}}',
}
TARGETS = (
    ("POST", "/api/v1/log/entries"),
    ("POST", "/api/v2/log/entries"),
    ("POST", "/api/v2/signingCert"),
    ("POST", "/api/v1/timestamp"),
    ("POST", "/token"),
    ("GET", "/auth?redirect_uri=x"),
    ("GET", "/gh?audience=sigstore"),
    ("GET", "/nothing"),
    ("PUT", "/token"),
)


@pytest.mark.parametrize("log_version", [1, 2])
@pytest.mark.parametrize("body", REQUESTS.values(), ids=REQUESTS.keys())
def test_a_hostile_request_is_refused_and_nothing_is_logged(body: bytes, log_version: int) -> None:
    services = Services(Options(log_version=log_version), Clocks())  # type: ignore[arg-type]
    token = services.tokens.issue({"iss": "i", "sub": "s"}, now=datetime.now(UTC), lifetime=60)
    for method, target in TARGETS:
        request = Request(method, target, f"Bearer {token}", body, "http://127.0.0.1:1")
        answer = services.answer(services.service_of(request), request)
        assert 400 <= answer.status < 500, (target, answer)
        assert json.loads(answer.body)["code"] == answer.status
    assert services.log.size == 0


def test_an_entry_that_its_certificate_did_not_sign_is_not_logged() -> None:
    services = Services(Options(), Clocks())
    certificate = pem(new_timestamping(NOW).certificate)
    entry = {
        "kind": "hashedrekord",
        "spec": {
            "data": {"hash": {"algorithm": "sha256", "value": "0" * 64}},
            "signature": {"content": "AAAA", "publicKey": {"content": b64encode(certificate.encode()).decode()}},
        },
    }
    request = Request("POST", "/api/v1/log/entries", "", json.dumps(entry).encode(), "")
    answer = services.answer("rekor", request)
    assert json.loads(answer.body)["message"] == "error processing entry: verifying signature: invalid signature"
    assert (answer.status, services.log.size) == (400, 0)


def test_each_clock_is_wrong_alone() -> None:
    clocks = Clocks()
    clocks.set_wrong("tsa", timedelta(days=2))
    assert clocks.now("tsa") - clocks.now("rekor") >= timedelta(days=2) - timedelta(seconds=1)
    clocks.set_wrong("tsa", timedelta())
    assert clocks.now("tsa") - clocks.now("rekor") <= timedelta(seconds=1)
