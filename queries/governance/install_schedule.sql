-- purpose: when does each regime that installs run, and does it reboot?
-- inputs:  core.association, core.window_task, governance/regime_selection, governance/window_schedules
-- grain:   one row per account_id, region, regime_id of a regime that installs
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id            varchar  AWS account
--   region                varchar  Region
--   regime_kind           varchar  maintenance window, patch policy, association, or patch association
--   regime_id             varchar  window or association
--   regime_name           varchar  its name, the id when it has none
--   schedule              varchar  cron, rate or at expression; null of an association that runs once
--   schedule_timezone     varchar  time zone of the schedule (IANA), null for UTC
--   schedule_offset_days  bigint   days after the cron date [d], null when none
--   starts_at             varchar  first instant it may run, ISO text; null when at once
--   ends_at               varchar  last instant it may run, ISO text; null when without end
--   is_enabled            boolean  it runs
--   told_next_at          varchar  next run after the listing as AWS gives it, ISO text; null when not told
--   is_rebooting          boolean  it reboots where an installed patch needs that; null when not told
with regime as (
    select distinct account_id, region, regime_kind, regime_id, regime_name
    from governance_regime_selection
    where operation = 'Install'
),
task as (
    select account_id, region, window_id, max(reboot_option) = 'RebootIfNeeded' as is_rebooting
    from core.window_task
    where valid_from <= $as_of and valid_to > $as_of and operation = 'Install'
    group by account_id, region, window_id
),
association as (
    select
        account_id, region, association_id, schedule, schedule_offset_days,
        reboot_option = 'RebootIfNeeded' as is_rebooting
    from core.association
    where valid_from <= $as_of and valid_to > $as_of
)
select
    r.account_id, r.region, r.regime_kind, r.regime_id, r.regime_name, coalesce(w.schedule, a.schedule) as schedule,
    w.schedule_timezone, coalesce(w.schedule_offset_days, a.schedule_offset_days) as schedule_offset_days,
    w.starts_at, w.ends_at, case when w.window_id is not null then w.is_enabled else true end as is_enabled,
    w.next_execution_at as told_next_at,
    case when w.window_id is not null then t.is_rebooting else a.is_rebooting end as is_rebooting
from regime as r
left join governance_window_schedules as w
    on w.account_id = r.account_id and w.region = r.region and w.window_id = r.regime_id
left join task as t on t.account_id = r.account_id and t.region = r.region and t.window_id = r.regime_id
left join association as a
    on a.account_id = r.account_id and a.region = r.region and a.association_id = r.regime_id
order by r.account_id, r.region, r.regime_id
