-- purpose: by which approval rules does each maintenance window install, and when does it run?
-- inputs:  core.baseline, core.baseline_rule, lag/window_node, governance/window_schedules
-- grain:   one row per account_id, region, window_id, operating_system, baseline_id, rule_number
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id            varchar    AWS account
--   region                varchar    Region
--   window_id             varchar    maintenance window
--   window_name           varchar    name
--   schedule              varchar    cron, rate or at expression
--   schedule_timezone     varchar    time zone of the schedule (IANA), null for UTC
--   schedule_offset_days  bigint     days after the cron date [d], null when none
--   is_enabled            boolean    the window runs
--   starts_at             varchar    first instant it may run, ISO text as the API gives it; null when at once
--   ends_at               varchar    last instant it may run, ISO text as the API gives it; null when without end
--   next_execution_at     varchar    next run after observed_at, ISO text as the API gives it; null when none
--   observed_at           timestamp  when AWS said so [UTC]
--   operating_system      varchar    of the nodes it patches, as Systems Manager spells it; null when unknown
--   baseline_id           varchar    baseline by which it patches them, null when not known
--   baseline_name         varchar    its name, null when not known
--   node_count            bigint     nodes it patches by this baseline [nodes], 0 when none is known
--   rule_number           bigint     place of the rule in the baseline, null when it has none or was not read
--   approve_after_days    bigint     days between release and approval [d], null when a date is set
--   approve_until_date    date       patches released up to this day are approved, null when days are set
with pair as (
    select account_id, region, window_id, operating_system, baseline_id, count(1) as node_count
    from lag_window_node
    group by account_id, region, window_id, operating_system, baseline_id
)
select
    w.account_id, w.region, w.window_id, w.window_name, w.schedule, w.schedule_timezone, w.schedule_offset_days,
    w.is_enabled, w.starts_at, w.ends_at, w.next_execution_at, w.observed_at, p.operating_system, p.baseline_id,
    b.baseline_name, coalesce(p.node_count, 0) as node_count, r.rule_number, r.approve_after_days,
    r.approve_until_date
from governance_window_schedules as w
left join pair as p on p.account_id = w.account_id and p.region = w.region and p.window_id = w.window_id
left join core.baseline as b
    on b.account_id = p.account_id and b.region = p.region and b.baseline_id = p.baseline_id
    and b.valid_from <= $as_of and b.valid_to > $as_of
left join core.baseline_rule as r
    on r.account_id = p.account_id and r.region = p.region and r.baseline_id = p.baseline_id
    and r.valid_from <= $as_of and r.valid_to > $as_of
order by w.account_id, w.region, w.window_id, p.operating_system, p.baseline_id, r.rule_number
