-- purpose: who tells the release of each platform's patches, and of how many nobody does?
-- inputs:  lag/patch_row, lag/release
-- grain:   one row per platform, release_source
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   platform          varchar    display name of the operating system
--   release_source    varchar    who tells: Systems Manager's listing or advisories of that vendor; unknown when nobody
--   is_stand_in       boolean    another vendor's dates stand in, null when nobody tells
--   patch_row_count   bigint     applicable node and patch pairs ever seen [patches]
--   platform_share    double     of all pairs of the platform [0..1]
--   patch_count       bigint     patches behind them [patches]
--   last_released_at  timestamp  newest release of them [UTC], null when nobody tells
select
    p.platform, coalesce(r.release_source, 'unknown') as release_source, r.is_stand_in,
    count(1) as patch_row_count, 1.0 * count(1) / sum(count(1)) over (partition by p.platform) as platform_share,
    count(distinct p.patch_ref) as patch_count, max(p.released_at) as last_released_at
from lag_patch_row as p
left join lag_release as r
    on r.operating_system = p.operating_system and r.patch_ref = p.patch_ref and r.released_at is not null
group by p.platform, r.release_source, r.is_stand_in
order by p.platform, r.release_source nulls last, r.is_stand_in
