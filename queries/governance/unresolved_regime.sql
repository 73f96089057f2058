-- purpose: which windows and associations may patch nodes that we cannot name, so that a node may be in more regimes?
-- inputs:  core.association, core.maintenance_window, core.window_task, governance/regime_selection
-- grain:   one row per account_id, region, regime_kind, regime_id, gap
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id   varchar  AWS account
--   region       varchar  Region
--   regime_kind  varchar  maintenance window, patch policy or association
--   regime_id    varchar  window or association
--   regime_name  varchar  its name, the id when it has none
--   gap          varchar  what is not known of it
--   detail       varchar  the keys that cannot be resolved, or what the task runs
with keyed as (
    select
        account_id, region, regime_kind, regime_id, regime_name, 'targets that are not resolved' as gap,
        string_agg(distinct selector_key || ' ' || selector_value, '; ' order by selector_key || ' ' || selector_value)
            as detail
    from governance_regime_selection
    where selector_key not in ('InstanceIds', 'tag-key') and selector_key not like 'tag:%'
    group by account_id, region, regime_kind, regime_id, regime_name
),
tasked as (
    -- a runbook or function may patch; parameters of other documents never reach the store
    select
        w.account_id, w.region, 'maintenance window' as regime_kind, w.window_id as regime_id,
        coalesce(w.window_name, w.window_id) as regime_name,
        'a task whose content was not read' as gap,
        string_agg(distinct t.task_type || ' ' || t.task_arn, '; ' order by t.task_type || ' ' || t.task_arn) as detail
    from core.maintenance_window as w
    inner join core.window_task as t
        on t.account_id = w.account_id and t.region = w.region and t.window_id = w.window_id
        and t.valid_from <= $as_of and t.valid_to > $as_of and t.operation is null
        and (t.task_type <> 'RUN_COMMAND' or t.task_arn like '%AWS-RunPatchBaseline%')
    where w.valid_from <= $as_of and w.valid_to > $as_of and w.is_enabled and w.next_execution_at is not null
    group by w.account_id, w.region, w.window_id, coalesce(w.window_name, w.window_id)
),
unread as (
    select
        account_id, region, 'association' as regime_kind, association_id as regime_id,
        coalesce(association_name, association_id) as regime_name,
        'an association whose content was not read' as gap, document_name as detail
    from core.association
    where valid_from <= $as_of and valid_to > $as_of and operation is null
        and document_name like '%AWS-RunPatchBaseline%'
)
select account_id, region, regime_kind, regime_id, regime_name, gap, detail from keyed
union all
select account_id, region, regime_kind, regime_id, regime_name, gap, detail from tasked
union all
select account_id, region, regime_kind, regime_id, regime_name, gap, detail from unread
order by account_id, region, regime_kind, regime_id, gap
