"""Container images by what names them for good: the digest of the image that a tag points to, and of the one before.

Both are drawn from the account and the repository, so whoever speaks of an image, wherever it runs, means the same.
"""

from __future__ import annotations

from patchlib.sandbox.world.draws import Draws

__all__ = ["image_digest", "repository_uri"]


def image_digest(draws: Draws, account_id: str, repository: str, build: str = "live") -> str:
    """`sha256:` and 64 digits. build: "live" is what the tag `live` points to, "old" what it pointed to before."""
    purpose = "image digest" if build == "live" else f"image digest, {build}"
    return "sha256:" + draws.hexadecimal(32, purpose, account_id, repository) * 2


def repository_uri(account_id: str, region: str, repository: str) -> str:
    """What an image is pulled from, without tag and digest."""
    return f"{account_id}.dkr.ecr.{region}.amazonaws.com/{repository}"
