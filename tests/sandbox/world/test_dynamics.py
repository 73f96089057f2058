"""Promises about when patches arrive."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from patchlib.sandbox.world.calendars import DAY, NEVER
from patchlib.sandbox.world.dynamics import INSTALL_MINUTES, Cohort
from patchlib.sandbox.world.estate import LAST_AS_OF, Estate


def in_place(cohort: Cohort) -> Iterator[tuple[int, int, int]]:
    """(node row, patch column, install instant) of what was installed on the node, not with its image."""
    for row, column in zip(*np.nonzero((cohort.installed < NEVER) & ~cohort.in_image), strict=True):
        yield int(row), int(column), int(cohort.installed[row, column])


def test_nothing_is_installed_before_its_approval(estate: Estate) -> None:
    """In place, a patch is installed at or after its approval, or with a later one of its family."""
    for cohort in estate.cohorts:
        for row, column, at in in_place(cohort):
            own = cohort.own_install[row, column] == at
            assert not own or at >= cohort.approved[column]


def test_nothing_is_installed_outside_windows(estate: Estate) -> None:
    """In place, a patch is installed inside an opening of the node's window, before its cutoff."""
    for cohort in estate.cohorts:
        window = cohort.schedules.install
        for row, _, at in in_place(cohort):
            assert window is not None
            opening = at - cohort.nodes[row].run_delay - INSTALL_MINUTES * 60
            assert opening in cohort.schedules.openings
            assert at - opening <= (window.duration_hours - window.cutoff_hours) * 3600


def test_nothing_is_installed_on_a_silent_node(estate: Estate) -> None:
    """A stopped, lost or terminated node installs nothing, and none before its launch."""
    for cohort in estate.cohorts:
        for row, _, at in in_place(cohort):
            assert cohort.nodes[row].launched_at <= at < cohort.nodes[row].silent_at


def test_images_bring_what_was_released_before(estate: Estate) -> None:
    """What came with the image counts from the build, before the launch."""
    for cohort in estate.cohorts:
        for row, node in enumerate(cohort.nodes):
            there = cohort.in_image[row] & cohort.present[row]
            assert (cohort.installed[row, there] == node.built_at).all()
            assert (cohort.catalogue.released[there] <= node.built_at).all()


def test_effective_is_installed_or_later(estate: Estate) -> None:
    """A patch takes effect when installed, or at a restart after it where the window does not restart."""
    for cohort in estate.cohorts:
        assert (cohort.effective >= cohort.installed).all()
        if not cohort.schedules.needs_restart:
            assert (cohort.effective == cohort.installed).all()
            continue
        for row, column, at in in_place(cohort):
            effective = cohort.effective[row, column]
            assert effective in cohort.schedules.restarts
            assert effective - at < 45 * DAY or at > LAST_AS_OF


def test_a_rejected_patch_is_not_installed_any_more(estate: Estate) -> None:
    """No node installs a patch by itself after it was rejected."""
    rejecting = [cohort for cohort in estate.cohorts if (cohort.rejected < NEVER).any()]
    assert rejecting
    for cohort in rejecting:
        own = cohort.own_install
        assert ((own < cohort.rejected[None, :]) | (own == NEVER)).all()


def test_draws_do_not_depend_on_the_cohort(estate: Estate) -> None:
    """A node's delays are its own: the same whichever nodes stand beside it."""
    cohort = max(estate.cohorts, key=lambda c: len(c.nodes))
    alone = Cohort(cohort.draws, cohort.nodes[2:3], cohort.catalogue, cohort.baseline, cohort.schedules)
    assert (alone.installed[0] == cohort.installed[2]).all()
    assert (alone.delay_days[0] == cohort.delay_days[2]).all()
