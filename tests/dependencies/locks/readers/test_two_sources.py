"""One version from two sources, in every format that can have it: each keeps its own edges."""

from __future__ import annotations

import pytest

from ops.supply_chain.contracts.values.lock import Lock, LockEntry
from tests.dependencies.locks.support import SHA, read

INDEX = "https://index.example/simple"
OTHER = "https://other.example/simple"
REPOSITORY = "https://git.example/accel"
COMMIT = "a" * 40

POETRY = f"""
[[package]]
name = "accel"
version = "1.0"
files = [{{file = "accel-1.0-py3-none-any.whl", hash = "{SHA}"}}]
[package.dependencies]
idna = "*"
[package.source]
type = "legacy"
url = "{INDEX}"
reference = "aaa"

[[package]]
name = "accel"
version = "1.0"
files = [{{file = "accel-1.0-py3-none-any.whl", hash = "{SHA}"}}]
[package.dependencies]
certifi = "*"
[package.source]
type = "legacy"
url = "{OTHER}"
reference = "bbb"

[[package]]
name = "certifi"
version = "1.0"
files = [{{file = "certifi-1.0-py3-none-any.whl", hash = "{SHA}"}}]

[[package]]
name = "idna"
version = "1.0"
files = [{{file = "idna-1.0-py3-none-any.whl", hash = "{SHA}"}}]

[[package]]
name = "user"
version = "1.0"
files = [{{file = "user-1.0-py3-none-any.whl", hash = "{SHA}"}}]
[package.dependencies]
accel = {{version = "1.0", source = "bbb"}}

[metadata]
lock-version = "2.1"
python-versions = "*"
content-hash = "x"
"""
PDM = f"""
[metadata]
lock_version = "4.5.0"

[[package]]
name = "accel"
version = "1.0"
dependencies = ["idna"]
files = [{{file = "accel-1.0-py3-none-any.whl", hash = "{SHA}"}}]

[[package]]
name = "accel"
version = "1.0"
git = "{REPOSITORY}"
revision = "{COMMIT}"
dependencies = ["certifi"]

[[package]]
name = "certifi"
version = "1.0"
files = [{{file = "certifi-1.0-py3-none-any.whl", hash = "{SHA}"}}]

[[package]]
name = "idna"
version = "1.0"
files = [{{file = "idna-1.0-py3-none-any.whl", hash = "{SHA}"}}]

[[package]]
name = "user"
version = "1.0"
dependencies = ["accel @ git+{REPOSITORY}@main"]
files = [{{file = "user-1.0-py3-none-any.whl", hash = "{SHA}"}}]
"""
DIGEST = SHA.removeprefix("sha256:")


def _pylock(name: str, more: str) -> str:
    wheel = f'wheels = [{{name = "{name}-1.0-py3-none-any.whl", url = "https://f.example/{name}-1.0-py3-none-any.whl", hashes = {{sha256 = "{DIGEST}"}}}}]'
    return f'[[packages]]\nname = "{name}"\nversion = "1.0"\n{more}\n{wheel}\n'


PYLOCK = 'lock-version = "1.0"\ncreated-by = "x"\n' + "".join(
    _pylock(name, more)
    for name, more in (
        ("accel", f'index = "{INDEX}"\ndependencies = [{{name = "idna"}}]'),
        ("accel", f'index = "{OTHER}"\ndependencies = [{{name = "certifi"}}]'),
        ("certifi", ""),
        ("idna", ""),
        ("user", f'dependencies = [{{name = "accel", index = "{OTHER}"}}]'),
    )
)
LOCKS = {
    "poetry.lock": (POETRY, INDEX, OTHER),
    "pdm.lock": (PDM, "", REPOSITORY),
    "pylock.toml": (PYLOCK, INDEX, OTHER),
}


def entry(lock: Lock, name: str, url: str = "") -> LockEntry:
    (found,) = [one for one in lock.entries if one.pin.name == name and (name != "accel" or one.pin.source.url == url)]
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_each_source_keeps_its_own_edges(name: str) -> None:
    text, first, second = LOCKS[name]
    lock = read(name, text)
    assert entry(lock, "accel", first).depends_on == (("idna", "1.0"),)
    assert entry(lock, "accel", second).depends_on == (("certifi", "1.0"),)
    assert (entry(lock, "idna").required_by, entry(lock, "certifi").required_by) == (("accel",), ("accel",))


@pytest.mark.parametrize("name", LOCKS)
def test_the_source_is_part_of_what_an_edge_leads_to(name: str) -> None:
    text, first, second = LOCKS[name]
    lock = read(name, text)
    user = entry(lock, "user")
    assert user.depends_on == (("accel", "1.0"),)
    assert [(edge, version, source.url) for edge, version, source in user.depends_on_sources] == [
        ("accel", "1.0", second)
    ]
    assert (entry(lock, "accel", first).required_by, entry(lock, "accel", second).required_by) == ((), ("user",))


@pytest.mark.parametrize("name", LOCKS)
def test_an_edge_whose_source_is_not_stated_leads_to_both(name: str) -> None:
    text, first, second = LOCKS[name]
    unstated = text.replace(', source = "bbb"', "").replace(f" @ git+{REPOSITORY}@main", "")
    lock = read(name, unstated.replace(f'"accel", index = "{OTHER}"', '"accel"'))
    assert entry(lock, "user").depends_on_sources == ()
    assert (entry(lock, "accel", first).required_by, entry(lock, "accel", second).required_by) == (("user",), ("user",))
