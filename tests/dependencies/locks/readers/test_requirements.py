"""Requirements files: logical lines, comments, options, includes."""

from __future__ import annotations

import pytest

from ops.supply_chain.contracts.values.lock import LockKind
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError
from tests.dependencies.locks.support import COMMIT, OTHER_SHA, SHA, by_name, codes, only, read

PATH = "a/requirements.txt"


def test_lines_continuations_and_comments() -> None:
    lock = read(
        PATH,
        f"# head\n\nfoo==1 \\\n    --hash={SHA} \\\n    --hash={OTHER_SHA}\n    # via bar\n"
        f"bar==2 --hash={SHA} # via -r requirements.in\n  baz==3 \\\n--hash={SHA}\nqux==4#not-a-comment --hash={SHA}\n"
        .replace("qux==4#not-a-comment", "qux==4"),
    )  # fmt: skip
    assert [(entry.pin.name, entry.line) for entry in lock.entries] == [("foo", 3), ("bar", 7), ("baz", 8), ("qux", 10)]
    assert codes(lock) == []
    assert (lock.kind, lock.path) == (LockKind.REQUIREMENTS, PATH)


CONTINUED = {
    "comment with backslash goes not on": ("# a \\\nfoo==1\n", [("foo", 2)]),
    "comment ends a continuation": ("foo==1 \\\n# c \\\nbar==2\n", [("foo", 1), ("bar", 3)]),
    "backslash at the end of the file": ("foo==1 \\", [("foo", 1)]),
    "continued at the left edge": (f"foo==1 \\\n--hash={SHA}\nbar==2", [("foo", 1), ("bar", 3)]),
    "name broken off": ("fo\\\no==1\n", [("foo", 1)]),
    "CRLF": ("foo==1 \\\r\n  ; os_name == 'nt'\r\n\r\nbar==2\r\n", [("foo", 1), ("bar", 4)]),
    "lone CR": ("foo==1\rbar==2\r", [("foo", 1), ("bar", 2)]),
    "BOM": ("\ufefffoo==1\n", [("foo", 1)]),
    "tabs": ("\tfoo==1\n\t\tbar==2 \t# c", [("foo", 1), ("bar", 2)]),
    "nothing but comments": ("# a\n  # b\n\n", []),
    "empty": ("", []),
    "line feed alone": ("\n", []),
    "no line feed at the end": ("foo==1", [("foo", 1)]),
}


@pytest.mark.parametrize("case", CONTINUED)
def test_logical_lines(case: str) -> None:
    text, expected = CONTINUED[case]
    assert [(entry.pin.name, entry.line) for entry in read(PATH, text).entries] == expected


def test_an_encoding_cookie_is_followed() -> None:
    lock = read(PATH, "# -*- coding: latin-1 -*-\nfoo==1 # d\u00e9j\u00e0\n".encode("latin-1"))
    assert only(lock).pin.name == "foo"


