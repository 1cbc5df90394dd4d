"""One requirement line: what is read of it, and what has to be told of it."""

from __future__ import annotations

import pytest

from ops.supply_chain.contracts.values.lock import DEFAULT_INDEX, PinSource, PinSourceKind
from ops.supply_chain.dependencies.locks.errors import MalformedLockError
from ops.supply_chain.dependencies.locks.readers.requirement import read_requirement
from tests.dependencies.locks.support import COMMIT, MD5, OTHER_SHA, SHA

NAMED = {
    "pinned": ("foo==1.0", "foo", "1.0", "", ()),
    "name is normalised, version is not": ("Foo.Bar_baz == 1.0.POST1", "foo-bar-baz", "1.0.POST1", "", ()),
    "arbitrary equality": ("foo===1.0-custom", "foo", "1.0-custom", "", ()),
    "extras": ("foo[B_b, a,a]==1", "foo", "1", "", ("a", "b-b")),
    "marker": ("foo==1 ; python_version<'3.9'", "foo", "1", 'python_version < "3.9"', ()),
    "marker without space": ("foo==1;os_name=='nt'", "foo", "1", 'os_name == "nt"', ()),
    "pinned among others": ("foo>=0.5,==1.0", "foo", "1.0", "", ()),
    "parentheses": ("foo (==1.0)", "foo", "1.0", "", ()),
    "epoch and local": ("foo==1!2.0+abc.1", "foo", "1!2.0+abc.1", "", ()),
    "wildcard": ("foo==1.*", "foo", "", "", ()),
    "range": ("foo >=1, <2", "foo", "", "", ()),
    "bare name": ("foo", "foo", "", "", ()),
    "two exact versions": ("foo==1,==2", "foo", "", "", ()),
    "variable": ("foo==${VERSION}", "foo", "", "", ()),
}


@pytest.mark.parametrize("case", NAMED)
def test_a_named_requirement(case: str) -> None:
    text, name, version, marker, extras = NAMED[case]
    pin = read_requirement(f"{text} --hash={SHA}").pin
    assert (pin.name, pin.version, pin.marker, pin.extras, pin.hashes) == (name, version, marker, extras, (SHA,))
    assert pin.source == DEFAULT_INDEX


