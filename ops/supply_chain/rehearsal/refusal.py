"""What a service answers when it does not do what it was asked."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 - the services' word for it; nothing of ours failed
    """An answer with a status of 4xx, as the real service gives it.

    Args:
        status: HTTP status.
        message: What the service says.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