BROKEN: dict[str, tuple[str | bytes, int, str]] = {
    "prose": ("foo==1\n\nwhat is this\n", 3, "expected a requirement (name==version, an address, a path) or an option, found 'what is this'"),
    "within a chunk": ("foo==1\n  # c\n  bar baz\n", 3, "expected a requirement (name==version, an address, a path) or an option, found 'bar baz'"),
    "after a continuation": ("foo==1 \\\n\n\nbar baz\n", 4, "expected a requirement (name==version, an address, a path) or an option, found 'bar baz'"),
    "stray hash": (f"foo==1\n--hash={SHA}\n", 2, f"expected an option of a requirements file, found '--hash={SHA}'"),
    "unknown option": ("--frobnicate\n", 1, "expected an option of a requirements file, found '--frobnicate'"),
    "option without value": ("\n--index-url\n", 2, "expected a value after --index-url, found the end of the line"),
    "NUL": ("foo==1\nb\x00r==2\n", 2, "expected text, found control character U+0000"),
    "form feed": ("# a\x0cfoo==1\n", 1, "expected text, found control character U+000C"),
    "line separator": ("# a\u2028foo==1\n", 1, "expected text, found control character U+2028"),
    "not UTF-8": (b"foo==1\n# \xff\n", 2, "expected UTF-8, found byte 0xff"),
    "half a UTF-16 character": (b"\xff\xfef\x00\n\x00o", 2, "expected UTF-16-LE, found byte 0x6f"),
    "no UTF-32": (b"\x00\x00\xfe\xfffoo=", 1, "expected UTF-32-BE, found byte 0x66"),
    "UTF-16 without a mark": ("foo==1\n".encode("utf-16-le"), 1, "expected text, found control character U+0000"),
    "unknown encoding": (b"# coding: klingon\nfoo==1\n", 1, "expected text in the declared encoding klingon"),
    "encoding of half pairs": (b"# coding: utf-7\nfoo==1 # +2AA-\n", 1, "expected text in the declared encoding utf-7"),
    "escapes as an encoding": (b"# coding: unicode_escape\nfoo==1 # \\ud800\n", 1, "expected text in the declared encoding unicode_escape"),
    "missing include": ("foo==1\n-r other.txt\n", 2, "expected the included file 'a/other.txt' in the project, found none"),
    "include that leaves": ("-r ../../etc/passwd\n", 1, "expected an include within the project, found '../../etc/passwd'"),
    "absolute include": ("-r /etc/passwd\n", 1, "expected an include within the project, found '/etc/passwd'"),
    "include of a URL": ("-r https://u:p@h.org/r.txt\n", 1, "expected the path of a file to include, found 'https://h.org/r.txt'"),
    "include of a variable": ("-r ${HERE}/c.txt\n", 1, "expected the path of a file to include, found '${HERE}/c.txt'"),
    "missing constraints": ("foo==1\n-c c.txt\n", 2, "expected the included file 'a/c.txt' in the project, found none"),
    "broken constraints": ("-c /dev/../x.txt\n-r x.txt\n", 2, "expected the included file 'a/x.txt' in the project, found none"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_names_file_and_line(case: str) -> None:
    text, line, message = BROKEN[case]
    with pytest.raises(InputError) as caught:
        read(PATH, text)
    assert caught.value.message == f"{PATH}:{line}: {message}"
    assert caught.value.hint


ANNOTATED = {
    "one line": ("# via bar", False, ("bar",)),
    "comma": ("# via bar, Q_UX", False, ("bar", "q-ux")),
    "source": ("# via -r requirements.in", True, ()),
    "project": ("# via demo (pyproject.toml)", True, ()),
    "group": ("# via demo (pyproject.toml:dev)", True, ()),
    "split": ("# via\n    #   -r requirements.in\n    #   bar\n    #   qux[x]", True, ("bar", "qux")),
    "constraint alone": ("# via -c c.txt", None, None),
    "constraint and pin": ("# via\n    #   -c c.txt\n    #   bar", False, ("bar",)),
    "requirer that is not there": ("# via gone", False, ()),
    "another comment": ("# for the build", None, None),
    "ended by another comment": ("# via bar\n    # unsafe\n    #   qux", False, ("bar",)),
    "none": ("", None, None),
}


@pytest.mark.parametrize("case", ANNOTATED)
@pytest.mark.parametrize("beside", [True, False], ids=["same line", "line below"])
def test_who_wants_a_pin(case: str, *, beside: bool) -> None:
    comment, direct, required_by = ANNOTATED[case]
    entry = by_name(read(PATH, f"foo==1{'  ' if beside else chr(10) + '    '}{comment}\nbar==1\nqux==1\nq-ux==1\n"))[
        "foo"
    ]
    assert (entry.direct, entry.required_by) == (direct, required_by)


def test_the_index_that_served_a_pin_is_the_one_that_its_comment_names() -> None:
    text = (
        "--extra-index-url https://private.example/simple\n"
        "a==1\n    # via -r x.in\n    # from https://user:pw@private.example/simple\n"
        "b==1\n    # from the archive\nc @ https://example.org/c-1.tar.gz\n    # from https://private.example/simple\n"
    )
    entries = by_name(read(PATH, text))
    assert {name: entry.pin.source.url for name, entry in entries.items()} == {
        "a": "https://private.example/simple",
        "b": "",
        "c": "https://example.org/c-1.tar.gz",
    }
    assert entries["a"].direct is True


@pytest.mark.parametrize(
    ("options", "comment", "url"),
    {
        "a comment alone": ("", "https://evil.example/simple", ""),
        "beside an index": ("-i https://a.example/simple", "https://evil.example/simple", "https://a.example/simple"),
        "of two indexes": (
            "-i https://a.example/simple --extra-index-url https://b.example/simple/",
            "https://b.example/simple",
            "https://b.example/simple",
        ),
        "named later": ("--index https://b.example/simple", "https://b.example/simple/", "https://b.example/simple/"),
        "as a place of files": ("--find-links https://b.example/simple", "https://b.example/simple", ""),
        "in a comment": ("# --extra-index-url https://b.example/simple", "https://b.example/simple", ""),
    }.values(),
)
def test_a_comment_adds_no_index(options: str, comment: str, url: str) -> None:
    for text in (f"{options}\na==1\n    # from {comment}\n", f"a==1  # from {comment}\n{options}\n"):
        assert by_name(read(PATH, text))["a"].pin.source.url == url


def test_the_requirers_turned_round_are_the_needs() -> None:
    text = "a==1  # via -r x.in\nb==2  # via a, c\nc==3  # via a\n"
    needs = {name: entry.depends_on for name, entry in by_name(read(PATH, text)).items()}
    assert needs == {"a": (("b", "2"), ("c", "3")), "b": (), "c": (("b", "2"),)}
    incomplete = read(PATH, text + "d==4\n")
    assert {entry.depends_on for entry in incomplete.entries} == {None}


def test_the_moment_of_compilation() -> None:
    assert read(PATH, "# uv-compiled-at: 2026-05-13T07:41:31Z\nfoo==1\n").compiled_at == "2026-05-13T07:41:31Z"
    assert read(PATH, "foo==1\n").compiled_at == ""


def test_includes_are_read_relative_to_the_including_file() -> None:
    others = {"a/base/x.txt": "-r ../y.txt\nx==1\n", "a/y.txt": "y==1\n-c base/c.txt\n", "a/base/c.txt": "c==9\n"}
    lock = read(PATH, "-r base/x.txt\nfoo==1\n--requirement=y.txt\n", others)
    assert [(entry.path, entry.line, entry.pin.name) for entry in lock.entries] == [
        ("a/y.txt", 1, "y"),
        ("a/base/x.txt", 2, "x"),
        (PATH, 2, "foo"),
    ]
    assert lock.included == tuple(
        (path, sha256_bytes(others[path].encode()), len(others[path])) for path in sorted(others)
    )
    assert {finding.path for finding in lock.findings} == {"a/y.txt", "a/base/x.txt", PATH}


def test_a_broken_include_names_its_own_line() -> None:
    with pytest.raises(InputError, match=r"\Aa/x\.txt:2: expected a requirement "):
        read(PATH, "-r x.txt", {"a/x.txt": "foo==1\n?\n"})


def test_includes_that_come_round() -> None:
    with pytest.raises(InputError) as caught:
        read(PATH, "-r x.txt", {"a/x.txt": "\n-r sub/../y.txt", "a/y.txt": "-r requirements.txt", PATH: ""})
    assert caught.value.message == (
        "a/y.txt:1: includes that come round again: a/requirements.txt > a/x.txt > a/y.txt > a/requirements.txt"
    )


def test_includes_too_deep() -> None:
    others = {f"a/{number}.txt": f"-r {number + 1}.txt" for number in range(2000)}
    with pytest.raises(InputError, match=r"\Aa/63\.txt:1: expected at most 64 nested includes, found more\Z"):
        read(PATH, "-r 0.txt", others)


def test_an_include_that_two_files_share_is_read_once() -> None:
    others = {"a/x.txt": "-r z.txt", "a/y.txt": "-r z.txt", "a/z.txt": "z==1"}
    assert only(read(PATH, "-r x.txt\n-r y.txt", others)).pin.name == "z"


def test_an_index_applies_to_every_pin_without_credentials() -> None:
    text = (
        "--index-url https://user:pw@h.org/simple/\n--extra-index-url=https://user:pw@i.org/simple --trusted-host h.org\n"
        f"foo==1 --hash={SHA}\nbar @ https://x:y@h.org/bar-1.zip --hash={SHA}\n--no-binary :all:\n--pre\n-f ./links\n"
    )
    pins = by_name(read(PATH, text))
    assert pins["foo"].pin.source.url == "https://h.org/simple/"
    assert pins["bar"].pin.source.url == "https://h.org/bar-1.zip"
    again = by_name(read("b/requirements.txt", text))
    assert again["foo"].pin is pins["foo"].pin


EDITABLES = {
    "short": ("-e ./pkg", "pkg", "./pkg"),
    "glued": ("-e./pkg", "pkg", "./pkg"),
    "long": ("--editable=./pkg[dev]", "pkg", "./pkg"),
    "quoted": ('-e "./pkg"', "pkg", "./pkg"),
    "repository": (f"-e git+https://h.org/pkg@{COMMIT}#egg=pkg", "pkg", "https://h.org/pkg"),
}


@pytest.mark.parametrize("case", EDITABLES)
def test_editables(case: str) -> None:
    text, name, url = EDITABLES[case]
    pin = only(read(PATH, text)).pin
    assert (pin.name, pin.source.url, pin.source.editable) == (name, url, True)


DOUBLED = {
    "same twice": (f"foo==1 --hash={SHA}\nfoo==1 --hash={SHA}", [("lock.duplicate", 2, "foo 1: already in line 1")]),
    "two versions": (f"foo==1 --hash={SHA}\nFoo==2 --hash={SHA}", [
        ("lock.conflict", 1, "foo: pinned more than once, with differences: 1, 2"),
        ("lock.conflict", 2, "foo: pinned more than once, with differences: 1, 2"),
    ]),
    "two hash sets": (f"foo==1 --hash={SHA}\nfoo==1 --hash={OTHER_SHA}", [
        ("lock.conflict", 1, "foo: pinned more than once, with differences: 1"),
        ("lock.conflict", 2, "foo: pinned more than once, with differences: 1"),
    ]),
    "two environments": (f"foo==1;os_name=='nt' --hash={SHA}\nfoo==2;os_name!='nt' --hash={SHA}".replace(" --", " --"), []),
    "everywhere and in one": (f"foo==1 --hash={SHA}\nfoo==2;os_name!='nt' --hash={SHA}", [
        ("lock.conflict", 1, "foo: pinned more than once, with differences: 1, 2"),
        ("lock.conflict", 2, "foo: pinned more than once, with differences: 1, 2"),
    ]),
}  # fmt: skip


@pytest.mark.parametrize("case", DOUBLED)
def test_duplicates_and_conflicts(case: str) -> None:
    text, expected = DOUBLED[case]
    assert [(one.code, one.line, one.message) for one in read(PATH, text).findings] == expected


def test_the_same_pin_in_two_included_files_is_no_finding() -> None:
    pin = f"foo==1 --hash={SHA}"
    assert read(PATH, "-r x.txt\n-r y.txt", {"a/x.txt": pin, "a/y.txt": "\n" + pin}).findings == ()
    differing = read(PATH, "-r x.txt\n-r y.txt", {"a/x.txt": pin, "a/y.txt": f"foo==2 --hash={SHA}"})
    assert codes(differing) == ["lock.conflict", "lock.conflict"]


def test_huge_input_ends_soon() -> None:
    assert only(read(PATH, " " * 1_000_000 + "x" + " " * 1_000_000 + "y #".replace("y ", ""))).pin.name == "x"
    for text in ("x" * 1_000_000, "[" * 500_000, "-" * 500_000, "a" * 200_000 + "@", "- " * 500_000):
        with pytest.raises(InputError):
            read(PATH, text)
    assert len(read(PATH, "foo==1 \\\n" + "\\\n" * 200_000).entries) == 1
    assert len(read(PATH, "foo==1\n" + " # c\n" * 200_000).entries) == 1


def test_ten_thousand_conflicts_end_soon() -> None:
    lock = read(PATH, "".join(f"foo==1.{number}\n" for number in range(10_000)))
    assert codes(lock).count("lock.conflict") == 10_000
