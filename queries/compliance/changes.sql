-- purpose: which nodes have open patches that they had not at an earlier instant, and which have fewer?
-- inputs:  core.node, core.node_key, core.node_patch, core.patch_key
-- grain:   one row per account_id, region, node_id of which an open patch came or went
-- params:
--   as_of  timestamp  report instant [UTC]
--   since  timestamp  the earlier instant it is compared with [UTC]
-- columns:
--   account_id         varchar  AWS account
--   region             varchar  Region
--   node_id            varchar  EC2 instance id or hybrid managed node id
--   name               varchar  tag Name, null when untagged or the node is gone
--   environment        varchar  tag Environment, unknown when untagged or the node is gone
--   open_before_count  bigint   patches that counted against it at the earlier instant [patches]
--   open_count         bigint   patches that count against it now [patches]
--   opened_count       bigint   of these, not open at the earlier instant [patches]
--   closed_count       bigint   open then, and by the latest scan installed with no reboot outstanding [patches]
--   unlisted_count     bigint   open then, and the node lists it no longer: replaced, or no longer approved [patches]
--   gone_count         bigint   open then, on a node that is gone since [patches]
with item as (
    -- Missing, Failed, InstalledPendingReboot and InstalledRejected count against a node, as in compliance/patch_count
    select
        p.node_key, k.patch_ref,
        bool_or(p.valid_from <= $since and p.valid_to > $since and p.patch_state in (
            'Missing', 'Failed', 'InstalledPendingReboot', 'InstalledRejected'
        )) as was_open,
        bool_or(p.valid_from <= $as_of and p.valid_to > $as_of and p.patch_state in (
            'Missing', 'Failed', 'InstalledPendingReboot', 'InstalledRejected'
        )) as is_open,
        bool_or(p.valid_from <= $as_of and p.valid_to > $as_of and p.patch_state in ('Installed', 'InstalledOther'))
            as is_installed
    from core.node_patch as p
    inner join core.patch_key as k on k.patch_key = p.patch_key
    where p.valid_from <= $as_of and p.valid_to > $since
    group by p.node_key, k.patch_ref
),
counted as (
    select
        node_key, count(1) filter (where was_open) as open_before_count, count(1) filter (where is_open) as open_count,
        count(1) filter (where is_open and not was_open) as opened_count,
        count(1) filter (where was_open and not is_open and is_installed) as closed_count,
        count(1) filter (where was_open and not is_open and not is_installed) as unlisted_count
    from item
    group by node_key
),
last_node as (
    -- one that is gone keeps the name and environment that it had
    select
        account_id, region, node_id, name, environment, valid_to <= $as_of as is_gone,
        row_number() over (partition by account_id, region, node_id order by valid_from desc) as recency
    from core.node
    where valid_from <= $as_of
)
select
    k.account_id, k.region, k.node_id, n.name, coalesce(n.environment, 'unknown') as environment, c.open_before_count,
    c.open_count, c.opened_count, c.closed_count,
    case when coalesce(n.is_gone, false) then 0 else c.unlisted_count end as unlisted_count,
    case when coalesce(n.is_gone, false) then c.unlisted_count else 0 end as gone_count
from counted as c
inner join core.node_key as k on k.node_key = c.node_key
left join last_node as n
    on n.account_id = k.account_id and n.region = k.region and n.node_id = k.node_id and n.recency = 1
where c.opened_count + c.closed_count + c.unlisted_count > 0
order by k.account_id, k.region, k.node_id
