"""Amazon S3: the objects that patch policies pass to their runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson

from patchlib.sources.declaration import Context, Drop, Request, Scope, Source

__all__ = ["SOURCES", "object_of"]

# The endpoints of S3: `s3.` or `s3-` and perhaps `dualstack.` before the Region, alone or behind the bucket's name
# (S3 user guide, "Methods for accessing a bucket").
_HOST = re.compile(r"(?:(?P<bucket>.+)\.)?s3[.-](?:[a-z0-9.-]+\.)?amazonaws\.com(?:\.cn)?")
# What says which baselines a run goes by, then what it installs whatever they say.
_PARAMETERS = ("BaselineOverride", "InstallOverrideList")


def object_of(address: str) -> tuple[str, str] | None:
    """Bucket and key of an object's address, `s3://bucket/key` or one of its https forms; None for any other."""
    parts = urlsplit(address)
    path = parts.path.removeprefix("/")
    if parts.scheme == "s3":
        bucket, key = parts.netloc, path
    elif parts.scheme == "https" and (host := _HOST.fullmatch(parts.hostname or "")):
        if host["bucket"]:
            bucket, key = host["bucket"], unquote(path)
        else:
            bucket, _, key = unquote(path).partition("/")
    else:
        return None
    return (bucket, key) if bucket and key else None


def _overrides(context: Context) -> Iterator[Request]:
    named: dict[str, None] = {}
    for parameter in _PARAMETERS:
        for row in context.rows("ssm_association_detail"):
            named |= dict.fromkeys((row.get("Parameters") or {}).get(parameter, []))
    for address in named:
        found = object_of(address)
        if found is not None:
            yield Request({"Bucket": found[0], "Key": found[1]}, item=address)


# Members of a baseline override (API reference, BaselineOverride, read 2026-11-25), and by what it may say whose it is.
# Of its alternative repositories only names stay: their configuration can hold credentials.
_BASELINE = (
    "BaselineId",
    "Name",
    "OperatingSystem",
    "GlobalFilters",
    "ApprovalRules",
    "ApprovedPatches",
    "ApprovedPatchesComplianceLevel",
    "ApprovedPatchesEnableNonSecurity",
    "RejectedPatches",
    "RejectedPatchesAction",
    "AvailableSecurityUpdatesComplianceStatus",
)
# The lines of a list of what to install (user guide, "Sample scenario for using the InstallOverrideList parameter").
_LIST_LINE = re.compile(r"\s*(?:-\s*)?['\"]?(?:patches|id|title)['\"]?\s*:.*")


def _abridge(page: dict[str, Any]) -> None:
    body = page.get("Body")
    if not isinstance(body, str):
        return
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        page["Body"] = "\n".join(line for line in body.splitlines() if _LIST_LINE.fullmatch(line))
        return
    baselines = document if isinstance(document, list) else []
    page["Body"] = orjson.dumps([_baseline(each) for each in baselines if isinstance(each, dict)]).decode()


def _baseline(found: dict[str, Any]) -> dict[str, Any]:
    kept = {name: found[name] for name in _BASELINE if name in found}
    sources = [each for each in found.get("Sources") or [] if isinstance(each, dict)]
    names = [{name: each[name] for name in ("Name", "Products") if name in each} for each in sources]
    return kept | ({"Sources": names} if names else {})


SOURCES = (
    Source(
        name="s3_override_object",
        service="s3",
        operation="GetObject",
        scope=Scope.CELL,
        items="",
        unit="item",
        about="the objects that associations pass to their patch runs: baselines, or lists of what to install",
        system="Quick Setup",
        key=("bucket", "object_key"),
        request_columns={"bucket": "Bucket", "object_key": "Key"},
        needs=("ssm_association_detail",),
        requests=_overrides,
        drop=(Drop("Metadata"),),
        harmless={"Body": "abridged: of baselines what decides approvals, of a list of patches ids and titles"},
        abridge=_abridge,
        least="one call per object that an association names; nothing is listed",
        # Quick Setup's own buckets (user guide, "Permissions for the patch policy S3 bucket"); an object in any other
        # bucket is refused until its bucket is named to `patchlib policy`.
        iam_resources=("arn:*:s3:::aws-quicksetup-patchpolicy-*/*",),
        returns_content=True,
    ),
)
