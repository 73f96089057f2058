-- purpose: which open patch on which node would each candidate action put in force, known to fix a CVE or not?
-- inputs:  risk/patch_readiness
-- grain:   one row per action_id, account_id, region, node_id, patch_ref
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   action_id   varchar  kind, account, Region, kind and id of the scope, as risk/action has it
--   account_id  varchar  AWS account
--   region      varchar  Region
--   node_id     varchar  EC2 instance id or hybrid managed node id
--   patch_ref   varchar  KB number, else the title of the package
with ready as (
    select
        account_id, region, node_id, patch_ref, package, baseline_id, environment, patch_group, service_kind,
        service_kind || ' ' || service_id as service, readiness,
        readiness in ('install', 'install again', 'reboot') as is_installable
    from risk_patch_readiness
),
scoped as (
    select account_id, region, node_id, patch_ref, 'patch set' as action_kind, 'environment' as scope_kind,
        environment as scope_id
    from ready
    where is_installable
    union all
    select account_id, region, node_id, patch_ref, 'patch set', 'patch group', patch_group from ready
    where is_installable
    union all
    select account_id, region, node_id, patch_ref, 'patch set', 'service', service from ready where is_installable
    union all
    select account_id, region, node_id, patch_ref, 'package', 'package', package from ready where is_installable
    union all
    select account_id, region, node_id, patch_ref, 'AMI', 'service', service from ready
    where service_kind = 'auto scaling group' and readiness <> 'withheld'
    union all
    select account_id, region, node_id, patch_ref, 'baseline rule', 'baseline', baseline_id from ready
    where readiness = 'withheld'
)
select
    action_kind || '|' || account_id || '|' || region || '|' || scope_kind || '|' || scope_id as action_id, account_id,
    region, node_id, patch_ref
from scoped
where scope_id is not null
order by action_id, account_id, region, node_id, patch_ref
