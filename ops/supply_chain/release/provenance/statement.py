"""The provenance statement of a release, put together from what the stages recorded.

Source: SLSA 1.2, https://slsa.dev/spec/v1.2/build-provenance; in-toto Statement v1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ops.supply_chain.contracts.files.provenance import (
    PREDICATE_TYPE,
    STATEMENT_TYPE,
    BuildDefinition,
    ExternalParameters,
    InternalParameters,
    Predicate,
    ProvenanceSubject,
    ResourceDescriptor,
    RunDetails,
    Sha256Digest,
    Statement,
)
from ops.supply_chain.core.errors import InputError


def build_statement(
    subjects: Mapping[str, str],
    *,
    build_type: str,
    parameters: ExternalParameters,
    internal: InternalParameters,
    dependencies: Iterable[ResourceDescriptor],
    run: RunDetails,
) -> Statement:
    """Make the statement.

    Args:
        subjects: Released name -> SHA-256; at least one.
        build_type: Identifier of the way in which releases are made.
        parameters: The options that the caller of the release can set.
        internal: What the machine determined.
        dependencies: Any order.
        run: Builder, times and byproducts.
    Returns:
        Subjects sorted by name, dependencies by role, name and URI.
    Raises:
        InputError: No subject: a statement about nothing would verify against nothing.
    """
    if not subjects:
        raise InputError("provenance: there is nothing to make a statement about")
    return Statement(
        type_=STATEMENT_TYPE,
        predicate_type=PREDICATE_TYPE,
        subject=tuple(
            ProvenanceSubject(name=name, digest=Sha256Digest(sha256=sha256))
            for name, sha256 in sorted(subjects.items())
        ),
        predicate=Predicate(
            build_definition=BuildDefinition(
                build_type=build_type,
                external_parameters=parameters,
                internal_parameters=internal,
                resolved_dependencies=tuple(sorted(dependencies, key=_order)),
            ),
            run_details=run,
        ),
    )


def _order(descriptor: ResourceDescriptor) -> tuple[str, str, str]:
    return (str(descriptor.annotations["role"]), descriptor.name, descriptor.uri)
