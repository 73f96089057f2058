-- purpose: what does each system say of each node's patches, and why not what we say?
-- inputs:  compliance/config_verdict, compliance/inspector_verdict, compliance/label_difference,
--          compliance/security_hub_verdict
-- grain:   one row per account_id, region, node_id, system
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   account_id         varchar    AWS account of the node
--   region             varchar    Region of the node
--   node_id            varchar    EC2 instance id or hybrid managed node id
--   system             varchar    Systems Manager, AWS Config, Security Hub or Inspector
--   verdict            varchar    what it says, in its own words
--   is_good            boolean    it finds nothing to patch, null when it says neither
--   judged_at          timestamp  when it said so [UTC], null when that is not told
--   compliance_status  varchar    our status, excluded for nodes a rule leaves out
--   difference         varchar    why it differs from us or is silent, null when it agrees or the node is excluded
with told as (
    select account_id, region, node_id, 'Systems Manager' as system, patch_label as verdict,
        case patch_label when 'compliant' then true when 'non-compliant' then false end as is_good,
        cast(null as timestamp) as judged_at, nullif(difference, 'agree') as gap
    from compliance_label_difference
    union all
    select account_id, region, node_id, 'AWS Config' as system, verdict,
        case verdict when 'compliant' then true when 'non-compliant' then false end as is_good, judged_at, gap
    from compliance_config_verdict
    union all
    select account_id, region, node_id, 'Security Hub' as system, verdict,
        case verdict when 'passed' then true when 'failed' then false end as is_good, checked_at as judged_at, gap
    from compliance_security_hub_verdict
    union all
    -- where no fix exists there is nothing to patch
    select account_id, region, node_id, 'Inspector' as system, verdict,
        case verdict when 'nothing found' then true when 'no fix yet' then true when 'fix available' then false end
            as is_good,
        last_scanned_at as judged_at, gap
    from compliance_inspector_verdict
),
ours as (
    select account_id, region, node_id, compliance_status, coverage_state, scan_age_days,
        case patch_label when 'compliant' then true when 'non-compliant' then false end as is_label_good,
        case compliance_status when 'compliant' then true when 'non-compliant' then false
            when 'past end of support' then false end as is_good
    from compliance_label_difference
)
select
    t.account_id, t.region, t.node_id, t.system, t.verdict, t.is_good, t.judged_at, o.compliance_status,
    case
        when o.compliance_status = 'excluded' or t.is_good = o.is_good then null
        when t.gap is not null then t.gap
        when t.verdict = 'suppressed' then 'somebody suppressed the finding'
        when t.is_good is null then 'it says neither: ' || t.verdict
        when o.is_good is null and t.system = 'Inspector' then 'it looks at packages by itself; ours: unknown'
        when o.is_good is null then 'it judges an earlier scan; ours: ' || o.coverage_state
        when o.compliance_status = 'past end of support' then 'it knows no end of support'
        when t.system = 'Inspector' and t.is_good then 'it sees vulnerable packages, not patches a baseline asks for'
        when t.system = 'Inspector' then 'a package has a fix that the baseline does not ask for'
        when date_diff('second', t.judged_at, $as_of) > o.scan_age_days * 86400
            then 'it judged before the last scan, and looks again only when something changes'
        when t.is_good = o.is_label_good then 'it follows the label of Systems Manager'
        else 'for a reason that is not told'
    end as difference
from told as t
inner join ours as o on o.account_id = t.account_id and o.region = t.region and o.node_id = t.node_id
order by
    t.account_id, t.region, t.node_id,
    case t.system when 'Systems Manager' then 1 when 'AWS Config' then 2 when 'Security Hub' then 3 else 4 end
