-- purpose: when did the baseline in force approve each patch that was timed?
-- inputs:  core.baseline, core.baseline_patch, core.baseline_rule, lag/patch_row, lag/release
-- grain:   one row per account_id, region, baseline_id, operating_system, patch_ref of an episode
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id        varchar    AWS account of the baseline's user
--   region            varchar    Region
--   baseline_id       varchar    patch baseline of the node's last scan
--   operating_system  varchar    operating system as Systems Manager spells it
--   patch_ref         varchar    KB number, else the title of the package
--   approved_at       timestamp  approval, past or due [UTC], null when not known
--   approval_source   varchar    effective patch, rule, approved by name, never approved, baseline not read, unlisted
with needed as (
    select account_id, region, baseline_id, operating_system, patch_ref, released_at, max(severity) as severity
    from lag_patch_row
    where timing = 'episode' and baseline_id is not null
    group by account_id, region, baseline_id, operating_system, patch_ref, released_at
),
listed as (
    select account_id, region, baseline_id, patch_ref, min(approved_at) as approved_at
    from core.baseline_patch
    where valid_from <= $as_of and valid_to > $as_of and approved_at is not null
    group by account_id, region, baseline_id, patch_ref
),
rule as (
    select
        account_id, region, baseline_id, approve_after_days, cast(approve_until_date as date) as until_date,
        coalesce(products, '["*"]') as products, coalesce(classifications, '["*"]') as classifications,
        coalesce(severities, '["*"]') as severities
    from core.baseline_rule
    where valid_from <= $as_of and valid_to > $as_of
),
read_baseline as (
    select account_id, region, baseline_id, approved_patch_count
    from core.baseline
    where valid_from <= $as_of and valid_to > $as_of and approved_patch_count is not null
),
ruled as (
    -- the lists are JSON arrays as text: a quoted member is looked for, "*" stands for all
    select
        w.account_id, w.region, w.baseline_id, w.operating_system, w.patch_ref,
        min(coalesce(p.approval_from_at, w.released_at)
            + interval '1 day' * coalesce(r.approve_after_days, 0)) as approved_at
    from needed as w
    inner join lag_release as p on p.operating_system = w.operating_system and p.patch_ref = w.patch_ref
    inner join rule as r
        on r.account_id = w.account_id and r.region = w.region and r.baseline_id = w.baseline_id
        and (position('"*"' in r.products) > 0 or position('"' || p.product || '"' in r.products) > 0)
        and (position('"*"' in r.classifications) > 0
            or position('"' || p.classification || '"' in r.classifications) > 0)
        -- a notice may name no severity: the node does
        and (position('"*"' in r.severities) > 0
            or position('"' || coalesce(p.severity, w.severity) || '"' in r.severities) > 0)
    -- a rule with neither days nor date approves at once: Ubuntu and Debian have no other (user guide, 2026-11-25)
    where r.approve_after_days is not null or r.until_date is null
        or cast(coalesce(p.approval_from_at, w.released_at) as date) <= r.until_date
    group by w.account_id, w.region, w.baseline_id, w.operating_system, w.patch_ref
)
select
    w.account_id, w.region, w.baseline_id, w.operating_system, w.patch_ref,
    coalesce(l.approved_at, r.approved_at) as approved_at,
    case
        when l.approved_at is not null then 'effective patch' when r.approved_at is not null then 'rule'
        when b.approved_patch_count = 0 and (f.product is null or f.classification is null) then 'unlisted'
        when b.approved_patch_count = 0 then 'never approved'
        when b.approved_patch_count > 0 then 'approved by name' else 'baseline not read'
    end as approval_source
from needed as w
left join listed as l
    on l.account_id = w.account_id and l.region = w.region and l.baseline_id = w.baseline_id
    and l.patch_ref = w.patch_ref
left join ruled as r
    on r.account_id = w.account_id and r.region = w.region and r.baseline_id = w.baseline_id
    and r.operating_system = w.operating_system and r.patch_ref = w.patch_ref
left join lag_release as f on f.operating_system = w.operating_system and f.patch_ref = w.patch_ref
left join read_baseline as b
    on b.account_id = w.account_id and b.region = w.region and b.baseline_id = w.baseline_id
order by w.account_id, w.region, w.baseline_id, w.operating_system, w.patch_ref
