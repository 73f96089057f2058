"""Tables that feeds fill: `core.feed` says what came, the others hold the facts, each row with source and date.

A feed's rows are replaced whole by `patchlib feeds update` and by nothing else; a load carries them along. Only the
scores of the feed `epss` stay when those of another day replace them, in its history.
"""

from __future__ import annotations

from patchlib.schema import Table, declare

__all__ = ["EPSS_HISTORY", "FACT_TABLES", "FEED_TABLES"]

EPSS_HISTORY = "epss_history"

# On every row of a fact: which feed gave it, from where, and how old it is.
_ORIGIN = """
    feed varchar feed it comes from: core.feed
    source varchar address or file it was read from
    as_of_date date day the facts are of, as the publisher tells it [UTC]
"""


def _facts(name: str, comment: str, columns: str, grain: str) -> Table:
    return declare(f"core.{name}", comment, columns.rstrip() + _ORIGIN, f"feed, {grain}")


_FEED = declare(
    "core.feed",
    "feeds of facts from outside AWS, one row each: what stands in the store, and how the last attempt ended",
    """
    feed varchar name of the feed
    title varchar what it tells
    licence varchar terms of the publisher
    source varchar address or file its rows were read from, null while none came
    as_of_date date day the facts are of [UTC]: the file's own word, else Last-Modified, else its newest date
    model_version varchar version of the model behind the figures, null where there is none
    row_count bigint rows of the file [rows], null while none came
    checksum varchar SHA-256 of the file as it came
    etag varchar ETag of that answer, null when none
    last_modified varchar Last-Modified of that answer, null when none
    tool_version varchar patchlib that read it
    fetched_at timestamp instant the rows were taken in [UTC], null while none came
    checked_at timestamp instant of the last attempt [UTC]
    state varchar how the last attempt ended: updated, unchanged or failed
    failure varchar why it failed, null when it did not
    note varchar what a reader must know of the rows although nothing failed, null when nothing
    """,
    "feed",
)

