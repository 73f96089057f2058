-- purpose: which patches are approved in one of two environments and not in the other, and where are they missing?
-- inputs:  core.node, core.node_key, core.node_patch, core.patch_key, governance/baseline_approval,
--          governance/environment_baseline
-- grain:   one row per operating_system, patch_ref approved by now in one environment alone
-- params:
--   as_of              timestamp  report instant [UTC]
--   environment        varchar    the one environment
--   other_environment  varchar    the other environment
-- columns:
--   operating_system  varchar    operating system as Systems Manager spells it
--   patch_ref         varchar    KB number, else the title of the package
--   severity          varchar    vendor severity, null when none is given
--   released_at       timestamp  vendor's release [UTC]
--   approved_in       varchar    environment whose baselines approve it by now, on all nodes or some
--   approved_at       timestamp  earliest approval there [UTC]
--   waits_in          varchar    environment of which no baseline that was read does
--   waits_until_at    timestamp  earliest approval there, still to come [UTC]; null when never
--   open_count        bigint     nodes where it is approved and Missing or Failed [nodes]
--   unseen_count      bigint     nodes where it is not approved, so that a scan calls it neither [nodes]
with side as (
    select
        e.environment, a.operating_system, a.patch_ref, a.severity, a.released_at, min(a.approved_at) as approved_at,
        cast(sum(e.node_count) as bigint) as node_count
    from governance_environment_baseline as e
    inner join governance_baseline_approval as a
        on a.account_id = e.account_id and a.region = e.region and a.baseline_id = e.baseline_id
        and a.operating_system = e.operating_system
    where e.environment in ($environment, $other_environment)
    group by e.environment, a.operating_system, a.patch_ref, a.severity, a.released_at
),
missing as (
    select
        coalesce(n.environment, 'unknown') as environment, n.operating_system, k.patch_ref,
        count(distinct p.node_key) as open_count
    from core.node_patch as p
    inner join core.patch_key as k on k.patch_key = p.patch_key
    inner join core.node_key as i on i.node_key = p.node_key
    inner join core.node as n
        on n.account_id = i.account_id and n.region = i.region and n.node_id = i.node_id
        and n.valid_from <= $as_of and n.valid_to > $as_of
    where p.patch_state in ('Missing', 'Failed') and p.valid_from <= $as_of and p.valid_to > $as_of
    group by coalesce(n.environment, 'unknown'), n.operating_system, k.patch_ref
)
select
    a.operating_system, a.patch_ref, a.severity, a.released_at, a.environment as approved_in, a.approved_at,
    b.environment as waits_in, b.approved_at as waits_until_at, coalesce(m.open_count, 0) as open_count,
    b.node_count as unseen_count
from side as a
inner join side as b
    on b.operating_system = a.operating_system and b.patch_ref = a.patch_ref and b.environment <> a.environment
    and coalesce(b.approved_at > $as_of, true)
left join missing as m
    on m.environment = a.environment and m.operating_system = a.operating_system and m.patch_ref = a.patch_ref
where a.approved_at <= $as_of
order by a.operating_system, a.released_at desc, a.patch_ref, a.environment
