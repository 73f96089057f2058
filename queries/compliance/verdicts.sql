-- purpose: what do Systems Manager, AWS Config, Security Hub, Inspector and we say of one node, and why not the same?
-- inputs:  compliance/label_difference, compliance/system_verdict
-- grain:   one row per account_id, region, node_id
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   account_id                varchar  AWS account of the node
--   region                    varchar  Region of the node
--   node_id                   varchar  EC2 instance id or hybrid managed node id
--   name                      varchar  tag Name, null when untagged
--   environment               varchar  tag Environment, unknown when untagged
--   owner                     varchar  tag Owner, null when untagged
--   agreement                 varchar  agree, differ, not known (nobody answers, or we do not know), or excluded
--   compliance_status         varchar  our status, excluded for nodes a rule leaves out
--   patch_label               varchar  Systems Manager's label of patches: compliant, non-compliant, or none
--   config_verdict            varchar  AWS Config's, in its own words; not known where it was not asked
--   security_hub_verdict      varchar  Security Hub's by control SSM.2, likewise
--   inspector_verdict         varchar  Inspector's, likewise
--   answer_count              bigint   of these four, those that answer [systems]
--   differing_count           bigint   of these, those that answer otherwise than we do, who may not know [systems]
--   patch_label_difference    varchar  why Systems Manager differs or is silent, null when it agrees
--   config_difference         varchar  why AWS Config does, likewise
--   security_hub_difference   varchar  why Security Hub does, likewise
--   inspector_difference      varchar  why Inspector does, likewise
with counted as (
    select
        account_id, region, node_id,
        max(case when system = 'AWS Config' then verdict end) as config_verdict,
        max(case when system = 'Security Hub' then verdict end) as security_hub_verdict,
        max(case when system = 'Inspector' then verdict end) as inspector_verdict,
        count(is_good) as answer_count,
        count(1) filter (where is_good is not null and difference is not null) as differing_count,
        max(case when system = 'Systems Manager' then difference end) as patch_label_difference,
        max(case when system = 'AWS Config' then difference end) as config_difference,
        max(case when system = 'Security Hub' then difference end) as security_hub_difference,
        max(case when system = 'Inspector' then difference end) as inspector_difference
    from compliance_system_verdict
    group by account_id, region, node_id
)
select
    l.account_id, l.region, l.node_id, l.name, l.environment, l.owner,
    case
        when l.compliance_status = 'excluded' then 'excluded'
        when l.compliance_status = 'unknown' or c.answer_count = 0 then 'not known'
        when c.differing_count > 0 then 'differ' else 'agree'
    end as agreement,
    l.compliance_status, l.patch_label, c.config_verdict, c.security_hub_verdict, c.inspector_verdict,
    c.answer_count, c.differing_count, c.patch_label_difference, c.config_difference, c.security_hub_difference,
    c.inspector_difference
from compliance_label_difference as l
inner join counted as c on c.account_id = l.account_id and c.region = l.region and c.node_id = l.node_id
order by l.account_id, l.region, l.node_id
