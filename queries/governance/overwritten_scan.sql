-- purpose: on which nodes do scans by different baselines overwrite each other, seen in history or set up so?
-- inputs:  core.baseline, core.node_scan, governance/node_regime
-- grain:   one row per account_id, region, node_id on which they do
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id      varchar    AWS account
--   region          varchar    Region
--   node_id         varchar    managed node
--   name            varchar    tag Name, null when untagged
--   environment     varchar    tag Environment, unknown when untagged, null when the node is gone
--   evidence        varchar    seen and set up, seen, set up, not known (one of several), or moved (once)
--   change_count    bigint     changes of baseline from one scan we hold to the next [changes]
--   changed_at      timestamp  snapshot that showed the last of them [UTC], null when none
--   baselines_seen  varchar    baselines of the scans we hold, a semicolon between; unknown where a scan does not tell
--   regimes         varchar    regimes by different baselines, or by one not known; null when by one
--   scanned_by      varchar    who made the last scan, which stands; null when not known
with scan as (
    select
        s.account_id, s.region, s.node_id, s.valid_from, s.baseline_id is null as is_unknown,
        coalesce(b.baseline_name, s.baseline_id, 'unknown') as baseline,
        -- of two scans in a row whose baselines are known
        lag(coalesce(b.baseline_name, s.baseline_id)) over (
            partition by s.account_id, s.region, s.node_id, s.baseline_id is null order by s.valid_from
        ) as baseline_before
    from core.node_scan as s
    left join core.baseline as b
        on b.account_id = s.account_id and b.region = s.region and b.baseline_id = s.baseline_id
        and b.valid_from <= $as_of and b.valid_to > $as_of
    where s.valid_from <= $as_of and s.operation_ended_at is not null
),
seen as (
    select
        account_id, region, node_id, count(distinct case when not is_unknown then baseline end) as baseline_count,
        count(1) filter (where baseline <> baseline_before) as change_count,
        max(case when baseline <> baseline_before then valid_from end) as changed_at,
        string_agg(distinct baseline, '; ' order by baseline) as baselines_seen,
        max(case when is_unknown then 1 else 0 end) = 1 as has_unknown
    from scan
    group by account_id, region, node_id
),
met as (
    select
        coalesce(s.account_id, r.account_id) as account_id, coalesce(s.region, r.region) as region,
        coalesce(s.node_id, r.node_id) as node_id, r.name, r.environment, coalesce(s.change_count, 0) as change_count,
        s.changed_at, s.baselines_seen, s.baseline_count, r.baseline_count > 1 as is_set_up,
        coalesce(r.finding = 'baseline not known', false) or coalesce(s.has_unknown and s.baseline_count > 0, false)
            as is_unclear, r.regimes, r.scanned_by
    from seen as s
    full join governance_node_regime as r
        on r.account_id = s.account_id and r.region = s.region and r.node_id = s.node_id
)
select
    account_id, region, node_id, name, environment,
    case
        -- as many changes as baselines or more: one of them came back
        when change_count > 0 and change_count >= baseline_count and is_set_up then 'seen and set up'
        when change_count > 0 and change_count >= baseline_count then 'seen'
        when is_set_up then 'set up' when is_unclear then 'not known' else 'moved'
    end as evidence,
    change_count, changed_at, baselines_seen, case when is_set_up or is_unclear then regimes end as regimes, scanned_by
from met
where change_count > 0 or is_set_up or is_unclear
order by account_id, region, node_id
