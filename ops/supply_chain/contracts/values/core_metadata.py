"""What sealwright uses of the core metadata of a distribution."""

from __future__ import annotations

import msgspec


class CoreMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of one METADATA or PKG-INFO file; an absent field is empty, never None.

    `requires_dist` keeps the file's order and text. `project_urls` are (label, url) in file order.
    `classifiers` in file order. `licence` is the legacy free-text `License` field, `licence_expression`
    the PEP 639 one. `dynamic` are the fields that a build may change, lower case, in file order.
    `requires_known` is False if the built package may have another `Requires-Dist`: a source distribution before
    metadata 2.2, or one that lists it as dynamic.
    """

    metadata_version: str
    name: str
    version: str
    summary: str = ""
    author: str = ""
    author_email: str = ""
    maintainer: str = ""
    maintainer_email: str = ""
    home_page: str = ""
    licence: str = ""
    licence_expression: str = ""
    classifiers: tuple[str, ...] = ()
    project_urls: tuple[tuple[str, str], ...] = ()
    requires_dist: tuple[str, ...] = ()
    requires_python: str = ""
    provides_extra: tuple[str, ...] = ()
    dynamic: tuple[str, ...] = ()
    requires_known: bool = True
