"""`[[indexes]]`: the package indexes on which the distributions are published."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ops.supply_chain.contracts.base import Contract

Days = Annotated[int, msgspec.Meta(ge=0, le=36500)]


class PublishIndex(Contract, frozen=True, kw_only=True):
    """One `[[indexes]]` entry. `pypi` and `testpypi` need none; an entry of that name replaces the values that it has.

    `upload_url` takes the uploads, `simple_url` is the simple API that is read before and after, `integrity_url` the root
    of its Integrity API (PEP 740). `oidc_url` is the root of Trusted Publishing, without which `UV_PUBLISH_TOKEN` is
    needed. `attestations` says whether publish attestations are uploaded and must be served; by default they are where
    Trusted Publishing and an Integrity API are there. `closes_after_days` is after how many days the index takes no
    further file for a release; 0 for never. None contains an account: it comes from the environment.
    """

    name: str
    upload_url: str = ""
    simple_url: str = ""
    integrity_url: str = ""
    oidc_url: str = ""
    attestations: bool | None = None
    closes_after_days: Days | None = None
