"""Whether a set of files is exactly the release that its provenance and checksums describe."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from ops.supply_chain.contracts.values.release_naming import ReleaseNaming
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.release.assembly.checksums import format_checksums
from ops.supply_chain.release.assembly.completeness import problems_of_set
from tests.release.builders import sha, statement_over, whole_set


def test_a_whole_set_has_no_problem() -> None:
    files, statement = whole_set()
    assert problems_of_set(files, statement, component="N", version="V") == ()


def test_signatures_are_beside_the_set() -> None:
    files, statement = whole_set()
    files["N-V-gate.json.sigstore.json"] = sha("bundle")
    assert problems_of_set(files, statement, component="N", version="V") == ()


def test_a_set_has_the_names_that_its_provenance_states() -> None:
    files, statement = whole_set()
    files["build-provenance.json"] = files.pop("N-V-provenance.intoto.json")
    listed = {name: sha256 for name, sha256 in files.items() if name != "N-V-checksums.txt"}
    files["N-V-checksums.txt"] = sha256_bytes(format_checksums(listed))
    said = "build-provenance.json: states versioned names, and the files have conventional ones"
    assert problems_of_set(files, statement, component="N", version="V") == (said,)
    definition = statement.predicate.build_definition
    parameters = msgspec.structs.replace(definition.external_parameters, names=ReleaseNaming.CONVENTIONAL)
    changed = msgspec.structs.replace(definition, external_parameters=parameters)
    predicate = msgspec.structs.replace(statement.predicate, build_definition=changed)
    stated = msgspec.structs.replace(statement, predicate=predicate)
    assert problems_of_set(files, stated, component="N", version="V") == ()
    both = {**files, "N-V-provenance.intoto.json": files["build-provenance.json"]}
    assert "N-V-provenance.intoto.json: is not named by provenance" in problems_of_set(
        both, stated, component="N", version="V"
    )


CHANGES: dict[str, tuple[Callable[[dict[str, str]], object], tuple[str, ...]]] = {
    "a file changed": (
        lambda f: f.update({"N-V-gate.json": sha("other")}),
        (
            "N-V-checksums.txt: does not list exactly the other files",
            f"N-V-gate.json: SHA-256 is {sha('other')}, provenance says {sha('gate')}",
        ),
    ),
    "a file gone": (
        lambda f: f.pop("N-V-sbom.cdx.json"),
        ("N-V-checksums.txt: does not list exactly the other files", "N-V-sbom.cdx.json: is missing"),
    ),
    "a file more": (
        lambda f: f.update(more=sha("more")),
        ("N-V-checksums.txt: does not list exactly the other files", "more: is not named by provenance"),
    ),
    "provenance changed": (
        lambda f: f.update({"N-V-provenance.intoto.json": sha("x")}),
        ("N-V-checksums.txt: does not list exactly the other files",),
    ),
    "checksums changed": (
        lambda f: f.update({"N-V-checksums.txt": sha("x")}),
        ("N-V-checksums.txt: does not list exactly the other files",),
    ),
    "provenance gone": (
        lambda f: f.pop("N-V-provenance.intoto.json"),
        (
            "N-V-checksums.txt: does not list exactly the other files",
            "N-V-provenance.intoto.json: is missing",
        ),
    ),
    "checksums gone": (lambda f: f.pop("N-V-checksums.txt"), ("N-V-checksums.txt: is missing",)),
}


@pytest.mark.parametrize("what", CHANGES)
def test_every_change_is_named(what: str) -> None:
    files, statement = whole_set()
    change, expected = CHANGES[what]
    change(files)
    assert problems_of_set(files, statement, component="N", version="V") == expected


def test_a_file_changed_with_its_checksum_is_still_not_what_provenance_says() -> None:
    files, statement = whole_set()
    files["N-V-gate.json"] = sha("other")
    others = {name: digest for name, digest in files.items() if name != "N-V-checksums.txt"}
    files["N-V-checksums.txt"] = sha(format_checksums(others).decode())
    assert problems_of_set(files, statement, component="N", version="V") == (
        f"N-V-gate.json: SHA-256 is {sha('other')}, provenance says {sha('gate')}",
    )


def test_a_statement_of_something_else() -> None:
    files, _ = whole_set()
    subjects = {name: files[name] for name in ("N-V-gate.json", "N-V-sbom.cdx.json")}
    assert problems_of_set(files, statement_over(subjects, version="W"), component="N", version="V") == (
        "N-V-provenance.intoto.json: is of N W, not N V",
    )


def test_a_subject_twice() -> None:
    files, statement = whole_set()
    doubled = msgspec.structs.replace(statement, subject=(*statement.subject, statement.subject[0]))
    assert problems_of_set(files, doubled, component="N", version="V") == (
        "N-V-provenance.intoto.json: names a subject twice",
    )


def test_sha256sum_reads_the_checksums(tmp_path: Path) -> None:
    contents = {"b.json": "b", "a.json": "a", "A-1+2.txt": ""}
    for name, text in contents.items():
        (tmp_path / name).write_text(text)
    data = format_checksums({name: sha(text) for name, text in contents.items()})
    assert data.decode().splitlines()[0] == f"{sha('')}  A-1+2.txt"
    done = subprocess.run(
        ["sha256sum", "--strict", "-c", "-"], input=data, cwd=tmp_path, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, b"A-1+2.txt: OK\na.json: OK\nb.json: OK\n")
