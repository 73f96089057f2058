-- purpose: how Amazon Inspector covers each instance, and how much it finds there
-- inputs:  core.inspector_coverage_now, core.inspector_finding_now
-- grain:   one row per account_id, region, node_id that it knows
-- key:     account_id, region, node_id
-- columns:
--   account_id                varchar    AWS account
--   region                    varchar    Region
--   node_id                   varchar    EC2 instance; hybrid nodes are not scanned
--   scan_status               varchar    ACTIVE or INACTIVE
--   scan_reason               varchar    SUCCESSFUL, or why it is not scanned or not yet: none found is then no comfort
--   last_scanned_at           timestamp  last look at its packages [UTC], null when there was none or it is not told
--   open_finding_count        bigint     active findings, suppressed ones apart [findings]
--   critical_finding_count    bigint     of these critical by Inspector [findings]
--   fixable_finding_count     bigint     of these with a fix for all or some of their packages [findings]
--   suppressed_finding_count  bigint     open ones that a rule of the account hides [findings]
--   observation_id            integer    observation of the coverage
with covered as (
    select account_id, region, resource_id as node_id, scan_status, scan_reason, last_scanned_at, observation_id,
        row_number() over (
            partition by account_id, region, resource_id
            order by case when scan_type = 'PACKAGE' then 0 else 1 end, scan_type
        ) as choice
    from core.inspector_coverage_now
    where resource_type = 'AWS_EC2_INSTANCE'
),
counted as (
    select account_id, region, resource_id as node_id,
        count(1) filter (where status = 'ACTIVE') as open_finding_count,
        count(1) filter (where status = 'ACTIVE' and severity = 'CRITICAL') as critical_finding_count,
        count(1) filter (where status = 'ACTIVE' and fix_available in ('YES', 'PARTIAL')) as fixable_finding_count,
        count(1) filter (where status = 'SUPPRESSED') as suppressed_finding_count
    from core.inspector_finding_now
    where resource_type = 'AWS_EC2_INSTANCE'
    group by account_id, region, resource_id
)
select
    c.account_id, c.region, c.node_id, c.scan_status, c.scan_reason, c.last_scanned_at,
    coalesce(f.open_finding_count, 0) as open_finding_count,
    coalesce(f.critical_finding_count, 0) as critical_finding_count,
    coalesce(f.fixable_finding_count, 0) as fixable_finding_count,
    coalesce(f.suppressed_finding_count, 0) as suppressed_finding_count, c.observation_id
from covered as c
left join counted as f on f.account_id = c.account_id and f.region = c.region and f.node_id = c.node_id
where c.choice = 1
