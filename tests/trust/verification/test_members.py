"""A wheel or source distribution with other bytes than the released one: refused, and the member is named."""

from __future__ import annotations

import io
import random
from dataclasses import replace
from pathlib import Path

import pytest

from ops.supply_chain.contracts.files.verification import Verification
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.formats.archives.distribution import feed_files
from ops.supply_chain.gather.trust.verification.check import check_release
from ops.supply_chain.gather.trust.verification.members import member_problems
from ops.supply_chain.inventory.distributions.contents import ContentsReader
from ops.supply_chain.inventory.distributions.describe import ReleasedDistribution, describe_distribution
from ops.supply_chain.inventory.writers import cyclonedx
from tests.fakes import distributions as made
from tests.inventory.distributions.support import locked
from tests.trust.verification.conftest import Run
from tests.trust.verification.sealing import PREFIX, sealed
from tests.trust.verification.world import World, failures

SBOM = f"{PREFIX}-sbom-wheel.cdx.json"
RECORD = f"{made.INFO}/RECORD"
STORED = made.make_zip([entry._replace(method=0) for entry in made.wheel_entries()])
GOOD = {made.WHEEL: made.wheel(), made.SDIST: made.sdist()}


def sbom_of(filename: str, data: bytes) -> bytes:
    reader = ContentsReader()
    feed_files(io.BytesIO(data), filename, reader.take, reader.take_link)
    is_wheel = filename.endswith(".whl")
    file = ReleasedDistribution(filename, is_wheel, "py3-none-any" if is_wheel else "", sha256_bytes(data))
    return cyclonedx.render(describe_distribution(file, reader.contents(), locked()))


def other_release() -> bytes:
    files = {
        path.replace("demo-1.0", "demo-1.1"): data.replace(b"Version: 1.0", b"Version: 1.1")
        for path, data in made.wheel_files().items()
    }
    info = made.INFO.replace("1.0", "1.1")
    return made.make_zip(
        [
            *(made.Entry(path, data) for path, data in files.items()),
            made.Entry(f"{info}/RECORD", made.record_of(files, info)),
        ]
    )


def changed_record() -> bytes:
    record = made.record_of(made.wheel_files())
    return made.wheel(record=record.replace(b"demo/cli.py,sha256=", b"demo/cli.py,sha256=A", 1))


def extra_member() -> bytes:
    files = made.wheel_files()
    return made.wheel({**files, "demo/extra.py": b"import os\n"}, record=made.record_of(files))


def extra_member_with_row() -> bytes:
    return made.wheel({**made.wheel_files(), "demo/extra.py": b"import os\n"})


def changed_member() -> bytes:
    return made.wheel({**made.wheel_files(), "demo/cli.py": b"evil\n"}, record=made.record_of(made.wheel_files()))


def missing_member() -> bytes:
    files = made.wheel_files()
    record = made.record_of(files)
    del files["demo/cli.py"]
    return made.wheel(files, record=record)


def flipped() -> bytes:
    at = STORED.index(b"return 0")
    return STORED[:at] + bytes([STORED[at] ^ 1]) + STORED[at + 1 :]


WHEELS = {
    "a flipped byte": (STORED, flipped, "'demo/cli.py' has other bytes than it says"),
    "a wheel of another release": (GOOD[made.WHEEL], other_release, "member demo-1.0.dist-info/METADATA is missing"),
    "an extra member": (GOOD[made.WHEEL], extra_member, "member demo/extra.py is not in "),
    "an extra member with a row": (GOOD[made.WHEEL], extra_member_with_row, "member demo/extra.py is not in "),
    "a changed RECORD row": (GOOD[made.WHEEL], changed_record, f"member {RECORD} has SHA-256 "),
    "a changed member": (GOOD[made.WHEEL], changed_member, "member demo/cli.py has SHA-256 "),
    "a missing member": (GOOD[made.WHEEL], missing_member, "member demo/cli.py is missing, "),
}


def folder_with(world: World, folder: Path, released: bytes, served: bytes) -> Path:
    """A release with a wheel and its SBOM, consistent, in which another wheel was put under the same name."""
    files = sealed(world.first, added={made.WHEEL: released, SBOM: sbom_of(made.WHEEL, released)})
    folder.mkdir()
    for name, data in {**files, made.WHEEL: served}.items():
        (folder / name).write_bytes(data)
    return folder


def checked(world: World, folder: Path) -> Verification:
    return check_release(folder, replace(world.wanted, allow_unsigned=True), world.checker).verification


