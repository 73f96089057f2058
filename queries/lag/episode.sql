-- purpose: how long was each released patch open on each node, from the release to effective or last seen open?
-- inputs:  lag/patch_row
-- grain:   one row per account_id, region, node_id, patch_ref with a known release that was at risk
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id   varchar    AWS account of the node
--   region       varchar    Region of the node
--   node_id      varchar    EC2 instance id or hybrid managed node id
--   patch_ref    varchar    KB number, else the title of the package
--   severity     varchar    vendor severity
--   environment  varchar    tag Environment, unknown when untagged
--   platform     varchar    display name of the operating system
--   released_at  timestamp  vendor release, day 0 of the clock [UTC]
--   entry_days   bigint     whole days after the release when the node came into our care, 0 if before it [d]
--   exit_days    bigint     days after the release, begun ones included, when effective or last seen open [d]
--   is_event     boolean    effective at exit; false: still open when last seen
select
    account_id, region, node_id, patch_ref, severity, environment, platform, released_at,
    cast(floor(
        greatest(date_diff('second', released_at, coalesce(under_care_at, released_at)), 0) / 86400.0
    ) as bigint) as entry_days,
    greatest(cast(ceil(date_diff('second', released_at, ended_at) / 86400.0) as bigint), 1) as exit_days,
    is_event
from lag_patch_row
where timing = 'episode'
order by account_id, region, node_id, patch_ref
