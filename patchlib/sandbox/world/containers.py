"""Container images by what names them for good: the digest of the image that a tag points to, and of the one before.

Where the account has a registry that is the registry's own image; else it is drawn from account and repository, so
whoever speaks of an image, wherever it runs, means the same.
"""

from __future__ import annotations

from patchlib.sandbox.world.directory import HOME_REGION
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.registries import repositories, run_digest

__all__ = ["image_digest", "repository_uri"]


def image_digest(estate: Estate, account_id: str, repository: str, build: str = "live") -> str:
    """`sha256:` and 64 digits. build: "live" is what the tag `live` points to, "old" what it pointed to before."""
    held = next((each for each in repositories(account_id, HOME_REGION) if each.name == repository), None)
    if held is not None:
        return run_digest(estate, held, builds_ago=0 if build == "live" else 1)
    purpose = "image digest" if build == "live" else f"image digest, {build}"
    return "sha256:" + estate.draws.hexadecimal(32, purpose, account_id, repository) * 2


def repository_uri(account_id: str, region: str, repository: str) -> str:
    """What an image is pulled from, without tag and digest."""
    return f"{account_id}.dkr.ecr.{region}.amazonaws.com/{repository}"
