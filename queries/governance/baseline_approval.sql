-- purpose: when does each baseline in force approve each release of its operating system?
-- inputs:  core.baseline_patch, core.baseline_rule, core.baseline_setting, governance/environment_baseline, lag/release
-- grain:   one row per account_id, region, baseline_id, operating_system, patch_ref of a baseline that was read
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id        varchar    AWS account that sees the baseline
--   region            varchar    Region
--   baseline_id       varchar    patch baseline
--   operating_system  varchar    operating system as Systems Manager spells it
--   patch_ref         varchar    KB number, else the title of the package
--   severity          varchar    vendor severity, null when none is given
--   released_at       timestamp  vendor's release [UTC]
--   approved_at       timestamp  approval, past or due [UTC], null when the baseline never approves it
with baseline as (
    select distinct account_id, region, baseline_id, operating_system
    from governance_environment_baseline
    where is_read
),
listed as (
    select account_id, region, baseline_id, patch_ref, min(approved_at) as approved_at
    from core.baseline_patch
    where valid_from <= $as_of and valid_to > $as_of and approved_at is not null
    group by account_id, region, baseline_id, patch_ref
),
named as (
    select account_id, region, baseline_id, aspect, subject
    from core.baseline_setting
    where aspect in ('approved by name', 'rejected by name') and valid_from <= $as_of and valid_to > $as_of
    group by account_id, region, baseline_id, aspect, subject
)
select
    b.account_id, b.region, b.baseline_id, b.operating_system, p.patch_ref, p.severity, p.released_at,
    case
        when max(x.subject) is not null then null when max(y.subject) is not null then p.released_at
        when max(l.approved_at) is not null then max(l.approved_at)
        else min(case
            when r.approve_after_days is not null then p.released_at + interval '1 day' * r.approve_after_days
            when cast(p.released_at as date) <= coalesce(r.approve_until_date, cast(p.released_at as date))
                and r.baseline_id is not null then p.released_at
        end)
    end as approved_at
from baseline as b
inner join lag_release as p on p.operating_system = b.operating_system and p.released_at <= $as_of
left join core.baseline_rule as r
    on r.account_id = b.account_id and r.region = b.region and r.baseline_id = b.baseline_id
    and r.valid_from <= $as_of and r.valid_to > $as_of
    and (position('"*"' in r.products) > 0 or position('"' || p.product || '"' in r.products) > 0)
    and (position('"*"' in r.classifications) > 0
        or position('"' || p.classification || '"' in r.classifications) > 0)
    and (position('"*"' in r.severities) > 0 or position('"' || p.severity || '"' in r.severities) > 0)
left join listed as l
    on l.account_id = b.account_id and l.region = b.region and l.baseline_id = b.baseline_id
    and l.patch_ref = p.patch_ref
left join named as x
    on x.account_id = b.account_id and x.region = b.region and x.baseline_id = b.baseline_id
    and x.subject = p.patch_ref and x.aspect = 'rejected by name'
left join named as y
    on y.account_id = b.account_id and y.region = b.region and y.baseline_id = b.baseline_id
    and y.subject = p.patch_ref and y.aspect = 'approved by name'
group by b.account_id, b.region, b.baseline_id, b.operating_system, p.patch_ref, p.severity, p.released_at
order by b.account_id, b.region, b.baseline_id, b.operating_system, p.patch_ref
