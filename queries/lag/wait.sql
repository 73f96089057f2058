-- purpose: how many days of each episode passed before the approval, after it, and waiting for a reboot?
-- inputs:  lag/patch_row, lag/approval
-- grain:   one row per account_id, region, node_id, patch_ref, episode_number of an episode
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id       varchar    AWS account of the node
--   region           varchar    Region of the node
--   node_id          varchar    EC2 instance id or hybrid managed node id
--   patch_ref        varchar    KB number, else the title of the package
--   episode_number   bigint     1 for the first time; one more whenever it was installed and is open again
--   environment      varchar    tag Environment, unknown when untagged
--   severity         varchar    vendor severity
--   is_event         boolean    effective at the end; false: still open when last seen
--   approved_at      timestamp  approval by the baseline in force, past or due [UTC], null when not known
--   approval_source  varchar    as lag/approval says; baseline unknown when the scan does not tell which
--   total_days       double     from release, or from coming into our care if later, to the end [d]
--   design_days      double     before the approval, all when never approved [d], null when it is not known
--   execution_days   double     from the approval to the installation [d], null when the approval is not known
--   reboot_days      double     installed, waiting for a reboot [d]
with span as (
    select
        p.account_id, p.region, p.node_id, p.patch_ref, p.episode_number, p.environment, p.severity, p.is_event,
        a.approved_at, p.ended_at,
        coalesce(
            a.approval_source, case when p.baseline_id is null then 'baseline unknown' else 'baseline not read' end
        ) as approval_source,
        greatest(p.released_at, coalesce(p.watched_from_at, p.released_at)) as started_at,
        case when p.patch_state = 'InstalledPendingReboot'
            then coalesce(p.installed_at, p.ended_at) else p.ended_at end as installed_at
    from lag_patch_row as p
    left join lag_approval as a
        on a.account_id = p.account_id and a.region = p.region and a.baseline_id = p.baseline_id
        and a.operating_system = p.operating_system and a.patch_ref = p.patch_ref
    where p.timing = 'episode'
),
cut as (
    -- both cuts are held inside the span, so the three parts add up to the whole
    select
        account_id, region, node_id, patch_ref, episode_number, environment, severity, is_event, approved_at, approval_source,
        started_at, ended_at, least(greatest(installed_at, started_at), ended_at) as installed_cut,
        case
            when approved_at is not null then least(
                greatest(approved_at, started_at), least(greatest(installed_at, started_at), ended_at)
            )
            when approval_source = 'never approved' then least(greatest(installed_at, started_at), ended_at)
        end as approved_cut
    from span
)
select
    account_id, region, node_id, patch_ref, episode_number, environment, severity, is_event, approved_at, approval_source,
    date_diff('second', started_at, ended_at) / 86400.0 as total_days,
    date_diff('second', started_at, approved_cut) / 86400.0 as design_days,
    date_diff('second', approved_cut, installed_cut) / 86400.0 as execution_days,
    date_diff('second', installed_cut, ended_at) / 86400.0 as reboot_days
from cut
order by account_id, region, node_id, patch_ref, episode_number
