-- purpose: how many nodes carry which of AWS's labels, what are they by their patch rows, and why do the two differ?
-- inputs:  compliance/label_difference
-- grain:   one row per patch_label, association_label, compliance_status, difference that occurs
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   patch_label         varchar  AWS's compliance of type Patch: compliant, non-compliant, or none
--   association_label   varchar  AWS's compliance of type Association: compliant, non-compliant, or none
--   compliance_status   varchar  our status, excluded for nodes a rule leaves out
--   difference          varchar  why the label of patches and our status differ, agree when they do not
--   node_count          bigint   nodes [nodes]
--   masked_count        bigint   of these, labelled compliant as an association and not known to be [nodes]
--   patch_policy_count  bigint   of these, last scanned by a patch policy [nodes]
select
    patch_label, association_label, compliance_status, difference, count(1) as node_count,
    count(1) filter (where is_masked) as masked_count, count(1) filter (where is_patch_policy) as patch_policy_count
from compliance_label_difference
group by patch_label, association_label, compliance_status, difference
order by patch_label, association_label, compliance_status, difference
