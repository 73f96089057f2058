"""Promises of the digests of the world's container images."""

import re

from patchlib.sandbox.world.containers import image_digest, repository_uri
from patchlib.sandbox.world.draws import Draws


def test_a_digest_names_one_build_of_one_repository() -> None:
    """The same for whoever asks, another for every other image, in the form of the registry."""
    named = {
        image_digest(Draws(7), account, repository, build)
        for account in ("1", "2")
        for repository in ("a", "b")
        for build in ("live", "old")
    }
    assert len(named) == 8
    assert all(re.fullmatch("sha256:[0-9a-f]{64}", digest) for digest in named)
    assert image_digest(Draws(7), "1", "a") == image_digest(Draws(7), "1", "a", "live")
    assert repository_uri("1", "eu-central-1", "a") == "1.dkr.ecr.eu-central-1.amazonaws.com/a"
