"""The kind of each file of a release, by its name.

The names are those of release/assembly/layout.py and contracts/values/signature_names.py; a test compares them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from ops.supply_chain.contracts.values.predicate_types import STATEMENT_TYPES
from ops.supply_chain.contracts.values.release_naming import (
    CONVENTIONAL_PROVENANCE,
    CONVENTIONAL_SBOM,
    KEPT_SUFFIXES,
    PROVENANCE_SUFFIX,
    ReleaseNaming,
    naming_of,
)
from ops.supply_chain.contracts.values.signature_names import (
    ATTESTATION_SUFFIXES,
    CONVENTIONAL_BUNDLE_SUFFIX,
    DETACHED_SUFFIXES,
    PUBLISH_SUFFIX,
    SIGNATURE_SUFFIXES,
    TRUSTED_ROOT_SUFFIX,
    bundle_suffix,
    publish_attestation_name,
)
from ops.supply_chain.core.errors import InputError

CHECKSUMS_SUFFIX = "-checksums.txt"
GATE_SUFFIX = "-gate.json"
RESULTS_SUFFIX = "-tests.json"
MANIFEST = "manifest.json"
"""A file of a retained release."""

VERIFIER = "sealwright-verify.pyz"
"""The stand-alone verifier: a released file, or attached to a release that does not list it."""

PROVENANCE_NAMES = (PROVENANCE_SUFFIX, CONVENTIONAL_PROVENANCE)
"""Name endings of the provenance, in any form of names."""

DOCUMENTS = (".json", ".txt", CONVENTIONAL_BUNDLE_SUFFIX, *DETACHED_SUFFIXES, PUBLISH_SUFFIX)
"""Name endings of files whose content is read."""

CYCLONEDX_SUFFIX = ".cdx.json"
ATTESTED = ("provenance", "sbom", "vex", *STATEMENT_TYPES)
_SBOM = re.compile(r"sbom[A-Za-z0-9._-]*\.(?:cdx|spdx|spdx3)\.json")
_OF_DISTRIBUTION = re.compile(r"sbom-(?:wheel|source)[-.].+")
_VEX = re.compile(r"(?:vex(?:\.[A-Za-z0-9]+)*|openvex)\.json")


@dataclass(frozen=True, kw_only=True)
class ReleaseFileNames:
    """The names of one release's files. `prefix` is `N-V`. All lists are sorted.

    `attached` says that the verifier, if there is one, was attached later: the checksums do not list it. `naming` is the form
    of the names.
    """

    prefix: str
    names: tuple[str, ...]
    attached: bool = False
    naming: ReleaseNaming = ReleaseNaming.VERSIONED

    @property
    def checksums(self) -> str:
        """The checksums file."""
        return self.prefix + CHECKSUMS_SUFFIX

    @property
    def provenance(self) -> str:
        """The provenance statement."""
        if self.naming is ReleaseNaming.CONVENTIONAL:
            return CONVENTIONAL_PROVENANCE
        return self.prefix + PROVENANCE_SUFFIX

    @property
    def gate(self) -> str:
        """Verdict and records."""
        return self.prefix + GATE_SUFFIX

    @property
    def results(self) -> str:
        """The results of tests."""
        return self.prefix + RESULTS_SUFFIX

    @property
    def trusted_root(self) -> str:
        """The trusted root for offline customers."""
        return self.prefix + TRUSTED_ROOT_SUFFIX

    @property
    def kept(self) -> tuple[str, ...]:
        """The maker's own verification reports: kept with a retained release, not signed."""
        return tuple(self.prefix + suffix for suffix in KEPT_SUFFIXES.values())

    @property
    def sboms(self) -> tuple[str, ...]:
        """The SBOMs."""
        return tuple(name for name in self.released if _SBOM.fullmatch(self._rest(name)))

    def is_of_distribution(self, name: str) -> bool:
        """Return whether an SBOM describes one distribution of the release rather than the release."""
        return _OF_DISTRIBUTION.fullmatch(self._rest(name)) is not None

    @property
    def vex(self) -> tuple[str, ...]:
        """The VEX documents."""
        return tuple(name for name in self.released if _VEX.fullmatch(self._rest(name)))

    @property
    def bundles(self) -> tuple[str, ...]:
        """Every Sigstore bundle, attestations included."""
        return tuple(name for name in self.names if name.endswith(bundle_suffix(self.naming)))

    @property
    def detached(self) -> tuple[str, ...]:
        """Detached signatures and their certificates."""
        return tuple(name for name in self.names if name.endswith(DETACHED_SUFFIXES))

    @property
    def publish_attestations(self) -> tuple[str, ...]:
        """The publish attestations (PEP 740) of the distributions, as far as they are present."""
        expected = map(publish_attestation_name, self.distributions)
        return tuple(name for name in expected if name in self.names)

    @property
    def released(self) -> tuple[str, ...]:
        """The released files: all except those added by signing, retention and later."""
        further = {*self.unlisted, MANIFEST, *self.kept}
        return tuple(name for name in self.names if name not in further and not name.endswith(SIGNATURE_SUFFIXES))

    @property
    def unlisted(self) -> tuple[str, ...]:
        """The files, as far as they are there, that are signed and that the checksums do not list."""
        further = (self.trusted_root, VERIFIER) if self.attached else (self.trusted_root,)
        return tuple(name for name in further if name in self.names)

    @property
    def subjects(self) -> tuple[str, ...]:
        """The files that the provenance must cover: all released ones except itself and the checksums."""
        return tuple(name for name in self.released if name not in (self.provenance, self.checksums))

    @property
    def distributions(self) -> tuple[str, ...]:
        """The wheels and source distributions."""
        ours = self._archives
        return tuple(name for name in self.subjects if name.endswith((".whl", ".tar.gz")) and name not in ours)

    @property
    def signed(self) -> tuple[str, ...]:
        """The files that must have a bundle."""
        unsigned = {MANIFEST, *self.kept}
        return tuple(name for name in self.names if name not in unsigned and not name.endswith(SIGNATURE_SUFFIXES))

    def kind_of(self, name: str) -> str:
        """Return what a file or attestation is, as conditions on identities name it (contracts/config/signing.py)."""
        if name.endswith(ATTESTATION_SUFFIXES):
            found = next((what for what in ATTESTED if name == self.attestation(what)), "further")
            return f"{found}-attestation"
        if name.endswith(PUBLISH_SUFFIX):
            return "publish-attestation"
        return self._kinds.get(name, "other")

    @cached_property
    def _kinds(self) -> Mapping[str, str]:
        """The kinds of the files, found once for all of them: a file at a time, the time grows with their square."""
        return {
            self.checksums: "checksums",
            self.provenance: "provenance",
            self.gate: "gate",
            self.trusted_root: "trusted-root",
            VERIFIER: "verifier",
            **dict.fromkeys(self.sboms, "sbom"),
            **dict.fromkeys(self.vex, "vex"),
            **dict.fromkeys(self.distributions, "distribution"),
            **dict.fromkeys(self._archives, "archive"),
        }

    @property
    def _archives(self) -> tuple[str, ...]:
        return (f"{self.prefix}-evidence.tar.gz", f"{self.prefix}-source.tar.gz")

    def attestation(self, what: str) -> str:
        """Return the name of an attestation: `what` is one of `ATTESTED`."""
        return f"{self.prefix}-{what}.attestation{bundle_suffix(self.naming)}"

    def _rest(self, name: str) -> str:
        if self.naming is ReleaseNaming.CONVENTIONAL and CONVENTIONAL_SBOM.fullmatch(name):
            return name
        return name.removeprefix(f"{self.prefix}-") if name.startswith(f"{self.prefix}-") else ""


