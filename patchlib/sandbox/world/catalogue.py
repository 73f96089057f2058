"""The patch catalogue: dated tables under `data/reference/`, one file per family of operating systems.

Windows facts are MSRC's up to 2026-03, RHEL facts the errata's up to 2026-08 (their tables give a date;
the hour is invented). Everything later, and all of Amazon Linux and Ubuntu, is invented and marked
`is_synthetic`; such ids carry SYN, BUG, KB599xxxx or CVE numbers from 9900001. A product's rows end with
its support: Amazon Linux 2 on 2026-06-30, Windows Server 2016 on 2027-01-12.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from patchlib.paths import reference_folder
from patchlib.sandbox.world.calendars import Instants, instant

__all__ = ["Catalogue", "Patch", "catalogues", "severity_stratum"]

_FILES = ("patch_windows.csv", "patch_amazon_linux.csv", "patch_rhel.csv", "patch_ubuntu.csv")

# The vendors' words for one scale; only the world's hazards use it, patch rows keep the vendor's word.
_STRATA = {"High": "Important", "Medium": "Moderate"}


def severity_stratum(severity: str) -> str:
    """The severity on Microsoft's and Red Hat's scale: Critical, Important, Moderate, Low, Unspecified."""
    return _STRATA.get(severity, severity)


@dataclass(frozen=True)
class Patch:
    """One patch of one product.

    family: updates of a family contain the earlier ones (a cumulative update, a later package version).
    is_synthetic: invented, not of a vendor.
    """

    operating_system: str
    product: str
    family: str
    title: str
    kb_id: str
    released_at: int
    severity: str
    classification: str
    cve_ids: tuple[str, ...]
    advisory_id: str = ""
    package: str = ""
    epoch: int = 0
    version: str = ""
    release: str = ""
    arch: str = ""
    is_synthetic: bool = False

    @property
    def is_windows(self) -> bool:
        """Whether Microsoft released it."""
        return self.operating_system == "WINDOWS"

    @property
    def is_security(self) -> bool:
        """Whether its vendor calls it a security update."""
        return self.classification in ("Security", "SecurityUpdates")

    @property
    def ref(self) -> str:
        """How the product names a patch: the KB number, for Linux the package version."""
        return self.kb_id if self.is_windows else self.title


@dataclass(frozen=True)
class Catalogue:
    """The patches of one product, by family and within it by release."""

    product: str
    patches: tuple[Patch, ...]

    @cached_property
    def released(self) -> Instants:
        """Release instants, in the order of `patches`."""
        return np.array([patch.released_at for patch in self.patches], dtype=np.int64)

    @cached_property
    def family_starts(self) -> npt.NDArray[np.intp]:
        """The position of each family's first patch."""
        families = [patch.family for patch in self.patches]
        return np.array([i for i, name in enumerate(families) if i == 0 or families[i - 1] != name], dtype=np.intp)

    def carried(self, installed: Instants) -> Instants:
        """Install instants (nodes x patches) where a later update of the family brings the earlier ones."""
        result = installed.copy()
        ends = [*self.family_starts[1:], len(self.patches)]
        for start, end in zip(self.family_starts, ends, strict=True):
            for position in range(end - 2, start - 1, -1):
                np.minimum(result[:, position], result[:, position + 1], out=result[:, position])
        return result

    def until(self, moment: int) -> tuple[Patch, ...]:
        """The patches released by an instant."""
        return tuple(patch for patch in self.patches if patch.released_at <= moment)


def _windows(row: dict[str, str]) -> Patch:
    return Patch(
        operating_system="WINDOWS",
        product="WindowsServer" + row["product"].removeprefix("Windows Server "),
        family=row["component"],
        title=row["title"],
        kb_id=row["kb_id"],
        released_at=instant(row["released_at"]),
        severity=row["severity"],
        classification=row["classification"],
        cve_ids=tuple(filter(None, row["cve_ids"].split(";"))),
        is_synthetic=row["is_synthetic"] == "true",
    )


def _linux(row: dict[str, str]) -> Patch:
    version, _, release = row["version_release"].rpartition("-")
    name, is_debian = f"{row['package']}.{row['arch']}", row["operating_system"] == "UBUNTU"
    return Patch(
        operating_system=row["operating_system"],
        product=row["product"],
        family=row["package"],
        # Debian packages are titled with their version as it is, others always with an epoch (patchlib.packages).
        title=f"{name}:{row['version_release']}" if is_debian else f"{name}:{row['epoch']}:{row['version_release']}",
        kb_id=name,
        released_at=instant(row["released_at"]),
        severity=row["severity"],
        classification=row["classification"],
        cve_ids=tuple(filter(None, row["cve_ids"].split(";"))),
        is_synthetic=row["is_synthetic"] == "true",
        advisory_id=row["advisory_id"],
        package=row["package"],
        epoch=int(row["epoch"]),
        version=version,
        release=release,
        arch=row["arch"],
    )


@cache
def catalogues() -> dict[str, Catalogue]:
    """Every product's catalogue, by SSM product name such as `WindowsServer2022`."""
    products: dict[str, list[Patch]] = {}
    for name in _FILES:
        with (reference_folder() / name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                patch = _windows(row) if "kb_id" in row else _linux(row)
                products.setdefault(patch.product, []).append(patch)
    for patches in products.values():
        patches.sort(key=lambda patch: (patch.family, patch.released_at, patch.kb_id))
    return {product: Catalogue(product, tuple(patches)) for product, patches in products.items()}
