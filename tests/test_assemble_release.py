"""The released folder: complete and exactly what was judged, or not there at all."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from ops.supply_chain import assemble_release, generate_provenance
from ops.supply_chain.adapters.files import folders
from ops.supply_chain.core.outcome import Outcome
from tests.release.handmade import Handmade

NAMES = [
    "N-V-checksums.txt",
    "N-V-evidence.tar.gz",
    "N-V-gate.json",
    "N-V-provenance.intoto.json",
    "N-V-sbom.cdx.json",
    "N-V-sbom.spdx.json",
]


@pytest.fixture
def release(tmp_path: Path) -> Handmade:
    found = Handmade(tmp_path)
    found.until("assemble_release")
    return found


def assembled(release: Handmade) -> list[str]:
    folder = release.dist / "release"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_the_set(release: Handmade) -> None:
    release.must(assemble_release.main)
    assert assembled(release) == NAMES
    for name, source in (("N-V-sbom.cdx.json", "sbom/N-sbom.json"), ("N-V-checksums.txt", "checksums.txt")):
        assert (release.dist / "release" / name).read_bytes() == (release.dist / source).read_bytes()
    assert {path.stat().st_mode & 0o777 for path in (release.dist / "release").iterdir()} == {0o644}


def test_an_earlier_assembling_leaves_no_trace(release: Handmade) -> None:
    release.write("dist/release/stale.json", "old")
    release.write("dist/.tmp-killed/half", "old")
    release.must(assemble_release.main)
    release.must(assemble_release.main)
    assert assembled(release) == NAMES
    assert not (release.dist / ".tmp-killed").exists()


def test_the_report_on_the_release_before_goes_with_it(release: Handmade) -> None:
    release.write("dist/verification/verification.json", "{}")
    release.must(assemble_release.main)
    assert not (release.dist / "verification").exists()


def _die(*_arguments: object, **_named: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def _copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assemble_release, "_require_whole", _die)


def _before_the_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "_exchange", _die)


def _after_the_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.rmtree", _die)


def _without_an_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where two folders cannot change places, one is renamed after the other."""
    monkeypatch.setattr(folders, "_exchange", lambda *_: False)
    set_aside = folders._set_aside

    def kill(target: Path, *, under: str = "") -> NoReturn:
        set_aside(target, under=under)
        _die()

    monkeypatch.setattr(folders, "_set_aside", kill)


@pytest.mark.parametrize("kill", [_copied, _before_the_exchange, _after_the_exchange, _without_an_exchange])
def test_a_killed_assembly_leaves_one_whole_release(
    release: Handmade, monkeypatch: pytest.MonkeyPatch, kill: Callable[[pytest.MonkeyPatch], None]
) -> None:
    release.write("dist/release/of-an-earlier-run", "x")
    child = os.fork()
    if child == 0:
        kill(monkeypatch)
        release.run(assemble_release.main)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    if kill is _without_an_exchange:
        folders.remove_leftovers(release.dist)
    assert assembled(release) == (NAMES if kill is _after_the_exchange else ["of-an-earlier-run"])
    release.must(assemble_release.main)
    assert assembled(release) == NAMES
    assert not list(release.dist.glob(".tmp-*"))


def test_any_byte_changed_in_any_file_is_refused(release: Handmade, tmp_path: Path) -> None:
    paths = [
        path.relative_to(release.dist).as_posix()
        for path in sorted(release.dist.rglob("*"))
        if path.is_file() and not path.name.startswith(".") and "sbom/locks" not in path.as_posix()
    ]
    assert len(paths) >= 12
    for path in paths:
        if path == "records/evaluate_policy_provenance.json":
            continue  # tells of the second pass and is not released; what hangs on it has tests of its own
        whole = (release.dist / path).read_bytes()
        for position in {0, len(whole) // 3, len(whole) // 2, len(whole) - 1}:
            changed = whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :]
            (release.dist / path).write_bytes(changed)
            assert release.run(assemble_release.main) in (3, 4, 6), (path, position)
            assert assembled(release) == []
        (release.dist / path).write_bytes(whole)
    release.must(assemble_release.main)


