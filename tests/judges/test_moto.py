"""moto as a judge: what boto3 made and lists there is what the command line brought into the store."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import botocore.exceptions
import botocore.parsers
import pytest
from botocore import xform_name

from patchlib import shapes
from patchlib.settings import Settings
from patchlib.snapshot import read_pages
from patchlib.sources import SOURCES, Source, source
from patchlib.sources.declaration import rows, scrub
from patchlib.store import connect
from tests.judges.conftest import MotoRun
from tests.sources.asking import context
from tests.test_second_judges import _compare, _plain, once

READ = {"ok", "empty"}


def _asked(run: MotoRun, of: Source) -> list[dict[str, Any]]:
    """The listings that were made, each once, without what chose their pages."""
    paging = shapes.paginator(of.service, of.operation) or {}
    leave_out = {paging.get("input_token"), paging.get("limit_key")}
    found: dict[str, dict[str, Any]] = {}
    for cell in run.manifest.cells:
        if cell.source == of.name and cell.file:
            for page, _ in read_pages(run.snapshot / cell.file):
                params = {name: value for name, value in page.request.items() if name not in leave_out}
                found[json.dumps(params, sort_keys=True)] = params
    return list(found.values())


def _listed(of: Source, params: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """moto's answers to one listing, paged by boto3 itself."""
    client, method = boto3.client(of.service), xform_name(of.operation)
    try:
        if client.can_paginate(method):
            yield from client.get_paginator(method).paginate(**params)
        else:
            yield getattr(client, method)(**params)
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in of.none_codes:
            raise
        yield {}


def _states(run: MotoRun) -> dict[str, str]:
    return {cell.source: cell.state for cell in run.manifest.cells}


@pytest.mark.parametrize("of", SOURCES, ids=[each.name for each in SOURCES])
def test_rows_are_those_that_boto3_lists(
    moto_run: MotoRun, of: Source, record_property: Callable[[str, object], None]
) -> None:
    """Every row of every listing, member by member; where nothing was read, moto itself has nothing to say."""
    if of.setting and not getattr(Settings(), of.setting):
        # Asked only where the settings want it, and here they do not.
        assert of.name not in _states(moto_run)
        return
    state = _states(moto_run)[of.name]
    if state not in READ:
        _moto_cannot(moto_run, of, state)
        return
    expected = [
        row
        for params in _asked(moto_run, of)
        for row in once(of, [row for page in _listed(of, params) for row in rows(of, scrub(of, _plain(page)))])
    ]
    with connect(moto_run.store, read_only=True) as connection:
        _compare(of, expected, connection.table(f"raw.{of.name}"))
    if expected:
        record_property("judge", f"moto {of.service}:{of.operation}")


def _moto_cannot(run: MotoRun, of: Source, state: str) -> None:
    """A source that was not read needs one that was not, or moto refuses boto3 the same call."""
    assert state in {"skipped", "error", "denied", "absent", "partial"}
    if state == "skipped":
        assert {_states(run)[name] for name in of.needs} - READ
    elif not of.needs:
        # What moto does not know of EC2 it answers with a page of HTML.
        with pytest.raises((botocore.exceptions.ClientError, botocore.parsers.ResponseParserError)):
            list(_listed(of, _first_params(of)))


def _first_params(of: Source) -> dict[str, Any]:
    return dict(next(iter(of.requests(context()))).params)


def test_instances_arrive_in_core(moto_run: MotoRun) -> None:
    """Instances carry the tags and times that moto lists, also where a tag looks like markup."""
    listed = [i for r in boto3.client("ec2").describe_instances()["Reservations"] for i in r["Instances"]]
    tags = {i["InstanceId"]: {tag["Key"]: tag["Value"] for tag in i.get("Tags", [])} for i in listed}
    with connect(moto_run.store, read_only=True) as connection:
        found = connection.sql(
            "select instance_id, image_id, environment, owner, launched_at from core.instance_now order by 1"
        ).fetchall()
    assert found == sorted(
        (
            i["InstanceId"],
            i["ImageId"],
            tags[i["InstanceId"]].get("Environment"),
            tags[i["InstanceId"]].get("Owner"),
            i["LaunchTime"].replace(tzinfo=None),
        )
        for i in listed
    )
    assert {row[0] for row in found} >= set(moto_run.made["instances"])


def test_the_tree_is_as_it_was_made(moto_run: MotoRun) -> None:
    """Units two levels deep, the account moved into the lower one, and the policy attached to it."""
    made = moto_run.made
    with connect(moto_run.store, read_only=True) as connection:
        units = dict(
            connection.sql(
                "select organizational_unit_id, parent_id from core.organizational_unit_now where not is_root"
            ).fetchall()
        )
        accounts = dict(connection.sql("select account_id, organizational_unit_path from core.account_now").fetchall())
        policies = connection.sql(
            "select p.policy_name, p.content, t.target_id from core.organization_policy_now as p "
            "inner join core.organization_policy_target_now as t on t.policy_id = p.policy_id "
            "where not p.is_aws_managed"
        ).fetchall()
    assert units == made["units"]
    assert accounts[made["account"]] == "Root/Workloads/Staging"
    lower = next(unit for unit, parent in units.items() if parent != made["root"])
    ((name, content, target),) = policies
    assert (name, target) == ("no-systems-manager", lower)
    assert json.loads(content)["Statement"][0]["Action"] == "ssm:*"


def test_what_may_hold_a_secret_did_not_arrive(moto_run: MotoRun) -> None:
    """The task's parameters came with Operation only."""
    assert source("ssm_window_task").drop
    texts = [
        json.dumps(page.response) for file in moto_run.snapshot.rglob("*.jsonl.gz") for page, _ in read_pages(file)
    ]
    assert any("AWS-RunPatchBaseline" in text for text in texts)
    assert not any("canary" in text for text in texts)
