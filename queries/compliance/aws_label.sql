-- purpose: where do AWS's label and our status part, and what does the label hide?
-- inputs:  compliance/node_status
-- grain:   one row per aws_label, compliance_status, reason that occurs
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   aws_label          varchar  AWS's label by the last scan: compliant, non-compliant, or none without one
--   compliance_status  varchar  our status, excluded for nodes a rule leaves out
--   reason             varchar  what decided our status
--   is_hidden          boolean  AWS says compliant, or says nothing, of a node that is not known to be compliant
--   node_count         bigint   nodes [nodes]
select
    aws_label, coalesce(compliance_status, 'excluded') as compliance_status, reason,
    aws_label <> 'non-compliant' and coalesce(compliance_status <> 'compliant', false) as is_hidden,
    count(1) as node_count
from compliance_node_status
group by aws_label, compliance_status, reason
order by aws_label, coalesce(compliance_status, 'excluded'), reason