def test_any_file_gone_or_more_is_refused(release: Handmade) -> None:
    for path in ("sbom/N-sbom.json", "sbom/N-sbom.spdx.json", "evidence/N-V-evidence.tar.gz", "verdict/gate.json"):
        (release.dist / path).rename(release.dist / "aside")
        assert release.run(assemble_release.main) in (3, 4, 6)
        assert assembled(release) == []
        (release.dist / "aside").rename(release.dist / path)
    release.write("dist/packages/more-1.0.tar.gz", "x")
    assert release.run(assemble_release.main) == 4
    assert assembled(release) == []


def test_distributions_that_a_record_names_are_released_unchanged(tmp_path: Path) -> None:
    release = Handmade(tmp_path)
    names = ["n-1.0-py3-none-any.whl", "n-1.0.tar.gz"]
    release.distributions(*names)
    release.until("assemble_release")
    release.must(assemble_release.main)
    assert assembled(release) == [*NAMES, *names]
    statement = json.loads((release.dist / "release/N-V-provenance.intoto.json").read_text())
    assert {*names} <= {subject["name"] for subject in statement["subject"]}
    checksums = (release.dist / "release/N-V-checksums.txt").read_text()
    assert all(f"  {name}\n" in checksums for name in names)
    shutil.rmtree(release.dist / "release")
    release.write(f"dist/packages/{names[0]}", "changed")
    assert release.run(assemble_release.main) == 4
    assert assembled(release) == []


def test_a_link_in_place_of_a_file_is_refused(release: Handmade) -> None:
    path = release.dist / "sbom/N-sbom.json"
    path.rename(release.base / "elsewhere.json")
    path.symlink_to(release.base / "elsewhere.json")
    assert release.run(assemble_release.main) == 4
    assert assembled(release) == []


def deny_first(release: Handmade) -> None:
    release.judge(Outcome.FAIL)


def undecided_second(release: Handmade) -> None:
    release.judge_provenance(Outcome.NOT_EXAMINED)


def deny_second(release: Handmade) -> None:
    release.judge_provenance(Outcome.FAIL)


def another_verdict(release: Handmade) -> None:
    path = release.dist / "verdict/verdict.json"
    path.write_text(path.read_text() + " ")


def another_second_verdict(release: Handmade) -> None:
    path = release.dist / "verdict/provenance-verdict.json"
    path.write_text(path.read_text().replace('"title": "t"', '"title": "u"'))


def provenance_after_its_verdict(release: Handmade) -> None:
    path = release.dist / "provenance/provenance.json"
    before = path.read_bytes()
    release.write("project/.security-config.toml", 'component_name = "N"\n[provenance]\nuri_base = "urn:x:"\n')
    release.must(generate_provenance.main)
    assert path.read_bytes() != before


def sbom_that_nobody_judged(release: Handmade) -> None:
    release.write("dist/sbom/N-sbom.spdx3.json", "{}")


def provenance_that_hides_a_record(release: Handmade) -> None:
    document = release.document("provenance/provenance.json")
    details = document["predicate"]["runDetails"]
    details["byproducts"] = [one for one in details["byproducts"] if one["name"] != "record/generate_sbom"]
    text = json.dumps(document, sort_keys=True, indent=2, ensure_ascii=False) + "\n"
    (release.dist / "provenance/provenance.json").write_text(text)
    release.judge_provenance()


