"""What `uv publish` says on stderr, as uv 0.13.8 wrote it on 2026-11-28 against an index on loopback."""

from __future__ import annotations

import pytest

from ops.supply_chain.adapters.tools.uv_publish import failure_of

HEAD = "Publishing 1 file to http://127.0.0.1:1/legacy/\nHashing n.whl (1KiB)\nUploading n.whl (1KiB)\n"
FAILED = f"{HEAD}error: Failed to publish `/private/n.whl` to `http://127.0.0.1:1/legacy/`\n  cause: "
STATUS = f"{FAILED}Server returned status code "

CASES: dict[str, tuple[str, bool, int, str]] = {
    "exists": (
        STATUS + "400 Bad Request. Server says: File already exists ('n.whl', with blake2_256 hash '0').\n",
        True,
        400,
        "File already exists ('n.whl', with blake2_256 hash '0').",
    ),
    "forbidden": (
        STATUS + "403 Forbidden. Server says: Invalid authentication.\n",
        True,
        403,
        "Invalid authentication.",
    ),
    "no words": (STATUS + "404 Not Found.\n", True, 404, "HTTP status 404"),
    "down": (STATUS + "503 Service Unavailable. Server says: down\n", False, 503, "down"),
    "too many": (STATUS + "429 Too Many Requests. Server says: slow\n", False, 429, "slow"),
    "timeout of the server": (STATUS + "408 Request Timeout. Server says: slow\n", False, 408, "slow"),
    "cut": (
        FAILED + "Failed to send POST request\n  cause: connection closed before message completed\n",
        False,
        0,
        "Failed to send POST request connection closed before message completed",
    ),
    "redirect": (
        FAILED + "Redirected URL is not in the same realm. Redirected to: http://x.invalid/\n",
        False,
        0,
        "Redirected URL is not in the same realm. Redirected to: http://x.invalid/",
    ),
    "a status in the server's words": (
        FAILED + "Failed to send POST request\n  cause: mystatus code4000\n",
        False,
        0,
        "Failed to send POST request mystatus code4000",
    ),
    "several lines": (
        STATUS + "400 Bad Request. Server says: Invalid attestations:\n  of another\n  workflow\n",
        True,
        400,
        "Invalid attestations: of another workflow",
    ),
    "nothing": ("", False, 0, ""),
    "something else": ("a panic\n", False, 0, "a panic"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_failure_is_read(name: str) -> None:
    output, refused, status, said = CASES[name]
    found = failure_of(output, "/private")
    assert (found.done, found.refused, found.status, found.said) == (False, refused, status, said)


def test_what_is_said_is_one_short_line_without_control_characters_and_accounts() -> None:
    found = failure_of(
        STATUS + "400 Bad Request. Server says: \x1b[31m" + "x" * 2000 + " https://me:pw@x.invalid/\n", ""
    )
    assert len(found.said) <= 400
    assert found.said.isprintable()
    assert (
        "pw" not in failure_of(STATUS + "400 Bad Request. Server says: see https://me:pw@x.invalid/\n", "/private").said
    )
