-- purpose: which advisories does each Linux patch bring that the version before it did not?
-- inputs:  core.patch_package, core.release_feed, core.advisory_package, lag/release
-- grain:   one row per operating_system, patch_ref, feed, advisory_id
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   operating_system  varchar  operating system as Systems Manager spells it
--   patch_ref         varchar  title of the package
--   feed              varchar  feed the advisory comes from: core.feed
--   advisory_id       varchar  advisory: core.advisory
--   is_own_version    boolean  it names this very version; false: a lower one, whose fixes this version carries on
with version as (
    -- an rpm version names its release; of one of Ubuntu that does not, the notice that it was matched with does
    select
        f.operating_system, f.feed, p.patch_ref, coalesce(p.os_release, r.os_release) as os_release, p.package, p.arch,
        p.version_key, dense_rank() over (
            order by f.operating_system, f.feed, coalesce(p.os_release, r.os_release), p.package, p.arch
        ) as line
    from core.release_feed as f
    inner join core.patch_package as p on p.version_order = f.version_order
    left join lag_release as r on r.operating_system = f.operating_system and r.patch_ref = p.patch_ref
    where coalesce(p.os_release, r.os_release) is not null
),
point as (
    -- versions that any node of the estate has reported and versions that advisories name, in one line
    select distinct line, version_key as sort_key, version_key, cast(null as varchar) as advisory_id
    from version
    union all
    select distinct v.line, k.fixed_version_key, null, k.advisory_id
    from (select distinct feed, os_release, package, arch, line from version) as v
    inner join core.advisory_package as k
        on k.feed = v.feed and k.os_release = v.os_release and k.package = v.package
        and (k.arch = v.arch or k.arch = 'any')
    where k.fixed_version_key is not null
),
placed as (
    select
        line, sort_key, version_key, advisory_id, min(version_key) over (partition by line) as lowest_key,
        min(version_key) over (
            partition by line order by sort_key range between current row and unbounded following
        ) as next_key,
        max(case when advisory_id is not null then sort_key end) over (
            partition by line order by sort_key range between unbounded preceding and current row
        ) as newest_key
    from point
),
brought as (
    -- what came since the version before; of the lowest version nothing tells what came before it
    select line, next_key as version_key, advisory_id, sort_key
    from placed
    where advisory_id is not null and next_key > lowest_key
    union
    -- the newest advisory in any case: a node that lacks a rebuild may lack the fix that the rebuild carries on
    select v.line, v.version_key, a.advisory_id, a.sort_key
    from placed as v
    inner join placed as a on a.line = v.line and a.sort_key = v.newest_key and a.advisory_id is not null
    where v.version_key is not null
)
select
    v.operating_system, v.patch_ref, v.feed, b.advisory_id, max(b.sort_key) = v.version_key as is_own_version
from brought as b
inner join version as v on v.line = b.line and v.version_key = b.version_key
group by v.operating_system, v.patch_ref, v.version_key, v.feed, b.advisory_id
order by v.operating_system, v.patch_ref, v.feed, b.advisory_id
