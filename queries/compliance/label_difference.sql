-- purpose: what does each of AWS's labels say of a node, what do we say, and why do the two differ?
-- inputs:  core.baseline, core.node_scan, compliance/aws_labels, compliance/node_status
-- grain:   one row per account_id, region, node_id
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   account_id            varchar  AWS account of the node
--   region                varchar  Region of the node
--   node_id               varchar  EC2 instance id or hybrid managed node id
--   name                  varchar  tag Name, null when untagged
--   environment           varchar  tag Environment, unknown when untagged
--   owner                 varchar  tag Owner, null when untagged
--   coverage_state        varchar  coverage state
--   scan_age_days         double   time since the last scan [d], null when no scan is known
--   patch_label           varchar  AWS's of type Patch: compliant, non-compliant or none; without it from the counts
--   association_label     varchar  AWS's compliance of type Association: compliant, non-compliant, or none
--   is_patch_policy       boolean  a patch policy made the last scan
--   is_patch_association  boolean  an association reports its own patch scan as its compliance
--   compliance_status     varchar  our status, excluded for nodes a rule leaves out
--   reason                varchar  what decided our status
--   difference            varchar  why AWS's label of patches and our status differ, agree when they do not
--   is_masked             boolean  an association that succeeded stands as compliant on a node not known to be
with scan as (
    select account_id, region, node_id, baseline_source, operation_started_at
    from core.node_scan
    where valid_from <= $as_of and valid_to > $as_of
),
told as (
    select
        n.account_id, n.region, n.node_id, coalesce(n.compliance_status, 'excluded') as compliance_status,
        case when l.patch_label is null then n.aws_label else l.patch_label end as patch_label,
        coalesce(l.association_label, 'none') as association_label,
        coalesce(s.baseline_source <> 'patch state', false) as is_patch_policy,
        coalesce(l.is_patch_association, false) as is_patch_association,
        l.labelled_at < s.operation_started_at as is_older_than_scan,
        coalesce(b.available_security_updates_compliance_status = 'NON_COMPLIANT', false) as is_waiting_counted
    from compliance_node_status as n
    left join compliance_aws_labels as l
        on l.account_id = n.account_id and l.region = n.region and l.node_id = n.node_id
    left join scan as s on s.account_id = n.account_id and s.region = n.region and s.node_id = n.node_id
    left join core.baseline as b
        on b.account_id = n.account_id and b.region = n.region and b.baseline_id = n.baseline_id
        and b.valid_from <= $as_of and b.valid_to > $as_of
)
select
    n.account_id, n.region, n.node_id, n.name, n.environment, n.owner, n.coverage_state, n.scan_age_days,
    t.patch_label, t.association_label, t.is_patch_policy, t.is_patch_association, t.compliance_status, n.reason,
    case
        when t.compliance_status = t.patch_label then 'agree'
        -- both say not compliant, as compliance/system_verdict counts it
        when t.compliance_status = 'past end of support' and t.patch_label = 'non-compliant' then 'agree'
        when t.compliance_status = 'excluded' then 'excluded by a rule'
        when t.patch_label = 'none' and t.is_patch_association
            then 'the association holds its own patch scan, no patches: ' || n.reason
        when t.patch_label = 'none' and t.association_label <> 'none'
            then 'only the association is labelled: ' || n.reason
        when t.patch_label = 'none' then 'no label: ' || n.reason
        when t.compliance_status = 'past end of support' then 'nothing is released any more'
        when t.compliance_status = 'unknown' and n.coverage_state <> 'fresh'
            then 'label of an earlier scan: ' || n.coverage_state
        when t.compliance_status = 'unknown' then n.reason
        when t.is_older_than_scan then 'label older than the last scan'
        when t.patch_label = 'non-compliant' and n.available_security_count > 0 and t.is_waiting_counted
            then 'label counts security updates not approved'
        else 'label and patch rows disagree'
    end as difference,
    t.association_label = 'compliant' and not t.is_patch_association
    and t.compliance_status not in ('compliant', 'excluded') as is_masked
from told as t
inner join compliance_node_status as n on n.account_id = t.account_id and n.region = t.region and n.node_id = t.node_id
order by n.account_id, n.region, n.node_id