def test_the_release_itself_is_consistent(world: World, tmp_path: Path) -> None:
    folder = folder_with(world, tmp_path / "release", GOOD[made.WHEEL], GOOD[made.WHEEL])
    assert failures(checked(world, folder)) == []


@pytest.mark.parametrize("name", WHEELS)
def test_another_wheel_is_refused_and_the_member_is_named(world: World, tmp_path: Path, name: str) -> None:
    released, change, expected = WHEELS[name]
    found = checked(world, folder_with(world, tmp_path / "release", released, change()))
    assert found.ruling is Outcome.FAIL
    [line] = [line for line in failures(found) if line.startswith(f"files.listed {made.WHEEL}: expected SHA-256 ")]
    assert expected in line


@pytest.mark.parametrize("name", ["a flipped byte", "a changed RECORD row"])
def test_the_stand_alone_verifier_names_it_too(
    world: World, tmp_path: Path, run: Run, packages: Path, name: str
) -> None:
    released, change, expected = WHEELS[name]
    folder = folder_with(world, tmp_path / "release", released, change())
    done = run(str(folder), "--rehearsal", "--allow-unsigned", site=packages)
    assert done.returncode == 4
    assert expected in " ".join(done.stdout.split())  # the screen has short lines


RECORD_ALONE = {
    "an extra member": (extra_member, "member demo/extra.py is not in RECORD"),
    "a changed RECORD row": (changed_record, "member demo/cli.py has SHA-256 "),
    "a changed member": (changed_member, "member demo/cli.py has SHA-256 "),
    "a missing member": (missing_member, "member demo/cli.py is missing, RECORD lists it"),
    "RECORD is no text": (lambda: made.wheel(record=b"\xff"), f"member {RECORD} is malformed"),
    "a row is too short": (lambda: made.wheel(record=b"demo/cli.py\n"), f"member {RECORD} has a row with 1 columns"),
}


@pytest.mark.parametrize("name", RECORD_ALONE)
def test_without_an_sbom_of_the_wheel_its_record_names_the_member(tmp_path: Path, name: str) -> None:
    change, expected = RECORD_ALONE[name]
    (tmp_path / made.WHEEL).write_bytes(change())
    found = member_problems(tmp_path / made.WHEEL, made.WHEEL, sha256_bytes(GOOD[made.WHEEL]), {})
    assert any(clause.startswith(expected) for clause in found), found


def test_a_changed_file_of_a_source_distribution_is_named(tmp_path: Path) -> None:
    files = {**made.sdist_files(), f"{made.TOP}/demo/cli.py": b"evil\n"}
    (tmp_path / made.SDIST).write_bytes(made.sdist(files))
    sboms = {SBOM: sbom_of(made.SDIST, GOOD[made.SDIST])}
    found = member_problems(tmp_path / made.SDIST, made.SDIST, sha256_bytes(GOOD[made.SDIST]), sboms)
    assert [clause.split(" has ")[0] for clause in found] == [f"member {made.TOP}/demo/cli.py"]


def test_only_the_sbom_of_exactly_this_file_is_used(tmp_path: Path) -> None:
    (tmp_path / made.WHEEL).write_bytes(changed_member())
    sboms = {SBOM: sbom_of(made.WHEEL, other_release()), "x.cdx.json": b"{}", "y.cdx.json": b"["}
    found = member_problems(tmp_path / made.WHEEL, made.WHEEL, sha256_bytes(GOOD[made.WHEEL]), sboms)
    assert not any(SBOM in clause for clause in found)
    assert any("RECORD" in clause for clause in found)


def test_many_members_are_counted(tmp_path: Path) -> None:
    files = {**made.wheel_files(), **{f"demo/{number}.py": b"x" for number in range(20)}}
    (tmp_path / made.WHEEL).write_bytes(made.wheel(files, record=made.record_of(made.wheel_files())))
    found = member_problems(tmp_path / made.WHEEL, made.WHEEL, "0" * 64, {})
    assert (len(found), found[-1]) == (6, "15 more members differ")


def test_any_flipped_byte_is_a_value_and_never_a_crash(tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311 - no secret depends on it
    for filename, data in GOOD.items():
        sboms = {SBOM: sbom_of(filename, data)}
        for _ in range(60):
            at = chance.randrange(len(data))
            (tmp_path / filename).write_bytes(data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :])
            found = member_problems(tmp_path / filename, filename, sha256_bytes(data), sboms)
            assert all(isinstance(clause, str) and clause for clause in found)
