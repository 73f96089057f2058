-- purpose: which candidate action would end which item, and why?
-- inputs:  risk/item, risk/item_fix
-- grain:   one row per action_id, account_id, region, asset_kind, asset_id, cve_id; items that are suppressed left out
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   action_id    varchar  kind, account, Region, kind and id of the scope, a bar between
--   action_kind  varchar  patch set, package, AMI, base image, layer or baseline rule
--   account_id   varchar  AWS account
--   region       varchar  Region
--   scope_kind   varchar  environment, patch group, service, package, repository or baseline
--   scope_id     varchar  names the scope among its kind; of a service kind and id
--   scope_name   varchar  name to show
--   asset_kind   varchar  node, image or function
--   asset_id     varchar  as risk/item names it
--   cve_id       varchar  vulnerability
--   why          varchar  why the action ends the item
with reason as (
    select
        f.account_id, f.region, f.asset_kind, f.asset_id, f.cve_id, f.packages, f.package_count, f.part_count,
        f.is_installable, f.withheld_count, f.baseline_count, f.baseline_id, f.unreached_count, f.is_os_only,
        f.patch_group, f.environment, f.service_kind, f.service_kind || ' ' || f.service_id as service, f.service_name,
        case
            when f.is_reboot_only then 'installed, and needs a reboot only'
            when f.withheld_count > 0 and f.withheld_until is null then 'no rule of the baseline approves its patch'
            when f.withheld_count > 0 then 'a rule withholds its patch until ' || cast(f.withheld_until as date)
            when f.is_installable and f.is_failed then 'its patch is approved, and the last install failed'
            when f.is_installable then 'its patch is approved and not installed'
            when f.unreached_count > 0 then 'its patch is known, and the node takes no command'
            else 'the version that mends it is known, and no patch is listed' end as why
    from risk_item_fix as f
    inner join risk_item as i
        on i.account_id = f.account_id and i.region = f.region and i.asset_kind = f.asset_kind
        and i.asset_id = f.asset_id and i.cve_id = f.cve_id and not i.is_suppressed
    where f.is_fixable
),
wide as (
    -- one install on all nodes of a scope: three ways to cut the estate
    select r.account_id, r.region, r.asset_kind, r.asset_id, r.cve_id, r.why, k.scope_kind,
        case k.scope_kind when 'environment' then r.environment when 'patch group' then r.patch_group
            else r.service end as scope_id,
        case k.scope_kind when 'environment' then r.environment when 'patch group' then r.patch_group
            else r.service_name end as scope_name
    from reason as r
    cross join (values ('environment'), ('patch group'), ('service')) as k (scope_kind)
    where r.is_installable
),
scoped as (
    select 'patch set' as action_kind, account_id, region, asset_kind, asset_id, cve_id, why, scope_kind, scope_id,
        scope_name
    from wide
    where scope_id is not null
    union all
    -- of two packages that have one vulnerability either alone ends nothing
    select 'package', account_id, region, asset_kind, asset_id, cve_id, why, 'package', packages, packages
    from reason
    where asset_kind = 'node' and package_count = 1 and withheld_count = 0 and unreached_count = 0
    union all
    -- a new image brings all that is approved, and replaces also what takes no command or waits for a reboot
    select 'AMI', account_id, region, asset_kind, asset_id, cve_id, why, 'service', service, service_name from reason
    where service_kind = 'auto scaling group' and withheld_count = 0 and is_os_only
    union all
    select 'base image', account_id, region, asset_kind, asset_id, cve_id, 'it was built without what mends it',
        'repository', split_part(asset_id, '@', 1), split_part(asset_id, '@', 1)
    from reason
    where asset_kind = 'image'
    union all
    select 'layer', account_id, region, asset_kind, asset_id, cve_id, 'what it brings is older than what mends it',
        'package', packages, packages from reason
    where asset_kind = 'function'
    union all
    select 'baseline rule', account_id, region, asset_kind, asset_id, cve_id, why, 'baseline', baseline_id, baseline_id
    from reason
    where withheld_count = part_count and baseline_count = 1
)
select
    action_kind || '|' || account_id || '|' || region || '|' || scope_kind || '|' || scope_id as action_id, action_kind,
    account_id, region, scope_kind, scope_id, scope_name, asset_kind, asset_id, cve_id, why
from scoped
order by action_id, account_id, region, asset_kind, asset_id, cve_id
