-- purpose: for which platforms can lag from release be told at all, and which rows are left out?
-- inputs:  lag/patch_row, lag/release
-- grain:   one row per platform
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   platform                    varchar  display name of the operating system
--   patch_row_count             bigint   applicable episodes of node and patch ever seen, the denominator [patches]
--   release_known_count         bigint   of these with a release date [patches]
--   release_known_share         double   release_known_count / patch_row_count [0..1]
--   listed_release_count        bigint   of the known, told by Systems Manager: Windows, Amazon Linux 1, 2 [patches]
--   advisory_release_count      bigint   of the known, told by an advisory of the vendor for that version [patches]
--   stand_in_release_count      bigint   of the known, told by another vendor's advisory: AlmaLinux's [patches]
--   episode_count               bigint   can be timed [patches]
--   came_with_image_count       bigint   left out: installed before the node was launched [patches]
--   no_install_time_count       bigint   left out: installed, but when is not told [patches]
--   before_release_count        bigint   left out: installed before the listed release [patches]
--   listed_once_installed_count  bigint  left out: not approved, so listed only where installed [patches]
--   not_seen_at_risk_count      bigint   left out: no scan after the node came into our care [patches]
select
    p.platform, count(1) as patch_row_count, count(p.released_at) as release_known_count,
    1.0 * count(p.released_at) / count(1) as release_known_share,
    count(1) filter (where r.release_source = 'DescribeAvailablePatches') as listed_release_count,
    count(1) filter (where r.release_source <> 'DescribeAvailablePatches' and not r.is_stand_in)
        as advisory_release_count,
    count(1) filter (where r.is_stand_in) as stand_in_release_count,
    count(1) filter (where p.timing = 'episode') as episode_count,
    count(1) filter (where p.timing = 'came with the image') as came_with_image_count,
    count(1) filter (where p.timing = 'no install time') as no_install_time_count,
    count(1) filter (where p.timing = 'installed before release') as before_release_count,
    count(1) filter (where p.timing = 'listed only once installed') as listed_once_installed_count,
    count(1) filter (where p.timing = 'not seen at risk') as not_seen_at_risk_count
from lag_patch_row as p
left join lag_release as r
    on r.operating_system = p.operating_system and r.patch_ref = p.patch_ref and r.released_at is not null
group by p.platform
order by p.platform
