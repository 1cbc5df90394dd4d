"""What holds for any pins: written out and read they are the same; order changes no finding."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement

from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.names import normalise
from tests.dependencies.locks.support import read

NAMES = st.from_regex(r"\A[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?\Z")
VERSIONS = st.from_regex(
    r"\A([1-9]!)?[0-9]{1,3}(\.[0-9]{1,3}){0,3}((a|b|rc)[0-9])?(\.post[0-9])?(\+[a-z][a-z0-9]{0,4})?\Z"
)
HASHES = st.sets(st.binary(min_size=32, max_size=32).map(bytes.hex), max_size=4)
EXTRAS = st.sets(st.sampled_from(["a", "b1", "cc"]), max_size=3)
MARKERS = st.sampled_from(["", 'python_version < "3.9"', 'os_name == "nt" and extra == "x"'])
SPACES = st.sampled_from(["", " ", "  "])
BREAKS = st.sampled_from([" ", " \\\n    ", " \\\n", "\t"])
ENDS = st.sampled_from(["\n", "\r\n", "\n\n", "  # comment\n", "\n    # via other\n"])


@st.composite
def _line(draw: st.DrawFn) -> tuple[str, tuple[object, ...]]:
    name, version, hashes = draw(NAMES), draw(VERSIONS), draw(HASHES)
    extras, marker = draw(EXTRAS), draw(MARKERS)
    listed = f"[{','.join(extras)}]" if extras else ""
    environment = f" ; {marker}" if marker else ""
    gap = draw(BREAKS)
    options = "".join(f"{gap}--hash=sha256:{value}" for value in hashes)
    text = f"{name}{listed}{draw(SPACES)}=={draw(SPACES)}{version}{environment}{options}{draw(ENDS)}"
    wanted = tuple(sorted(f"sha256:{value}" for value in hashes))
    return text, (normalise(name), version, wanted, marker, tuple(sorted(extras)))


@given(st.lists(_line(), max_size=12))
@settings(derandomize=True, max_examples=50, deadline=None)
def test_any_pins_written_out_are_read_back(lines: list[tuple[str, tuple[object, ...]]]) -> None:
    lock = read("requirements.txt", "".join(text for text, _ in lines))
    pins = [entry.pin for entry in lock.entries]
    found = [(pin.name, pin.version, pin.hashes, pin.marker, pin.extras) for pin in pins]
    assert found == [expected for _, expected in lines]


@given(st.lists(_line(), max_size=10), st.randoms(use_true_random=False))
@settings(derandomize=True, max_examples=50, deadline=None)
def test_the_order_of_lines_changes_no_finding(
    lines: list[tuple[str, tuple[object, ...]]], shuffle: random.Random
) -> None:
    texts = [text for text, _ in lines]
    shuffled = shuffle.sample(texts, len(texts))
    facts = [
        sorted((one.code, one.package, one.version) for one in read("requirements.txt", "".join(order)).findings)
        for order in (texts, shuffled)
    ]
    assert facts[0] == facts[1]


@given(NAMES, VERSIONS, st.sampled_from(["==", "===", ">=", "~=", "!=", "<"]), EXTRAS, MARKERS)
@settings(derandomize=True, max_examples=200, deadline=None)
def test_packaging_reads_the_same(name: str, version: str, operator: str, extras: set[str], marker: str) -> None:
    comparable = version.split("+", maxsplit=1)[0] + ".0" if operator == "~=" else version.split("+", maxsplit=1)[0]
    if operator == "~=" and not comparable.replace(".", "").replace("!", "").isdigit():
        return
    listed = f"[{','.join(sorted(extras))}]" if extras else ""
    text = f"{name}{listed}{operator}{comparable}" + (f" ; {marker}" if marker else "")
    theirs = Requirement(text)
    (ours,) = read("requirements.txt", text).entries
    assert ours.pin.name == normalise(theirs.name)
    assert ours.pin.version == (comparable if operator in ("==", "===") else "")
    assert ours.pin.marker == str(theirs.marker or "")


@given(st.text(max_size=200))
@settings(derandomize=True, max_examples=300, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    for path in ("requirements.txt", "uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock"):
        try:
            read(path, text.encode("utf-8", "surrogatepass"))
        except InputError as error:
            assert error.message.startswith(f"{path}:")  # noqa: PT017 - either outcome is right