REFUSALS: dict[str, tuple[Callable[[Handmade], None], str]] = {
    "denied": (deny_first, "the verdict on SBOMs and records is deny (fail)"),
    "provenance denied": (deny_second, "the verdict on the provenance is deny (fail)"),
    "provenance undecided": (undecided_second, "the verdict on the provenance is deny (not-examined)"),
    "another verdict": (another_verdict, "verdict/verdict.json: is not the verdict in verdict/gate.json"),
    "another second verdict": (
        another_second_verdict,
        "verdict/provenance-verdict.json: is not the verdict that its stage recorded",
    ),
    "provenance made again": (
        provenance_after_its_verdict,
        "provenance/provenance.json: is not the provenance that the policy allowed",
    ),
    "provenance hides a record": (
        provenance_that_hides_a_record,
        "the record of generate_sbom is not named by the provenance",
    ),
    "an SBOM that nobody judged": (
        sbom_that_nobody_judged,
        "sbom/N-sbom.spdx3.json: no evaluated record says that a stage wrote it",
    ),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_without_both_verdicts_on_exactly_this_nothing_is_assembled(
    release: Handmade, what: str, capfd: pytest.CaptureFixture[str]
) -> None:
    change, said = REFUSALS[what]
    release.write("dist/release/of-an-earlier-run", "x")
    change(release)
    capfd.readouterr()
    assert release.run(assemble_release.main) == 4
    assert f"    what: {said}\n" in capfd.readouterr().out
    assert assembled(release) == ["of-an-earlier-run"]
    assert release.document("records/assemble_release.json")["outcome"] == "fail"


@pytest.mark.parametrize(
    "path",
    [
        "verdict/verdict.json",
        "verdict/provenance-verdict.json",
        "records/evaluate_policy_provenance.json",
        "provenance/provenance.json",
    ],
)
def test_without_a_verdict_or_provenance_nothing_is_assembled(release: Handmade, path: str) -> None:
    (release.dist / path).unlink()
    assert release.run(assemble_release.main) == 3
    assert assembled(release) == []


def test_the_verdict_of_another_version_is_no_verdict(release: Handmade) -> None:
    release.version = "W"
    assert release.run(assemble_release.main) == 6
    assert assembled(release) == []


def test_a_release_is_the_same_in_another_folder(release: Handmade, tmp_path: Path) -> None:
    elsewhere = Handmade(tmp_path / "else where")
    shutil.copytree(release.root, elsewhere.root)
    shutil.copytree(release.dist, elsewhere.dist)
    release.must(assemble_release.main)
    elsewhere.must(assemble_release.main)
    assert [(p.name, p.read_bytes()) for p in sorted((release.dist / "release").iterdir())] == [
        (p.name, p.read_bytes()) for p in sorted((elsewhere.dist / "release").iterdir())
    ]


@pytest.fixture
def rehearsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Handmade:
    monkeypatch.setenv("SEALWRIGHT_REHEARSAL", "1")
    found = Handmade(tmp_path)
    found.until("assemble_release")
    return found


def deny_both(release: Handmade) -> None:
    """Deny all the way: the second pass judges provenance that names the denial."""
    (release.dist / "records/evaluate_policy_provenance.json").unlink()
    release.judge(Outcome.FAIL)
    release.must(generate_provenance.main)
    release.judge_provenance(Outcome.NOT_EXAMINED)


def test_a_rehearsal_goes_on_in_spite_of_a_denial_and_keeps_it(
    rehearsed: Handmade, capfd: pytest.CaptureFixture[str]
) -> None:
    deny_both(rehearsed)
    capfd.readouterr()
    rehearsed.must(assemble_release.main)
    assert assembled(rehearsed) == NAMES
    gate = json.loads((rehearsed.dist / "release/N-V-gate.json").read_text())
    assert (gate["rehearsal"], gate["verdict"]["decision"]) == (True, "deny")
    notes = [
        "rehearsal: went on although the verdict on SBOMs and records is deny (fail)",
        "rehearsal: went on although the verdict on SBOMs and records has no rules, or one that does not pass",
        "rehearsal: went on although the verdict on the provenance is deny (not-examined)",
        "rehearsal: went on although the verdict on the provenance has no rules, or one that does not pass",
    ]
    assert rehearsed.document("records/assemble_release.json")["notes"] == notes
    assert capfd.readouterr().out.splitlines()[1:] == [f"note: {note}" for note in notes]


def test_a_real_release_does_not_go_on(release: Handmade) -> None:
    deny_both(release)
    assert release.run(assemble_release.main) == 4
    assert assembled(release) == []


def test_a_rehearsal_lets_nothing_else_pass(rehearsed: Handmade) -> None:
    rehearsed.write("dist/sbom/N-sbom.json", "{}")
    assert rehearsed.run(assemble_release.main) == 4
    assert assembled(rehearsed) == []


def test_what_was_rehearsed_is_not_released(
    rehearsed: Handmade, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SEALWRIGHT_REHEARSAL")
    assert rehearsed.run(assemble_release.main) == 4
    said = capfd.readouterr().out
    for what in ("the verdict with its records", "the provenance", "the builder"):
        assert f"    what: {what} is from a rehearsal\n" in said


def test_what_is_real_is_not_rehearsed(
    release: Handmade, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEALWRIGHT_REHEARSAL", "1")
    assert release.run(assemble_release.main) == 4
    assert "    what: the builder is from a real release, but this is a rehearsal\n" in capfd.readouterr().out
