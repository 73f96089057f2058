"""Every headline figure is a card: it has a unit, a definition, a denominator and a query."""

import pandas as pd
import pytest

from patchlib.display import kpi
from patchlib.metrics import compliance, fleet, lag, waiting
from patchlib.metrics.headline import Headline
from patchlib.queries import load

COVERAGE = pd.DataFrame({"coverage_state": ["excluded", "stale", "fresh"], "node_count": [1, 3, 6]})
ACCOUNTS = pd.DataFrame({"is_blind": [True, False], "is_left_out": [False, False]})
BLIND_SPOTS = pd.DataFrame({"account_id": ["1", "1", "2"]})
OVERALL = pd.DataFrame(
    {
        "known_node_count": [10],
        "excluded_count": [1],
        "expected_count": [9],
        "compliant_count": [3],
        "unknown_count": [2],
        "aws_labelled_count": [8],
        "aws_compliant_count": [6],
    }
)
AWS_LABEL = pd.DataFrame(
    {
        "aws_label": ["compliant", "none", "compliant"],
        "compliance_status": ["unknown", "unknown", "compliant"],
        "reason": ["stale", "unmanaged", "nothing open"],
        "is_hidden": [True, True, False],
        "node_count": [3, 1, 3],
    }
)
REBOOT_DEBT = pd.DataFrame({"node_id": ["a", "b"]})
QUANTILES = pd.DataFrame(
    {
        "severity": ["Critical", "Low"],
        "environment": ["prod", "prod"],
        "median_days": [12.0, None],
        "episode_count": [40, 10],
        "open_count": [4, 6],
    }
)
DECOMPOSITION = pd.DataFrame({"total_days": [80.0, 40.0], "unknown_days": [5.0, 15.0], "design_days": [20.0, 5.0]})
RELEASE_KNOWN = pd.DataFrame({"release_known_count": [30, 0], "patch_row_count": [30, 10]})
ORDER = ("Critical", "Low")

CARDS = {
    "fresh_share": (fleet.fresh_headline(COVERAGE), 6 / 9),
    "unseen_node_count": (fleet.unseen_headline(COVERAGE), 3),
    "blind_account_count": (fleet.blind_headline(ACCOUNTS), 1),
    "unread_source_count": (fleet.unread_headline(BLIND_SPOTS), 3),
    "compliant_share": (compliance.compliant_headline(OVERALL), 3 / 9),
    "aws_compliant_share": (compliance.aws_headline(OVERALL), 6 / 8),
    "hidden_node_count": (compliance.hidden_headline(OVERALL, AWS_LABEL), 4),
    "unknown_node_count": (compliance.unknown_headline(OVERALL), 2),
    "reboot_node_count": (compliance.reboot_headline(OVERALL, REBOOT_DEBT), 2),
    "slowest_median_days": (lag.slowest_headline(QUANTILES, ORDER), 12.0),
    "open_episode_count": (lag.open_headline(QUANTILES), 10),
    "design_share": (waiting.design_headline(DECOMPOSITION), 25 / 120),
    "release_known_share": (lag.release_headline(RELEASE_KNOWN), 0.75),
}


@pytest.mark.parametrize("name", CARDS)
def test_a_headline_is_a_card_with_its_trust_line(name: str) -> None:
    """The value is the fact's, and nothing of the trust line is missing."""
    headline, value = CARDS[name]
    card = kpi(**headline)
    assert card.name == name
    assert card.value == pytest.approx(value)
    assert all((card.label, card.unit, card.definition, card.denominator))
    assert load(card.source).name == card.source


@pytest.mark.parametrize(
    "headline",
    [
        fleet.fresh_headline(COVERAGE.head(0)),
        compliance.compliant_headline(OVERALL * 0),
        lag.slowest_headline(QUANTILES.head(0), ORDER),
        lag.slowest_headline(QUANTILES.tail(1), ORDER),
        waiting.design_headline(DECOMPOSITION.head(0)),
        lag.release_headline(RELEASE_KNOWN.head(0)),
    ],
    ids=lambda headline: headline["name"],
)
def test_without_a_denominator_a_headline_is_unknown(headline: Headline) -> None:
    """Nothing to be a share of, or a median not reached, is unknown: not zero, and never good."""
    assert headline["value"] is None
    assert kpi(**headline).tone == "unknown"
