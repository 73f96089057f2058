-- purpose: how far are the non-compliant nodes from compliant, counted in patches?
-- inputs:  compliance/node_status
-- grain:   one row per bucket_rank: all six, empty ones included
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   bucket_rank          integer  order of the buckets, fewest patches first
--   open_patches         varchar  patches that count against one node: missing, failed, pending reboot or rejected
--   node_count           bigint   non-compliant nodes with so many [nodes]
--   reboot_only_count    bigint   of these, nodes that only have to reboot [nodes]
--   up_to_count          bigint   non-compliant nodes with so many or fewer [nodes]
--   non_compliant_count  bigint   all non-compliant nodes, the denominator [nodes]
--   open_patch_count     bigint   such patches on the nodes of this row [patches]
with bucket (bucket_rank, open_patches, least, most) as (
    values
    (1, '1', 1, 1), (2, '2 to 5', 2, 5), (3, '6 to 10', 6, 10), (4, '11 to 20', 11, 20), (5, '21 to 50', 21, 50),
    (6, 'more than 50', 51, 1000000)
),
short as (
    select
        missing_count + failed_count + rejected_count as other_count,
        missing_count + failed_count + rejected_count + pending_reboot_count as open_count
    from compliance_node_status
    where compliance_status = 'non-compliant'
),
counted as (
    select
        b.bucket_rank, b.open_patches, count(s.open_count) as node_count,
        count(1) filter (where s.other_count = 0) as reboot_only_count,
        coalesce(sum(s.open_count), 0) as open_patch_count
    from bucket as b
    left join short as s on s.open_count between b.least and b.most
    group by b.bucket_rank, b.open_patches
)
select
    bucket_rank, open_patches, node_count, reboot_only_count,
    cast(sum(node_count) over (order by bucket_rank) as bigint) as up_to_count,
    cast(sum(node_count) over () as bigint) as non_compliant_count,
    cast(open_patch_count as bigint) as open_patch_count
from counted
order by bucket_rank
