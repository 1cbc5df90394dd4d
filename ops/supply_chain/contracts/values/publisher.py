"""Who published a package, by core metadata and by attestation."""

from __future__ import annotations

from ops.supply_chain.contracts.base import Contract


class Publisher(Contract, frozen=True, kw_only=True):
    """What the index's JSON said of one project; what it did not say is empty, never None.

    `project_urls` maps label to address, as published.
    """

    author: str
    author_email: str
    home_page: str
    maintainer: str
    maintainer_email: str
    project_urls: dict[str, str]


class AttestedPublisher(Contract, frozen=True, kw_only=True):
    """Whom a verified attestation (PEP 740) names.

    `kind` is PEP 740's word (`GitHub`, `GitLab`, ...). `identity` is what the publisher is known by, from the
    certificate where it tells: repository, workflow, and the numbers that stay when a name is given away.
    What is known to be absent is empty; what was never recorded is no key.
    """

    kind: str
    identity: dict[str, str]

    @property
    def key(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Order, and what makes two the same."""
        return (self.kind, tuple(sorted(self.identity.items())))

    @property
    def label(self) -> str:
        """One line for people, the name first."""
        known = ", ".join(f"{name} {value}" for name, value in sorted(self.identity.items()) if value)
        return f"{self.kind} ({known})" if known else self.kind


class AttestedPackage(Contract, frozen=True, kw_only=True):
    """Who attested the files of a package when it was recorded.

    `publishers` are sorted by `key`. `every_file` tells that each file that the lock names was attested.
    `versions` are those that it was recorded of, sorted.
    """

    publishers: tuple[AttestedPublisher, ...]
    every_file: bool
    versions: tuple[str, ...]
