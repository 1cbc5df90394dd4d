"""The address of a source repository in the form that SLSA uses, without anything private in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from ops.supply_chain.core.text import without_credentials
from ops.supply_chain.formats.version_tags import same_version, version_tags

_SCP = re.compile(r"(?:[^@/\s]+@)?(?P<host>[A-Za-z0-9][A-Za-z0-9.-]+):(?!//)(?P<path>[^\s\\]+)")
_URL = re.compile(r"(?P<scheme>https?|ssh|git|git\+https|git\+ssh)://(?P<rest>[^\s]+)", re.IGNORECASE)


def source_uri(remote: str, commit: str) -> str:
    """Write a git remote as a URI that names one commit.

    Args:
        remote: As git has it: a URL, or `user@host:path`; empty if there is none.
        commit: Full hash.
    Returns:
        `git+https://host/path@commit` and the like; empty for a remote on this machine, whose path is
        private.
    """
    url = _URL.fullmatch(remote)
    if url:
        # A query can hold a token under any name; no address of a repository needs one.
        bare = without_credentials(f"{url['scheme'].lower().removeprefix('git+')}://{url['rest']}")
        return f"git+{re.split('[?#]', bare)[0]}@{commit}"
    scp = _SCP.fullmatch(remote)
    if scp:
        return f"git+ssh://{scp['host']}/{scp['path'].lstrip('/')}@{commit}"
    return ""


def tag_of(tags: Collection[str], names: Sequence[str], version: str) -> str:
    """Return the tag of a version among the tags of a commit; empty if there is none.

    Args:
        tags: All tags of the commit.
        names: What a tag of the component may begin with.
        version: With or without a `v`.
    """
    if version in tags:
        return version
    same = [tag for tag in version_tags(tags, names) if same_version(tag.text, version)]
    bare = version.removeprefix("v")
    versions = dict.fromkeys((version, f"v{bare}", bare))
    named = [f"{name}{mark}{text}" for name in names for mark in ("-", "/", "@", "_", "==") for text in versions]
    return next((name for name in (*versions, *named) if name in tags), same[0].tag if same else "")
