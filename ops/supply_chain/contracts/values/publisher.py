"""Who published a package, by core metadata and by attestation."""

from __future__ import annotations

from ops.supply_chain.contracts.base import Contract


class Publisher(Contract, frozen=True, kw_only=True):
    """Publisher metadata of one project from the index's JSON; an absent value is empty, never None.

    `project_urls` maps label to address, as published.
    """

    author: str
    author_email: str
    home_page: str
    maintainer: str
    maintainer_email: str
    project_urls: dict[str, str]


class AttestedPublisher(Contract, frozen=True, kw_only=True):
    """The publisher in a verified attestation (PEP 740).

    `kind` is PEP 740's word (`GitHub`, `GitLab`, ...). `identity` identifies the publisher, from the certificate where
    it contains it: repository, workflow, and the numeric ids that stay when a name is transferred.
    A value that is known to be absent is empty; one that was never recorded has no key.
    """

    kind: str
    identity: dict[str, str]

    @property
    def key(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Sort and comparison key."""
        return (self.kind, tuple(sorted(self.identity.items())))

    @property
    def label(self) -> str:
        """One line for people, the kind first."""
        known = ", ".join(f"{name} {value}" for name, value in sorted(self.identity.items()) if value)
        return f"{self.kind} ({known})" if known else self.kind


class AttestedPackage(Contract, frozen=True, kw_only=True):
    """The recorded attestation publishers of a package.

    `publishers` are sorted by `key`. `every_file` is True if every file in the lock was attested.
    `versions` are the recorded versions, sorted.
    """

    publishers: tuple[AttestedPublisher, ...]
    every_file: bool
    versions: tuple[str, ...]
