from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.supply_chain.dependencies.compile.diff import (
    PinChange,
    changes_between,
    describes,
    downgraded,
    extras_left_out,
    pins_of,
    without_extras,
    without_others,
)
from ops.supply_chain.dependencies.compile.header import body_of

BODY = """\
--index-url https://example.org/simple
Jinja2[i18n]==3.1.6 \\
    --hash=sha256:AA \\
    --hash=sha256:bb
    # via -r requirements.in
numpy==1.26.0 ; python_version < '3.12' \\
    --hash=sha256:cc
numpy==2.0.0 ; python_version >= '3.12' \\
    --hash=sha256:dd
six @ https://example.org/six-1.0.tar.gz \\
    --hash=sha256:ee
"""


def test_pins_are_read_as_uv_writes_them() -> None:
    pins = pins_of(BODY)
    assert pins.versions == {
        "jinja2": ("3.1.6",),
        "numpy": ("1.26.0", "2.0.0"),
        "six": ("https://example.org/six-1.0.tar.gz",),
    }
    assert pins.hashes == {"jinja2": {"aa", "bb"}, "numpy": {"cc", "dd"}, "six": {"ee"}}


def test_changes_name_what_came_went_moved_and_has_other_hashes() -> None:
    before = pins_of("a==1 --hash=sha256:aa\nb==1\nc==1\n")
    after = pins_of("a==1 --hash=sha256:bb\nb==2\nd==1\n")
    assert changes_between(before, after) == (
        PinChange(name="a", before="1", after="1"),
        PinChange(name="b", before="1", after="2"),
        PinChange(name="c", before="1", after=""),
        PinChange(name="d", before="", after="1"),
    )
    assert changes_between(before, before) == ()


@pytest.mark.parametrize(
    "line",
    [
        "-r /etc/passwd",
        "--constraint https://example.org/x.txt",
        "-e ./evil",
        "./evil",
        "git+https://example.org/evil",
        "  evil==1 \\\n    --hash=sha256:00",
        "\\\nevil==1",
        "\tevil",
    ],
)
def test_what_is_no_pin_is_seen_and_not_handed_on(line: str) -> None:
    assert pins_of(BODY).others == frozenset()
    assert without_others(BODY) == BODY
    assert pins_of(f"{BODY}{line}\n").others == {line.split("--hash", maxsplit=1)[0].strip("\\\n\t ")}
    assert without_others(f"{line}\n{BODY}{line}\n") == BODY


LOWERED = {
    "down": ("a==1.10", "a==1.9", ("a",)),
    "up": ("a==1.9", "a==1.10", ()),
    "same by PEP 440": ("a==1.0", "a==1", ()),
    "gone": ("a==1", "", ()),
    "new": ("", "a==1", ()),
    "newest of several": ("a==1\na==3\n", "a==2\n", ("a",)),
    "from an address": ("a @ https://example.org/a.whl", "a==1", ()),
    "to an address": ("a==1", "a @ https://example.org/a.whl", ("a",)),
    "to a pre-release": ("a==2.0", "a==2.0rc1", ("a",)),
    "legacy version": ("a==2004d", "a==1", ()),
}


@pytest.mark.parametrize(("before", "after", "names"), LOWERED.values(), ids=LOWERED)
def test_lowered(before: str, after: str, names: tuple[str, ...]) -> None:
    assert downgraded(pins_of(before), pins_of(after)) == names


def test_the_documents_of_existing_components_describe_their_locks(shared_data: Path) -> None:
    locks = sorted((shared_data / "projects" / "soar").rglob("requirements.in"))
    assert len(locks) == 76
    for source in locks:
        pins = pins_of(body_of(source.with_suffix(".txt").read_text()))
        bom = json.loads(source.with_suffix(".cdx.json").read_text())
        assert describes(bom, pins)
        for component in bom["components"]:
            component["version"] += ".1"
        assert describes(bom, pins) is (not bom["components"])


HEAD = {"bomFormat": "CycloneDX", "specVersion": "1.6"}
COMPONENT = {"name": "A", "version": "1", "hashes": [{"alg": "SHA-256", "content": "AA"}]}
DESCRIBES = {
    "the same": ({"components": [COMPONENT]}, True),
    "more": ({"components": [COMPONENT, {"name": "b", "version": "1"}]}, False),
    "nothing": ({"components": []}, False),
    "no components": ({}, False),
    "other version": ({"components": [{**COMPONENT, "version": "2"}]}, False),
    "other hash": ({"components": [{**COMPONENT, "hashes": [{"content": "bb"}]}]}, False),
    "no hash": ({"components": [{**COMPONENT, "hashes": []}]}, False),
    "not a document": (None, False),
    "a list": ([COMPONENT], False),
    "components of another type": ({"components": [1, "a"]}, False),
}


@pytest.mark.parametrize(("bom", "answer"), DESCRIBES.values(), ids=DESCRIBES)
def test_a_document_that_describes_another_lock_is_found(bom: object, answer: bool) -> None:
    document = {**HEAD, **bom} if isinstance(bom, dict) else bom
    assert describes(document, pins_of("a==1 --hash=sha256:aa\n")) is answer


def test_an_empty_lock_is_described_by_an_empty_document() -> None:
    assert describes({**HEAD, "components": []}, pins_of(""))
    assert describes(HEAD, pins_of(""))
    assert not describes({}, pins_of(""))


EXTRAS = """a[x, y]==1 \\
    --hash=sha256:aa
    # via
    #   -r r.in
    #   b
b==2
    # via -r r.in
c[z]==3
    # via -r r.in
d[w]==4 ; python_version < "3.12"
    # via a
"""


def test_extras_are_left_out_as_a_compiler_does() -> None:
    assert without_extras(EXTRAS) == EXTRAS.replace("[x, y]", "").replace("[z]", "").replace("[w]", "")
    assert without_extras("a @ https://example.org/a[b].whl\n") == "a @ https://example.org/a[b].whl\n"


def test_only_extras_that_another_package_requires_are_missed() -> None:
    assert extras_left_out(without_extras(EXTRAS), EXTRAS) == ("a[x, y]", "d[w]")
    assert extras_left_out(EXTRAS, EXTRAS) == ()
