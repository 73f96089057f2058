-- purpose: where the baselines of two environments part, with what they set alike on one line
-- inputs:  governance/baseline_difference
-- grain:   one row per operating_system, aspect, setting, other_setting that differ, or cannot be compared
-- params:
--   as_of              timestamp  report instant [UTC]
--   environment        varchar    the one environment
--   other_environment  varchar    the other environment
-- columns:
--   operating_system    varchar  operating system as Systems Manager spells it
--   aspect              varchar  approval, compliance level, approved or rejected by name, source, two on updates
--   setting             varchar  what the one environment sets, null when nothing
--   other_setting       varchar  what the other environment sets, null when nothing
--   subjects            varchar  for what, a semicolon between
--   subject_count       bigint   of these [subjects]
--   is_known            boolean  both environments have nodes of this system whose baseline was read
--   node_count          bigint   nodes of the one environment whose baseline was read [nodes]
--   other_node_count    bigint   nodes of the other environment, likewise [nodes]
--   unread_count        bigint   nodes of the one environment whose baseline is not known or was not read [nodes]
--   other_unread_count  bigint   nodes of the other environment, likewise [nodes]
select
    operating_system, aspect, setting, other_setting, string_agg(subject, '; ' order by subject) as subjects,
    count(1) as subject_count, is_different is not null as is_known, node_count, other_node_count, unread_count,
    other_unread_count
from governance_baseline_difference
where coalesce(is_different, true)
group by
    operating_system, aspect, setting, other_setting, is_different is not null, node_count, other_node_count,
    unread_count, other_unread_count
order by operating_system, aspect, setting, other_setting
