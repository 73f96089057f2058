"""Promises of the digests of the world's container images."""

import re

from patchlib.sandbox.world.calendars import instant
from patchlib.sandbox.world.containers import image_digest, repository_uri
from patchlib.sandbox.world.directory import HOME_REGION
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.registries import images, repositories

ESTATE = Estate(7, 60, 9, instant("2026-11-02T06:00:00Z"))


def test_a_digest_names_one_build_of_one_repository() -> None:
    """The same for whoever asks, another for every other image, in the form of the registry."""
    named = {
        image_digest(ESTATE, account, repository, build)
        for account in ("1", "2")
        for repository in ("a", "b")
        for build in ("live", "old")
    }
    assert len(named) == 8
    assert all(re.fullmatch("sha256:[0-9a-f]{64}", digest) for digest in named)
    assert image_digest(ESTATE, "1", "a") == image_digest(ESTATE, "1", "a", "live")
    assert repository_uri("1", "eu-central-1", "a") == "1.dkr.ecr.eu-central-1.amazonaws.com/a"


def test_what_tasks_run_is_in_the_registry() -> None:
    """The tag `live` is on the image that tasks run, of several architectures on the index that holds it."""
    account = "210400173933"
    run = [each for each in repositories(account, HOME_REGION) if each.task_count]
    assert run
    for repository in run:
        held = list(images(ESTATE, repository))
        last = [image for image in held if image.replaced_at is None]
        assert image_digest(ESTATE, account, repository.name) in {image.digest for image in last}
        assert [image.is_index for image in last if "live" in image.tags] == [len(repository.architectures) > 1]
        old = image_digest(ESTATE, account, repository.name, "old")
        assert old not in {image.digest for image in last}
