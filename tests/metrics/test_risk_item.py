"""Facts of risk items stay side by side: what is not known is counted as that, and never as none."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from patchlib.errors import ParameterInvalid
from patchlib.metrics.risk_item import (
    EVIDENCE,
    assessor_differences,
    evidence_counts,
    evidence_of,
    evidence_sentence,
    exploited_headline,
    of_items,
    on_nodes_of,
    open_headline,
    owned,
    reach_of,
    reached_headline,
    risk_sentence,
    score_counts,
    severity_counts,
    severity_sentence,
    shown,
    top_items,
    unfixed_sentence,
    unowned_sentence,
    untold_headline,
)

FULL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
NEWER = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
BLANK: dict[str, Any] = {
    "account_id": "1", "region": "eu", "asset_kind": "node", "asset_id": "i-1", "cve_id": "CVE-2026-0001",
    "owner": "web", "is_suppressed": False, "is_known_exploited": False, "ssvc_exploitation": None,
    "is_exploit_available": None, "is_exposed": None, "epss_share": None, "model_version": None, "score_date": None,
    "cvss_version": None, "cvss_vector": None, "cvss_score": None, "open_days": 1.0, "exposure": None,
}  # fmt: skip


def items(*rows: dict[str, Any]) -> pd.DataFrame:
    """A risk/item frame of the columns that are asked here, on a node each unless said."""
    told = [BLANK | {"asset_id": f"i-{place}"} | row for place, row in enumerate(rows, start=1)]
    kinds = dict.fromkeys(("is_suppressed", "is_known_exploited", "is_exploit_available", "is_exposed"), "boolean")
    numbers = dict.fromkeys(("epss_share", "cvss_score", "exposure"), "float64")
    return pd.DataFrame(told, columns=list(BLANK)).astype(kinds | numbers)


def test_the_strongest_evidence_counts_and_silence_is_not_none() -> None:
    """KEV over SSVC over a public exploit; what nobody has assessed is a word of its own."""
    frame = items(
        {"is_known_exploited": True, "ssvc_exploitation": "none"}, {"ssvc_exploitation": "active"},
        {"ssvc_exploitation": "poc"}, {"ssvc_exploitation": "none", "is_exploit_available": True},
        {"ssvc_exploitation": "none"}, {"is_known_exploited": None},
    )  # fmt: skip
    assert evidence_of(frame).tolist() == [EVIDENCE[0], EVIDENCE[1], EVIDENCE[2], EVIDENCE[2], EVIDENCE[3], EVIDENCE[4]]


def test_evidence_by_reach_counts_each_item_once() -> None:
    """In the order of meaning, with the assets of each."""
    frame = items(
        {}, {"is_known_exploited": True, "is_exposed": True}, {"is_known_exploited": True, "is_exposed": False},
        {"is_known_exploited": True, "is_exposed": True, "asset_id": "i-2", "cve_id": "CVE-2026-0002"},
    )  # fmt: skip
    assert reach_of(frame).tolist() == ["not known", "internet", "no way found", "internet"]
    counts = evidence_counts(frame)
    assert counts.values.tolist() == [
        ["known exploited", "internet", 2, 1], ["known exploited", "no way found", 1, 1],
        ["not assessed", "not known", 1, 1],
    ]  # fmt: skip
    assert evidence_sentence(frame) == (
        "3 of 4 items (75 %) are exploited somewhere; 2 of them are on an asset that the internet reaches. "
        "1 of 4 items (25 %) are assessed by nobody, which is not none."
    )
    assert evidence_sentence(items()) == "No item is known to be open."


def test_a_reach_that_is_not_known_is_never_counted_as_none() -> None:
    """Exploited images of which no reach is told: the sentences say so, in whole and in part."""
    nothing = pd.DataFrame({"finding_count": []}, dtype="int64")
    images = items(*[{"is_known_exploited": True, "asset_kind": "image"}] * 5)
    assert risk_sentence(images, nothing) == (
        "5 items are open on 5 assets: 5 are known to be exploited; whether the internet reaches any of these is not "
        "known."
    )
    assert evidence_sentence(images) == (
        "5 of 5 items (100 %) are exploited somewhere; whether the internet reaches the asset of any of them is not "
        "known."
    )
    mixed = items({"is_known_exploited": True}, {"is_known_exploited": True, "is_exposed": False})
    assert risk_sentence(mixed, nothing).endswith(
        "0 of these where the internet reaches; of 1 of these it is not known."
    )
    assert evidence_sentence(mixed).endswith(
        "; 0 of them are known to be on an asset that the internet reaches, of 1 of them it is not known."
    )
    inside = items({"is_known_exploited": True, "is_exposed": False})
    assert "none of them is on an asset" in evidence_sentence(inside)
    assert risk_sentence(items({}), nothing).endswith("0 are known to be exploited.")


def test_without_a_catalogue_nothing_counts_as_not_exploited() -> None:
    """What SSVC knows by itself is still said."""
    blind = items(*[{"is_known_exploited": None, "ssvc_exploitation": "none"}] * 5)
    assert evidence_sentence(blind) == "No catalogue tells whether any of 5 items is exploited."
    active = items({"is_known_exploited": None, "ssvc_exploitation": "active", "is_exposed": True})
    assert evidence_sentence(active) == (
        "No catalogue tells whether any of 1 item is exploited; by SSVC, 1 item is; 1 of them is on an asset that the "
        "internet reaches."
    )


def test_scores_of_two_models_stand_in_two_rows() -> None:
    """Each vulnerability's score counts once, however many items it has; without a score there is none to tell."""
    day = date(2026, 11, 1)
    frame = items(
        {"epss_share": 0.2, "model_version": "v4", "score_date": day},
        {"epss_share": 0.2, "model_version": "v4", "score_date": day},
        {"epss_share": 0.4, "model_version": "v4", "score_date": day, "cve_id": "CVE-2026-0002"},
        {"epss_share": 0.9, "model_version": "v5", "score_date": day, "cve_id": "CVE-2026-0003"},
        {"cve_id": "CVE-2026-0004"},
    )
    found = score_counts(frame)
    assert found["item_count"].tolist() == [3, 1, 1]
    assert found["cve_count"].tolist() == [2, 1, 1]
    assert found["median_share"].iloc[0] == pytest.approx(0.3)
    assert found.loc[found["model_version"].isna(), "median_share"].isna().all()


