"""`requirements.contents.json`: what wheels of a lock contain beyond their own code, as `check_hashes --bytes --record` found it.

Each entry is about the bytes of one wheel, by its digest, so it stays true as long as the lock has that digest.

Source: docs/wheel-contents.md
"""

from __future__ import annotations

from typing import Literal

from ops.supply_chain.contracts.base import Contract, Count, Sha256


class RecordedEvidence(Contract, frozen=True, kw_only=True):
    """Why a component has its name or version: `field` has `value` by `text` in `path`; `confidence` in percent."""

    field: str
    value: str
    kind: str
    path: str
    text: str
    confidence: Count


class RecordedComponent(Contract, frozen=True, kw_only=True, omit_defaults=True):
    """One component in a wheel.

    `part` is `bundled`, `vendored` or `declared`. `version`, `purl` and `cpe` are empty where they are not known. `licence` is an
    SPDX expression; `licence_ids` and `licence_names` are sorted and only there without one. `hashes` are `<algorithm>:<hex>`.
    `paths` are files in the wheel. `excluded` is True if an SBOM says that it is not part of the wheel's function. `notes`
    are (label, text) pairs, sorted.
    """

    name: str
    part: Literal["bundled", "vendored", "declared"]
    version: str = ""
    purl: str = ""
    cpe: str = ""
    licence: str = ""
    licence_ids: tuple[str, ...] = ()
    licence_names: tuple[str, ...] = ()
    licence_source: str = ""
    hashes: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    excluded: bool = False
    evidence: tuple[RecordedEvidence, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()


class RecordedWheel(Contract, frozen=True, kw_only=True, omit_defaults=True):
    """One wheel.

    `name` is in PEP 503 form. `sboms` are the SBOMs in it that were read. `incomplete` are the reasons why components may
    be missing, sorted; empty where none is known. `problem` is why it was not opened, empty where it was.
    """

    name: str
    version: str
    file: str
    sha256: Sha256
    components: tuple[RecordedComponent, ...] = ()
    sboms: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()
    problem: str = ""


class WheelContents(Contract, frozen=True, kw_only=True):
    """The whole file; `wheels` are sorted by name, version, file, digest."""

    schema: Literal["wheel-contents/1"]
    wheels: tuple[RecordedWheel, ...]
