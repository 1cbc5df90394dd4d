"""Why a release is not published, as a value that becomes a finding."""

from __future__ import annotations

from typing import NamedTuple


class PublicationProblem(NamedTuple):
    """Why nothing, or nothing further, is published: the finding's code, what is wrong, what to do."""

    code: str
    message: str
    next_step: str