def test_cvss_versions_are_counted_apart_and_scores_that_differ_are_named() -> None:
    """9.8 is what the first vector says; the second was given too low a score; the third has a score alone."""
    frame = items(
        {"cvss_version": "3.1", "cvss_vector": FULL, "cvss_score": 9.8},
        {"cvss_version": "3.1", "cvss_vector": FULL, "cvss_score": 7.0, "cve_id": "CVE-2026-0002"},
        {"cvss_version": "3.1", "cvss_vector": FULL, "cvss_score": 7.0, "cve_id": "CVE-2026-0002", "asset_id": "i-9"},
        {"cvss_version": "4.0", "cvss_vector": NEWER, "cvss_score": 9.3, "cve_id": "CVE-2026-0003"},
        {"cve_id": "CVE-2026-0004"},
        {"cvss_score": 7.0, "cve_id": "CVE-2026-0005"},
    )
    counts = severity_counts(frame)
    assert counts["cvss_version"].tolist()[:2] == ["3.1", "4.0"]
    assert counts["cve_count"].tolist() == [2, 1, 2]
    assert counts["item_count"].sum() == len(frame)
    assert severity_sentence(counts) == (
        "3 of 5 vulnerabilities (60 %) have a CVSS vector, of versions 3.1 and 4.0, which do not compare. Of 1 what "
        "was given differs from what the vector says."
    )
    row, bare = assessor_differences(frame).to_dict("records")
    assert (bare["cve_id"], bare["cvss_remark"]) == ("CVE-2026-0005", "a score without its vector")
    assert (row["cve_id"], row["vector_score"], row["item_count"]) == ("CVE-2026-0002", 9.8, 2)
    assert severity_sentence(severity_counts(items())) == "No vulnerability is known to be open."


