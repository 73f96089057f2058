-- purpose: when did the vendor release each patch, and who says so?
-- inputs:  core.patch, core.patch_package, core.release_feed, core.advisory, core.advisory_package, core.windows_kb,
--          core.severity
-- grain:   one row per operating_system, patch_ref whose release, or what else Systems Manager lists of it, is known
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   operating_system  varchar    operating system as Systems Manager spells it
--   patch_ref         varchar    KB number, else the title of the package
--   released_at       timestamp  vendor release [UTC], midnight where only the day is told; null when not told
--   approval_from_at  timestamp  whence approval rules count: Amazon Linux from the notice's last change [UTC], or null
--   release_source    varchar    DescribeAvailablePatches, ALAS, RHSA, AlmaLinux, USN or MSRC
--   is_stand_in       boolean    another vendor's date: AlmaLinux's for Red Hat, where Red Hat's is not in the store
--   advisory_ids      varchar    advisories of this very version, a semicolon between, null when none is told
--   severity          varchar    vendor severity, null when none is given
--   classification    varchar    vendor classification, null when none is given
--   product           varchar    product as Systems Manager spells it, null when not told
--   os_release        varchar    release of the operating system, null where Systems Manager or Microsoft tells
with advised as (
    -- only the very version that an advisory names: what was built after it came out on a day that nobody tells. An
    -- rpm version names its release; one of Ubuntu that does not was uploaded for one release, so the text is enough
    select distinct
        f.operating_system, p.patch_ref, f.release_source, f.is_stand_in, f.precedence, a.advisory_id, a.published_at,
        case when f.is_approved_from_update and a.updated_at <= $as_of then a.updated_at else a.published_at end
            as approval_from_at, a.severity, upper(left(a.kind, 1)) || substr(a.kind, 2) as classification,
        replace(f.product, '{release}', k.os_release) as product, k.os_release
    from core.release_feed as f
    inner join core.advisory_package as k on k.feed = f.feed
    inner join core.patch_package as p
        on p.version_order = f.version_order and p.package = k.package and p.version_key = k.fixed_version_key
        and (k.arch = p.arch or k.arch = 'any')
        and (p.os_release = k.os_release or (p.os_release is null and f.version_order = 'dpkg'))
    inner join core.advisory as a on a.feed = k.feed and a.advisory_id = k.advisory_id and a.is_published_exact
),
named as (
    select operating_system, patch_ref, precedence, string_agg(advisory_id, ';' order by advisory_id) as advisory_ids
    from (select distinct operating_system, patch_ref, precedence, advisory_id from advised) as each_once
    group by operating_system, patch_ref, precedence
),
told as (
    select
        operating_system, patch_ref, released_at, released_at as approval_from_at, source as release_source,
        false as is_stand_in,
        nullif(replace(replace(replace(replace(advisory_ids, '","', ';'), '["', ''), '"]', ''), '[]', ''), '')
            as advisory_ids, severity, classification, product, cast(null as varchar) as os_release, 0 as precedence,
        valid_from as listed_at
    from core.patch
    where valid_from <= $as_of
    union all
    select
        a.operating_system, a.patch_ref, a.published_at, a.approval_from_at, a.release_source, a.is_stand_in,
        n.advisory_ids, a.severity, a.classification, a.product, a.os_release, a.precedence, null
    from advised as a
    inner join named as n
        on n.operating_system = a.operating_system and n.patch_ref = a.patch_ref and n.precedence = a.precedence
    union all
    select
        'WINDOWS', kb_id, cast(released_date as timestamp), cast(released_date as timestamp), 'MSRC', false, null,
        severity, null, null, null, 1, null
    from core.windows_kb
),
ranked as (
    select
        t.operating_system, t.patch_ref, t.released_at, t.approval_from_at, t.release_source, t.is_stand_in,
        t.advisory_ids, t.severity, t.classification, t.product, t.os_release, row_number() over (
            partition by t.operating_system, t.patch_ref
            order by case when t.released_at is null then 1 else 0 end, t.precedence, t.listed_at desc, t.released_at,
                s.severity_rank nulls last, t.severity, t.os_release, t.approval_from_at
        ) as choice
    from told as t
    left join core.severity as s on s.severity = t.severity
)
select
    operating_system, patch_ref, released_at, approval_from_at, release_source, is_stand_in, advisory_ids, severity,
    classification, product, os_release
from ranked
where choice = 1
order by operating_system, patch_ref
