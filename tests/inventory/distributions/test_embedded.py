"""The SBOM inside a wheel: made from the rest of the wheel, again and again the same, and agreeing with the one outside."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from ops.supply_chain.inventory.distributions.contents import Contents
from ops.supply_chain.inventory.distributions.describe import describe_distribution
from ops.supply_chain.inventory.distributions.embedded import embedded_path, embedded_sbom, without_own
from ops.supply_chain.inventory.writers import cyclonedx
from tests.fakes import binaries
from tests.inventory.distributions.support import INFO, WHEEL, locked, locked_package, metadata, read

MEMBER, RECORD = f"{INFO}/sboms/sealwright.cdx.json", f"{INFO}/RECORD"
LOCKED = locked(locked_package("requests", "2.32.0"))
FILES: dict[str, bytes | str] = {
    "demo/__init__.py": "",
    "demo/_rust.abi3.so": binaries.elf("", ("libc.so.6",), texts=b"\0OpenSSL 4.0.3 29 Sep 2026\0"),
    "demo/_vendor/vendor.txt": "idna==3.20\n",
    f"{INFO}/METADATA": metadata("Requires-Dist: requests>=2"),
    f"{INFO}/sboms/auditwheel.cdx.json": json.dumps(
        {"bomFormat": "CycloneDX", "specVersion": "1.4", "components": [{"type": "library", "name": "krb5"}]}
    ),
}


def embedded(files: dict[str, bytes | str]) -> bytes:
    return embedded_sbom(WHEEL.file_name, WHEEL.tags, read(files), LOCKED)


def with_sbom(files: dict[str, bytes | str]) -> Contents:
    return read({**files, MEMBER: embedded({**files, RECORD: "stale"}), RECORD: "current"})


def outside(contents: Contents) -> dict[str, Any]:
    document = describe_distribution(WHEEL, without_own(WHEEL, contents, LOCKED), LOCKED)
    found: dict[str, Any] = json.loads(cyclonedx.render(document))
    return found


def test_it_is_the_same_whether_it_is_in_the_wheel_already_or_not() -> None:
    contents = with_sbom(FILES)
    assert embedded_sbom(WHEEL.file_name, WHEEL.tags, contents, LOCKED).decode() == contents.texts[MEMBER].decode()
    assert MEMBER not in without_own(WHEEL, contents, LOCKED).texts


def test_it_agrees_with_the_document_outside_and_states_no_digest_of_the_wheel() -> None:
    contents = with_sbom(FILES)
    inside, other = json.loads(contents.texts[MEMBER]), outside(contents)
    rows = {row["bom-ref"]: row for row in inside["components"]}
    others = {row["bom-ref"]: row for row in other["components"]}
    assert {*others} - {*rows} == {f"file:{MEMBER}", f"file:{RECORD}", "pkg:pypi/requests@2.32.0"}
    assert {*rows} - {*others} == {"pkg:pypi/requests"}
    assert {ref for ref in {*rows} & {*others} if rows[ref] != others[ref]} == set()
    assert "hashes" not in inside["metadata"]["component"]
    assert other["metadata"]["component"]["hashes"]
    assert {"name": "sealwright:unlisted-file", "value": RECORD} in inside["metadata"]["component"]["properties"]
    assert any(row["name"].lower() == "openssl" and row["version"] == "4.0.3" for row in inside["components"])
    reasons = [row["value"] for row in inside["metadata"]["properties"] if row["name"] == "sealwright:incomplete"]
    assert any("auditwheel.cdx.json lists what its author knew" in reason for reason in reasons)


@pytest.mark.parametrize(
    "change",
    [
        {MEMBER: json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []})},
        {"demo/__init__.py": "x = 1"},
        {f"{INFO}/METADATA": metadata("Requires-Dist: requests>=3")},
        {"demo.libs/libzmq-2f02442c.so.5.2.5": binaries.elf("libzmq-2f02442c.so.5.2.5")},
    ],
    ids=["sbom", "module", "metadata", "library"],
)
def test_one_that_does_not_follow_from_the_wheel_is_read_like_any_other(change: dict[str, bytes | str]) -> None:
    sbom = with_sbom(FILES).texts[MEMBER]
    contents = read({**FILES, MEMBER: sbom, RECORD: "", **change})
    assert MEMBER in without_own(WHEEL, contents, LOCKED).texts
    reasons = [row["value"] for row in outside(contents)["metadata"]["properties"]]
    assert f"{MEMBER} lists what its author knew" in reasons


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        (("a.py",), "has 0 files"),
        ((RECORD, "x.dist-info/RECORD"), "has 2 files"),
        ((RECORD, f"{INFO}/RECORD.p7s"), "a signature of its RECORD"),
        ((RECORD, MEMBER), "already"),
    ],
)
def test_a_wheel_with_no_place_for_it_is_refused(paths: tuple[str, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        embedded_path(paths)


def test_any_order_of_the_members_gives_the_same_bytes() -> None:
    rng = random.Random("embedded")  # noqa: S311 - a seed, no secret
    first = embedded({**FILES, RECORD: ""})
    for _ in range(8):
        members = [*FILES.items(), (RECORD, rng.randbytes(9))]
        rng.shuffle(members)
        assert embedded(dict(members)) == first