def test_an_owner_s_share_is_the_owner_s() -> None:
    """Items, what ends them, and patches on nodes with the tag; somebody without items is refused by name."""
    frame = items({}, {"owner": "data"})
    assert owned(frame, "")["owner"].tolist() == ["web", "data"]
    mine = owned(frame, "data")
    assert mine["asset_id"].tolist() == ["i-2"]
    with pytest.raises(ParameterInvalid, match=r"no item is shop's.*data, web"):
        owned(frame, "shop")
    dark = items({}, {"owner": None, "asset_kind": "image"}, {"owner": None, "asset_kind": "function"}, {"owner": None})
    assert unowned_sentence(dark, "web") == (
        "3 more items have no owner that is told, and are in no owner's share (1 on functions, 1 on images, 1 on "
        "nodes)."
    )
    assert unowned_sentence(dark, "") == unowned_sentence(frame, "web") == ""
    ends = frame.assign(action_id="a")
    assert of_items(ends, mine)["asset_id"].tolist() == ["i-2"]
    nodes = pd.DataFrame({"account_id": "1", "region": "eu", "node_id": ["i-1", "i-2"]})
    tags = nodes.assign(tag_key=["Owner", "Owner"], tag_value=["web", "data"])
    assert on_nodes_of(nodes, tags, "data")["node_id"].tolist() == ["i-2"]
    assert len(on_nodes_of(nodes, tags, "")) == 2


def test_a_fix_that_nobody_tells_is_counted_apart_from_none() -> None:
    """Only of the items that are asked for."""
    frame = items({}, {}, {}, {"asset_id": "i-9"})
    fixes = frame.assign(is_fixable=[True, False, False, False], untold_count=[0, 0, 2, 1])
    assert unfixed_sentence(fixes, frame.head(3)) == (
        "Without a fix for all parts: 1 of 3 open items; of 1 no scanner tells a fix or that there is none. Neither "
        "have an action here or stand in the order."
    )


def test_what_every_scanner_hides_is_left_out() -> None:
    """And what is not known to be hidden is shown."""
    assert shown(items({"is_suppressed": True}, {}, {"is_suppressed": None}))["asset_id"].tolist() == ["i-2", "i-3"]


def test_the_first_rows_are_exploited_then_reached_then_exposed() -> None:
    """An unscored item comes after every scored one of its kind."""
    frame = items(
        {"exposure": None}, {"exposure": 0.1}, {"exposure": 0.9}, {"is_exposed": True, "exposure": 0.01},
        {"is_known_exploited": True, "exposure": None}, {"is_suppressed": True},
    )  # fmt: skip
    assert top_items(frame)["asset_id"].tolist() == ["i-5", "i-4", "i-3", "i-2", "i-1"]


def test_headlines_say_what_they_are_of() -> None:
    """Counts with what is not known beside them; without items nothing is good."""
    frame = items({"is_known_exploited": True, "is_exposed": True}, {"epss_share": 0.1, "ssvc_exploitation": "none"})
    assert (open_headline(frame)["value"], exploited_headline(frame)["value"]) == (2, 1)
    assert reached_headline(frame)["value"] == 1
    assert reached_headline(frame)["denominator"] == "of 2 open items; of 1 it is not known"
    assert untold_headline(frame)["value"] == 0.5
    unnamed = pd.DataFrame({"finding_count": [3, 4]})
    assert risk_sentence(frame, unnamed) == (
        "2 items are open on 2 assets: 1 is known to be exploited, 1 of these where the internet reaches."
    )
    none = items()
    heads = [each(none)["value"] for each in (open_headline, exploited_headline, reached_headline, untold_headline)]
    assert heads == [None] * 4
    assert risk_sentence(none, unnamed) == (
        "No vulnerability is known to be open: no scanner or feed names one for what is read, but 7 findings of which "
        "no vulnerability is known."
    )
    assert risk_sentence(none, unnamed.head(0)).endswith("for what is read.")
    blind = items({"is_known_exploited": None})
    assert exploited_headline(blind)["value"] is None
    assert "no catalogue tells" in risk_sentence(blind, unnamed)
