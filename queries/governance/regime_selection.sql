-- purpose: which keys and values select the nodes of each regime: windows that run again, and associations that patch
-- inputs:  core.association, core.association_selection, core.baseline_override, core.maintenance_window,
--          core.window_selection, core.window_task
-- grain:   one row per account_id, region, regime_kind, regime_id, operation, selector, selector_key, selector_value
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id         varchar  AWS account
--   region             varchar  Region
--   regime_kind        varchar  maintenance window, patch policy, association, or patch association (it reports apart)
--   regime_id          varchar  window or association
--   regime_name        varchar  its name, the id when it has none
--   operation          varchar  Scan or Install
--   baseline_override  varchar  object that replaces the patch baselines, null when none
--   selector           varchar  keys of one selector must all match
--   selector_key       varchar  InstanceIds, tag:NAME, tag-key, or a resource group
--   selector_value     varchar  one of the values of the key, of which any may match
with told as (
    select
        s.account_id, s.region, 'maintenance window' as regime_kind, s.window_id as regime_id,
        coalesce(w.window_name, s.window_id) as regime_name, t.operation, cast(null as varchar) as baseline_override,
        s.window_task_id || '/' || s.selector as selector, s.selector_key, s.selector_value
    from core.window_selection as s
    inner join core.window_task as t
        on t.account_id = s.account_id and t.region = s.region and t.window_id = s.window_id
        and t.window_task_id = s.window_task_id and t.operation in ('Scan', 'Install')
        and t.valid_from <= $as_of and t.valid_to > $as_of
    inner join core.maintenance_window as w
        on w.account_id = s.account_id and w.region = s.region and w.window_id = s.window_id and w.is_enabled
        and w.next_execution_at is not null and w.valid_from <= $as_of and w.valid_to > $as_of
    where s.valid_from <= $as_of and s.valid_to > $as_of
    union all
    select
        s.account_id, s.region,
        case
            when o.is_patch_policy then 'patch policy'
            -- records what it finds as the association's compliance, without patches, and overwrites no other scan
            -- (user guide, "AWS-RunPatchBaselineAssociation", read 2026-11-25)
            when a.document_name like '%AWS-RunPatchBaselineAssociation' then 'patch association' else 'association'
        end as regime_kind,
        s.association_id as regime_id, coalesce(a.association_name, s.association_id) as regime_name, a.operation,
        a.baseline_override, 'association' as selector, s.selector_key, s.selector_value
    from core.association_selection as s
    inner join core.association as a
        on a.account_id = s.account_id and a.region = s.region and a.association_id = s.association_id
        and a.operation in ('Scan', 'Install') and a.valid_from <= $as_of and a.valid_to > $as_of
    left join core.baseline_override as o
        on o.account_id = a.account_id and o.region = a.region and o.override_url = a.baseline_override
        and o.valid_from <= $as_of and o.valid_to > $as_of
    where s.valid_from <= $as_of and s.valid_to > $as_of
)
select
    account_id, region, regime_kind, regime_id, regime_name, operation, baseline_override, selector, selector_key,
    selector_value
from told
order by account_id, region, regime_kind, regime_id, operation, selector, selector_key, selector_value