ADDRESSES = {
    "commit": (f"git+https://h.org/r/one@{COMMIT}#egg=One", "one", "", "vcs", "https://h.org/r/one", COMMIT),
    "branch": ("git+https://h.org/r/one@main#egg=one", "one", "", "vcs", "https://h.org/r/one", ""),
    "tag with slash": ("git+https://h.org/r/one@releases/v1#egg=one", "one", "", "vcs", "https://h.org/r/one", ""),
    "short commit": ("git+https://h.org/r/one@0123456#egg=one", "one", "", "vcs", "https://h.org/r/one", ""),
    "ssh user": (f"git+ssh://git@h.org/r/one.git@{COMMIT}", "one", "", "vcs", "ssh://h.org/r/one.git", COMMIT),
    "ssh port-like path": ("git+ssh://git@h.org:r/one.git", "one", "", "vcs", "ssh://h.org:r/one.git", ""),
    "egg with version": (f"hg+https://h.org/x@{COMMIT}#egg=a[b]==1.5", "a", "1.5", "vcs", "https://h.org/x", COMMIT),
    "wheel": ("https://h.org/a_b-1.2-py3-none-any.whl", "a-b", "1.2", "url", "https://h.org/a_b-1.2-py3-none-any.whl", ""),
    "named wheel": ("a-b @ https://h.org/a_b-1.2-py3-none-any.whl", "a-b", "1.2", "url", "https://h.org/a_b-1.2-py3-none-any.whl", ""),
    "other name": ("x @ https://h.org/a_b-1.2-py3-none-any.whl", "x", "", "url", "https://h.org/a_b-1.2-py3-none-any.whl", ""),
    "sdist": ("https://h.org/my-a-1.2.tar.gz?x=1", "my-a", "1.2", "url", "https://h.org/my-a-1.2.tar.gz?x=1", ""),
    "no version": ("a @ https://h.org/archive/2.2.0.zip", "a", "", "url", "https://h.org/archive/2.2.0.zip", ""),
    "folder": ("./pkgs/One_Two", "one-two", "", "path", "./pkgs/One_Two", ""),
    "folder with extras": ("./one[x]", "one", "", "path", "./one", ""),
    "file scheme": ("a @ file://../a", "a", "", "path", "file://../a", ""),
    "local sdist": ("./dl/n-1.0.tar.gz", "n", "1.0", "path", "./dl/n-1.0.tar.gz", ""),
    "current folder": (".", "unnamed", "", "path", ".", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", ADDRESSES)
def test_an_address(case: str) -> None:
    text, name, version, kind, url, commit = ADDRESSES[case]
    pin = read_requirement(text).pin
    assert (pin.name, pin.version) == (name, version)
    assert (pin.source.kind.value, pin.source.url, pin.source.commit) == (kind, url, commit)


def test_subdirectory_extras_and_hash_of_a_fragment() -> None:
    text = f"git+https://h.org/r@{COMMIT}#egg=a[x]&subdirectory=sub"
    assert read_requirement(text).pin.source.subdirectory == "sub"
    assert read_requirement(text).pin.extras == ("x",)
    hashed = read_requirement(f"a @ https://h.org/a-1.zip#sha256={'a' * 64}")
    assert hashed.pin.hashes == (SHA,)
    assert hashed.problems == ()


def test_an_editable_is_the_projects_own() -> None:
    pin = read_requirement("./pkg", editable=True).pin
    assert pin.source == PinSource(kind=PinSourceKind.PATH, url="./pkg", editable=True)
    assert pin.local
    assert not read_requirement("/opt/pkg", editable=True).pin.local
    assert not read_requirement(f"git+https://h.org/r@{COMMIT}#egg=a", editable=True).pin.local


PROBLEMS = {
    "good": (f"foo==1 --hash={SHA}", []),
    "good with weak beside": (f"foo==1 --hash={SHA} --hash={MD5}", []),
    "unhashed": ("foo==1", ["lock.unhashed"]),
    "unhashed in one environment": ("foo==1 ; os_name == 'nt'", ["lock.unhashed"]),
    "unpinned": (f"foo>=1 --hash={SHA}", ["lock.unpinned"]),
    "wildcard": ("foo==1.*", ["lock.unpinned", "lock.unhashed"]),
    "weak": (f"foo==1 --hash={MD5}", ["lock.weak-hash"]),
    "unknown": ("foo==1 --hash=foo:bar", ["lock.unknown-hash", "lock.unhashed"]),
    "unknown beside good": (f"foo==1 --hash=foo:bar --hash={SHA}", ["lock.unknown-hash"]),
    "too short": ("foo==1 --hash=sha256:abc", ["lock.malformed-hash", "lock.unhashed"]),
    "not hexadecimal": (f"foo==1 --hash=sha256:{'g' * 64}", ["lock.malformed-hash", "lock.unhashed"]),
    "no algorithm": (f"foo==1 --hash={'a' * 64}", ["lock.unknown-hash", "lock.unhashed"]),
    "commit": (f"foo @ git+https://h.org/r@{COMMIT}", ["lock.unversioned"]),
    "commit of subversion": ("foo @ svn+https://h.org/r@1234", ["lock.mutable-source"]),
    "branch": ("foo @ git+https://h.org/r@main", ["lock.mutable-source"]),
    "no revision": ("foo @ git+https://h.org/r", ["lock.mutable-source"]),
    "unnamed": ("git+https://h.org/r@main", ["lock.mutable-source", "lock.unnamed"]),
    "hashed url": (f"foo @ https://h.org/x.zip --hash={SHA}", ["lock.unversioned"]),
    "url": ("foo @ https://h.org/x.zip", ["lock.unpinned", "lock.unhashed"]),
    "local": ("./foo", []),
    "local archive": ("./foo-1.tar.gz", ["lock.unhashed"]),
    "folder of the machine": ("/srv/foo", ["lock.unpinned", "lock.unhashed", "lock.unnamed"]),
    "folder of the machine by scheme": ("foo @ file:///srv/foo", ["lock.unpinned", "lock.unhashed"]),
}


@pytest.mark.parametrize("case", PROBLEMS)
def test_what_has_to_be_told(case: str) -> None:
    text, expected = PROBLEMS[case]
    assert [problem.code for problem in read_requirement(text).problems] == expected


def test_the_same_text_gives_the_same_pin() -> None:
    text = f"foo==1 --hash={SHA}"
    assert read_requirement(text).pin is read_requirement(str(text[:3] + text[3:])).pin


def test_hashes_are_sorted_lower_case_and_without_duplicates() -> None:
    pin = read_requirement(f"foo==1 --hash={OTHER_SHA.upper().replace('SHA', 'sha')} --hash {SHA} --hash={SHA}").pin
    assert pin.hashes == (SHA, OTHER_SHA)


def test_thousands_of_hashes() -> None:
    options = " ".join(f"--hash sha256:{number:064x}" for number in range(5000))
    assert len(read_requirement(f"foo==1 {options}").pin.hashes) == 5000


REFUSED = {
    "prose": ("this is prose", "expected a requirement (name==version, an address, a path) or an option, found 'this is prose'"),
    "version that is none": ("foo==2004d-x", "foo: expected a PEP 440 version after ==, found '2004d-x'"),
    "marker that is none": ("foo==1 ; nonsense", "'nonsense' is not an environment marker"),
    "option": ("foo==1 --what=1", "expected an option of a requirement such as --hash, found '--what=1'"),
    "quote": ("foo==1 --global-option='a", "expected options, found '--global-option='a': No closing quotation"),
    "name after @": ("foo @ bar", "expected a URL after @, found 'foo @ bar'"),
    "mail address": ("foo@example.org", "expected a URL after @, found 'foo@example.org'"),
    "not ASCII": ("fóo==1", "expected a requirement (name==version, an address, a path) or an option, found 'fóo==1'"),
    "long": ("x" * 9000 + "!", "expected a requirement (name==version, an address, a path) or an option, found a text of 9001 characters"),
    "long address": ("./" + "x" * 9000, "expected an address of at most 2048 characters, found 9002"),
    "escape sequence": ("foo\x1b[31m==1", "expected a requirement (name==version, an address, a path) or an option, found 'foo?[31m==1'"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_requirement(case: str) -> None:
    text, message = REFUSED[case]
    with pytest.raises(MalformedLockError) as caught:
        read_requirement(text)
    assert caught.value.message == message


SECRETS = [
    "a @ https://user:s3cret@h.org/a-1.zip",
    "a @ https://:s3cret@h.org/a-1.zip",
    "a @ https://s3cret@h.org/a-1.zip",
    "a @ https://us%40er:s3cret%2F@h.org/a-1.zip",
    "a @ https://user:s3@cret@h.org/a-1.zip",
    "a @ https://user:s3/cret@h.org/a-1.zip",
    "a @ https://user:s3?cret@h.org/a-1.zip",
    "a @ https://user:s3#cret@h.org/a-1.zip",
    "a @ https://h.org/a-1.zip?token=s3cret",
    f"git+https://user:s3cret@h.org/r@{COMMIT}#egg=a",
    "git+https://s3cret@h.org/r@main#egg=a",
    "git+user:s3cret@h.org/r@main#egg=a",
    "git+ssh://user:s3cret@h.org/r@main",
    "https://user:s3cret@h.org/a-1.zip --what",
    "https://user:s3cret@h.org/a b",
    "https://user:s3/cret@h.org/a b",
    "https://user:${s3cret}@h.org/a-1.zip",
]


@pytest.mark.parametrize("text", SECRETS)
def test_no_credential_gets_through(text: str) -> None:
    try:
        known = read_requirement(text)
        shown = repr(known)
    except MalformedLockError as error:
        shown = error.message + error.hint
    assert "s3" not in shown
    assert "cret" not in shown
