-- purpose: what does each approval rule let in, on how many nodes, and what does a date in the past hold back?
-- inputs:  core.baseline, core.baseline_rule, core.node_scan, lag/patch_fact, lag/release
-- grain:   one row per account_id, region, baseline_id, rule_number
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id          varchar  AWS account that sees the baseline
--   region              varchar  Region
--   baseline_id         varchar  patch baseline
--   baseline_name       varchar  its name, null when its listing was not read
--   operating_system    varchar  operating system as Systems Manager spells it, null when its listing was not read
--   rule_number         bigint   place of the rule in the baseline
--   severities          varchar  severities of the rule as a JSON array, ["*"] for all
--   approve_after_days  bigint   days between release and approval [d], null when no days are set
--   approve_until_date  date     patches released up to this day are approved, null when days are set
--   is_frozen           boolean  that day is over: nothing released since is approved by this rule
--   node_count          bigint   nodes whose last scan went by this baseline [nodes]
--   held_back_count     bigint   patches of it released after its date [patches], null when not frozen or not listed
--   exploited_count     bigint   of these known to be exploited, at least [patches], null when of none it is known
--   unknown_count       bigint   of these patches of which that is not known [patches], null when not frozen
with rule as (
    select
        r.account_id, r.region, r.baseline_id, b.baseline_name, b.operating_system, r.rule_number, r.severities,
        r.products, r.classifications, r.approve_after_days, r.approve_until_date,
        coalesce(r.approve_until_date < cast($as_of as date), false) as is_frozen
    from core.baseline_rule as r
    left join core.baseline as b
        on b.account_id = r.account_id and b.region = r.region and b.baseline_id = r.baseline_id
        and b.valid_from <= $as_of and b.valid_to > $as_of
    where r.valid_from <= $as_of and r.valid_to > $as_of
),
used as (
    select account_id, region, baseline_id, count(1) as node_count
    from core.node_scan
    where valid_from <= $as_of and valid_to > $as_of and baseline_id is not null
    group by account_id, region, baseline_id
),
release as (
    select operating_system, patch_ref, product, classification, severity, released_at
    from lag_release
    where released_at <= $as_of
),
listed as (
    select operating_system, count(1) as release_count
    from release
    group by operating_system
),
held as (
    select
        r.account_id, r.region, r.baseline_id, r.rule_number, count(1) as held_back_count,
        count(1) filter (where f.known_exploited) as exploited_count,
        count(1) filter (where f.known_exploited is null) as unknown_count
    from rule as r
    inner join release as p
        on p.operating_system = r.operating_system and cast(p.released_at as date) > r.approve_until_date
        and (position('"*"' in r.products) > 0 or position('"' || p.product || '"' in r.products) > 0)
        and (position('"*"' in r.classifications) > 0
            or position('"' || p.classification || '"' in r.classifications) > 0)
        and (position('"*"' in r.severities) > 0 or position('"' || p.severity || '"' in r.severities) > 0)
    left join lag_patch_fact as f on f.operating_system = p.operating_system and f.patch_ref = p.patch_ref
    where r.is_frozen
    group by r.account_id, r.region, r.baseline_id, r.rule_number
)
select
    r.account_id, r.region, r.baseline_id, r.baseline_name, r.operating_system, r.rule_number, r.severities,
    r.approve_after_days, r.approve_until_date, r.is_frozen, coalesce(u.node_count, 0) as node_count,
    case when r.is_frozen and l.release_count > 0 then coalesce(h.held_back_count, 0) end as held_back_count,
    case when h.unknown_count < h.held_back_count or (r.is_frozen and h.held_back_count is null and l.release_count > 0)
        then coalesce(h.exploited_count, 0) end as exploited_count,
    case when r.is_frozen and l.release_count > 0 then coalesce(h.unknown_count, 0) end as unknown_count
from rule as r
left join used as u on u.account_id = r.account_id and u.region = r.region and u.baseline_id = r.baseline_id
left join listed as l on l.operating_system = r.operating_system
left join held as h
    on h.account_id = r.account_id and h.region = r.region and h.baseline_id = r.baseline_id
    and h.rule_number = r.rule_number
order by r.account_id, r.region, r.baseline_id, r.rule_number