def classify(names: Collection[str], *, attached: bool = False) -> ReleaseFileNames:
    """Classify the files of a release by name.

    Args:
        names: The names of all given files.
        attached: Whether the checksums do not list the verifier.
    Raises:
        InputError: They are not a release, or more than one, or the provenance is there in both forms of names.
    """
    for suffix in (CHECKSUMS_SUFFIX, PROVENANCE_SUFFIX, GATE_SUFFIX):
        found = sorted({name.removesuffix(suffix) for name in names if name.endswith(suffix) and name != suffix})
        if len(found) > 1:
            raise InputError(
                f"there are {len(found)} releases: {', '.join(found)}", hint="Give one release, in a folder of its own."
            )
        if found:
            return ReleaseFileNames(
                prefix=found[0], names=tuple(sorted(names)), attached=attached, naming=_naming(names, found[0])
            )
    raise InputError(
        "there is no release: no file ends in -checksums.txt or -provenance.intoto.json",
        hint="Give the folder or archive with all files of one release.",
    )


def _naming(names: Collection[str], prefix: str) -> ReleaseNaming:
    other = prefix + PROVENANCE_SUFFIX
    if CONVENTIONAL_PROVENANCE in names and other in names:
        raise InputError(
            f"the provenance has two names: {CONVENTIONAL_PROVENANCE} and {other}",
            hint="A release has one of them: get its files again, from where it is published.",
        )
    return naming_of(names)