FACT_TABLES = (
    _facts(
        "kev",
        "vulnerabilities known to be exploited [CISA KEV]",
        """
        cve_id varchar vulnerability
        vendor varchar vendor
        product varchar product
        title varchar name of the vulnerability
        added_date date day it entered the catalogue
        due_date date day by which US federal agencies must act (BOD 22-01), null when none is set
        is_ransomware boolean known to be used for ransomware; null: not known
        required_action varchar what CISA asks for
        cwe_ids varchar weaknesses, semicolons between, null when none
        """,
        "cve_id",
    ),
    _facts(
        "epss",
        "probability that a vulnerability is exploited within 30 days [FIRST EPSS]; not to compare across models",
        """
        cve_id varchar vulnerability
        epss_share double probability of exploitation in the next 30 days [0..1]
        percentile_share double share of all scored vulnerabilities that score no higher [0..1]
        model_version varchar version of the EPSS model, null when the file does not tell
        score_date date day of the score
        """,
        "cve_id",
    ),
    _facts(
        EPSS_HISTORY,
        "scores of earlier days; two compare only where both name the same model [FIRST EPSS]",
        """
        cve_id varchar vulnerability
        score_date date day of the score
        epss_share double probability of exploitation in the next 30 days [0..1]
        percentile_share double share of all scored vulnerabilities that score no higher [0..1], null when not told
        model_version varchar version of the EPSS model, null when not known: then it compares with nothing
        """,
        "cve_id, score_date",
    ),
    _facts(
        "cve_assessment",
        "severity of vulnerabilities as their assessors see it, one row per vulnerability and feed",
        """
        cve_id varchar vulnerability
        published_date date day it was published, null when not told
        cvss_version varchar version of CVSS, null when not scored
        cvss_vector varchar CVSS vector, null when not told
        cvss_score double CVSS base score [0..10], null when not scored
        cvss_source varchar who scored it: cna or adp, null when not told
        ssvc_exploitation varchar SSVC exploitation: none, poc or active, null when not told
        ssvc_automatable varchar SSVC automatable: yes or no, null when not told
        ssvc_technical_impact varchar SSVC technical impact: partial or total, null when not told
        """,
        "cve_id",
    ),
    _facts(
        "lifecycle_cycle",
        "release cycles of products with the ends of their support",
        """
        product varchar product, as the feed names it
        product_title varchar display name of the product
        category varchar kind of product
        cycle varchar release cycle
        label varchar display name of the cycle, null when none
        is_lts boolean long-term support, null when not told
        release_date date first release of the cycle, null when not told
        active_support_end_date date last day of active support, null when there is no date
        is_active_support_over boolean active support is over, where the feed says so without a date; else null
        end_of_life_date date last day of security updates without paid extension, null when there is no date
        is_end_of_life boolean past end of life, where the feed says so without a date; else null
        extended_support_end_date date last day of paid extended support, null when there is no date
        is_extended_support_over boolean paid support is over, where the feed says so without a date; else null
        latest_version varchar newest release of the cycle, null when not told
        latest_release_date date day of that release, null when not told
        link varchar page of that release, null when none
        """,
        "product, cycle",
    ),
    _facts(
        "advisory",
        "security advisories of Linux vendors",
        """
        advisory_id varchar advisory
        os_family varchar operating system
        severity varchar severity as the vendor spells it, first letter large; null when not told
        kind varchar kind of advisory: security, bugfix, enhancement or newpackage; null when not told
        published_at timestamp instant of publication [UTC]
        is_published_exact boolean false: published at or before that instant, which is of a later summary
        updated_at timestamp instant of the last change [UTC], null when not told
        title varchar title
        same_as varchar advisory of another vendor that it repeats, null when none is told
        package_count bigint packages it names [packages], more than core.advisory_package where the file cuts the list
        """,
        "advisory_id",
    ),
    _facts(
        "advisory_release",
        "releases of the operating system that an advisory is for",
        """
        advisory_id varchar advisory: core.advisory
        os_release varchar release of the operating system, any where the advisory names none
        """,
        "advisory_id, os_release",
    ),
    _facts(
        "advisory_package",
        "packages that an advisory fixes, with the first version that is fixed",
        """
        advisory_id varchar advisory: core.advisory
        os_release varchar release of the operating system, any where the advisory names none
        package varchar binary package, the source package where no binary is told
        arch varchar architecture, any where the advisory names none
        epoch integer epoch of the version
        fixed_version varchar first version without the fault, with its epoch unless that is 0
        fixed_version_key varchar sorts as rpm or dpkg sort versions; null when it is no version to them
        channel varchar repository or subscription that carries it, null when not told
        """,
        "advisory_id, os_release, package, arch, fixed_version",
    ),
    _facts(
        "advisory_cve",
        "vulnerabilities that an advisory fixes",
        """
        advisory_id varchar advisory: core.advisory
        cve_id varchar vulnerability
        """,
        "advisory_id, cve_id",
    ),
    _facts(
        "windows_kb",
        "updates for Windows Server and SQL Server, one row per update, product and day",
        """
        kb_id varchar update: KB and its number
        product varchar product it is for
        released_date date day of release
        severity varchar gravest severity among its vulnerabilities, null when not told
        impacts varchar kinds of impact, semicolons between, null when not told
        superseded_kb_ids varchar updates it replaces, semicolons between, null when none
        cve_count bigint vulnerabilities it fixes [vulnerabilities]
        """,
        "kb_id, product, released_date",
    ),
    _facts(
        "windows_kb_cve",
        "vulnerabilities that an update for Windows fixes",
        """
        kb_id varchar update: core.windows_kb
        product varchar product it is for
        released_date date day of release
        cve_id varchar vulnerability
        """,
        "kb_id, product, released_date, cve_id",
    ),
    _facts(
        "on_demand_price",
        "on-demand rates of all instance types of a Region, on shared hardware with nothing preinstalled",
        """
        region varchar Region it is paid in
        instance_type varchar instance type
        operating_system varchar operating system as the price list spells it: Linux, Windows, RHEL, SUSE, ...
        license_model varchar No License required: it is in the rate; or Bring your own license; any where not told
        operation varchar EC2 usage operation, which tells operating system and licence; any where not told
        usd_per_hour double rate [USD/h]
        vcpu_count bigint vCPUs of the type [vCPU], null when not told
        memory_gib double memory of the type [GiB], null when not told
        """,
        "region, instance_type, operating_system, license_model, operation",
    ),
)

FEED_TABLES = (_FEED, *FACT_TABLES)
