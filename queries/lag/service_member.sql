-- purpose: which nodes has each service had, from when to when?
-- inputs:  core.node_service, core.scaling_activity, lag/node_clock
-- grain:   one row per account_id, region, node_id ever seen by as_of, in the service that it was last seen in
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id    varchar    AWS account
--   region        varchar    Region
--   service_kind  varchar    as core.node_service says; node also for one that left before services were kept
--   service_id    varchar    names the service among its kind in the account and Region
--   service_name  varchar    name to show
--   node_id       varchar    EC2 instance id or hybrid managed node id
--   environment   varchar    tag Environment, unknown when untagged
--   joined_at     timestamp  launch or registration, else when a snapshot first showed it [UTC]
--   left_at       timestamp  end of the node [UTC], null while it is there; see left_source
--   left_source   varchar    scaling activity or next snapshot (so late, at most one interval), null while it is there
--   last_scan_at  timestamp  end of its last scan or install operation [UTC], null when never scanned
--   shown_until   timestamp  snapshot that no longer showed it [UTC], 9999-12-31 while it is there, null when not kept
with belonging as (
    select
        account_id, region, node_id, service_kind, service_id, service_name,
        min(valid_from) over (partition by account_id, region, node_id) as first_shown_at,
        -- as_of is in the past when it is asked about: what ended later had not ended yet
        case when valid_to > $as_of then timestamp '9999-12-31' else valid_to end as shown_until,
        row_number() over (partition by account_id, region, node_id order by valid_from desc) as recency
    from core.node_service
    where valid_from <= $as_of
),
ended as (
    select account_id, region, instance_id, max(started_at) as started_at
    from core.scaling_activity
    where activity_kind = 'termination' and activity_status = 'Successful' and valid_from <= $as_of
    group by account_id, region, instance_id
)
select
    c.account_id, c.region, coalesce(b.service_kind, 'node') as service_kind,
    coalesce(b.service_id, c.node_id) as service_id, coalesce(b.service_name, c.node_id) as service_name, c.node_id,
    c.environment, coalesce(c.under_care_at, b.first_shown_at) as joined_at,
    case when b.shown_until <= $as_of then least(coalesce(e.started_at, b.shown_until), b.shown_until) end as left_at,
    case when b.shown_until > $as_of then null when e.started_at <= b.shown_until then 'scaling activity'
        when b.shown_until <= $as_of then 'next snapshot' end as left_source,
    c.last_scan_at, b.shown_until
from lag_node_clock as c
left join belonging as b
    on b.account_id = c.account_id and b.region = c.region and b.node_id = c.node_id and b.recency = 1
left join ended as e on e.account_id = c.account_id and e.region = c.region and e.instance_id = c.node_id
order by c.account_id, c.region, service_kind, service_id, c.node_id
