"""What a key says of its object: kind, account, Region, and what it is about.

    <prefix>/AWS:<Type>/accountid=<account>/region=<Region>/resourcetype=<kind>/<node>.json

is Resource Data Sync's. Reports and exports have no layout of their own: a CSV or JSON file is one of them, and the
account and Region are those that parts of its key name, if any. Every other key is refused rather than passed over:
what is not understood may be what matters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from patchlib.errors import LayoutUnknown
from patchlib.shapes import known_regions

__all__ = ["EXPECTED", "Place", "is_noise", "looks_synced", "place_of"]

EXPECTED = (
    "AWS:<Type>/accountid=<12 digits>/region=<Region>/resourcetype=<kind>/<node>.json, "
    "or a .csv or .json report of Patch Manager or Inspector"
)

_SYNC = re.compile(
    r"(?:.*/)?(?P<type>(?:AWS|Custom|OPS):[^/]+)/(?i:accountid)=(?P<account>\d{12})/(?i:region)=(?P<region>[^/=]+)"
    r"/(?i:resourcetype)=(?P<resource>[^/]+)/(?P<item>[^/]+)\.json(?:\.gz)?"
)
_LOOKS_SYNCED = re.compile(r"(?:.*/)?(?:AWS|Custom|OPS):[^/]+(?:/.*)?")
# A key that begins below the folder of its type: the place named lies too deep.
_BELOW_TYPE = re.compile(r"(?:.*/)?(?i:accountid)=[^/]+/(?i:region)=[^/]+/(?i:resourcetype)=.*")
_REPORT = re.compile(r"(?:(?P<folder>.*)/)?[^/]+\.(?P<form>csv|json)(?:\.gz)?", re.IGNORECASE)
# Creating a sync writes a test object beside the data; AWS's own crawlers leave it out
# (aws-samples/aws-management-and-governance-samples, opsmgmt-central-account.yaml, read 2026-11-25).
_WRITE_CHECK = re.compile(r"(?:.*/)?AWS:InstanceInformation/(?i:accountid)=\d{12}/test\.json")
_ACCOUNT = re.compile(r"(?:(?i:accountid)=)?(\d{12})")


@dataclass(frozen=True)
class Place:
    """What a key says.

    kind:      type of Resource Data Sync, such as `AWS:Tag`; `csv` or `json` for a report.
    account_id, region: None where no part of the key names them; always there for Resource Data Sync.
    item:      node, or for a report the folder it lies in: the next report there takes its place.
    resource_type: the key's own `resourcetype`, "" for a report.
    """

    kind: str
    account_id: str | None
    region: str | None
    item: str
    resource_type: str = ""

    @property
    def is_report(self) -> bool:
        """Whether it is a report rather than an object of Resource Data Sync."""
        return self.kind in {"csv", "json"}


def is_noise(key: str) -> bool:
    """Whether a key holds no data by its nature: a folder's marker, or the sync's own write check."""
    return key.endswith("/") or _WRITE_CHECK.fullmatch(key) is not None


def looks_synced(key: str) -> bool:
    """Whether a key stands below the folder of a type of Resource Data Sync, understood or not."""
    return _LOOKS_SYNCED.fullmatch(key) is not None


def place_of(key: str) -> Place:
    """What a key says of its object. Raises LayoutUnknown, naming the key and what was expected."""
    synced = _SYNC.fullmatch(key)
    if synced and synced["region"] in known_regions():
        return Place(synced["type"], synced["account"], synced["region"], synced["item"], synced["resource"])
    report = _REPORT.fullmatch(key)
    if report is None or looks_synced(key) or _BELOW_TYPE.fullmatch(key):
        raise LayoutUnknown(
            f"this key is not laid out as expected: {EXPECTED}",
            where=key,
            next_step="Name the prefix that holds such objects alone, or use a newer patchlib that knows this one.",
        )
    return _report_place(report["folder"] or "", report["form"].lower())


def _report_place(folder: str, form: str) -> Place:
    parts = folder.split("/")
    accounts = [found[1] for part in parts if (found := _ACCOUNT.fullmatch(part))]
    names = [part.partition("=")[2] or part for part in parts]
    regions = [name for name in names if name in known_regions()]
    return Place(form, accounts[-1] if accounts else None, regions[-1] if regions else None, folder or ".")
