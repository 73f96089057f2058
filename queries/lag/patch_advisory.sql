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
        p.version_key
    from core.release_feed as f
    inner join core.patch_package as p on p.version_order = f.version_order
    left join lag_release as r on r.operating_system = f.operating_system and r.patch_ref = p.patch_ref
),
stood as (
    -- the version before is the highest lower one that any node of the estate has reported
    select operating_system, feed, os_release, package, arch, version_key, lag(version_key) over (
        partition by operating_system, feed, os_release, package, arch order by version_key
    ) as before_key
    from (select distinct operating_system, feed, os_release, package, arch, version_key from version) as each_once
),
contained as (
    select
        s.operating_system, s.feed, s.os_release, s.package, s.arch, s.version_key, s.before_key, k.advisory_id,
        k.fixed_version_key, max(k.fixed_version_key) over (
            partition by s.operating_system, s.feed, s.os_release, s.package, s.arch, s.version_key
        ) as newest_key
    from stood as s
    inner join core.advisory_package as k
        on k.feed = s.feed and k.os_release = s.os_release and k.package = s.package
        and (k.arch = s.arch or k.arch = 'any') and k.fixed_version_key <= s.version_key
)
select
    v.operating_system, v.patch_ref, c.feed, c.advisory_id, max(c.fixed_version_key) = v.version_key as is_own_version
from contained as c
inner join version as v
    on v.operating_system = c.operating_system and v.feed = c.feed and v.os_release = c.os_release
    and v.package = c.package and v.arch = c.arch and v.version_key = c.version_key
-- the newest advisory in any case: a node that lacks a rebuild may lack the fix that the rebuild carries on
where c.fixed_version_key > c.before_key or c.fixed_version_key = c.newest_key
group by v.operating_system, v.patch_ref, v.version_key, c.feed, c.advisory_id
order by v.operating_system, v.patch_ref, c.feed, c.advisory_id
