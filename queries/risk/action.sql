-- purpose: what could be done now that ends open vulnerabilities, on how many assets, and how many items each?
-- inputs:  core.baseline, risk/action_item
-- grain:   one row per action_id
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   action_id    varchar  kind, account, Region, kind and id of the scope, a bar between
--   action_kind  varchar  patch set, package, AMI, base image, layer or baseline rule
--   title        varchar  what to do, as an imperative sentence
--   account_id   varchar  AWS account
--   region       varchar  Region
--   scope_kind   varchar  environment, patch group, service, package, repository or baseline
--   scope_id     varchar  names the scope among its kind; of a service kind and id
--   asset_count  bigint   assets on which it ends something [assets]
--   item_count   bigint   items that it ends [items]
--   cve_count    bigint   vulnerabilities of these [vulnerabilities]
with counted as (
    select
        action_id, action_kind, account_id, region, scope_kind, scope_id, min(scope_name) as scope_name,
        count(distinct asset_kind || '|' || asset_id) as asset_count, count(1) as item_count,
        count(distinct cve_id) as cve_count
    from risk_action_item
    group by action_id, action_kind, account_id, region, scope_kind, scope_id
)
select
    c.action_id, c.action_kind, case
        when c.action_kind = 'patch set'
            then 'Install what is approved on ' || c.scope_kind || ' ' || c.scope_name || ', and reboot it'
        when c.action_kind = 'package' and c.scope_id like 'KB%'
            then 'Install ' || c.scope_id || ' wherever it is missing'
        when c.action_kind = 'package' then 'Update ' || c.scope_id || ' wherever it is behind'
        when c.action_kind = 'AMI' then 'Rebuild the image of ' || c.scope_name || ' and replace its members'
        when c.action_kind = 'base image'
            then 'Rebuild the image of repository ' || c.scope_id || ' and replace what runs'
        when c.action_kind = 'layer' then 'Update ' || c.scope_id || ' in the layers or the code that bring it'
        else 'Approve now what baseline ' || coalesce(b.baseline_name, c.scope_id) || ' withholds, and install that'
    end as title,
    c.account_id, c.region, c.scope_kind, c.scope_id, c.asset_count, c.item_count, c.cve_count
from counted as c
left join core.baseline as b
    on c.scope_kind = 'baseline' and b.account_id = c.account_id and b.region = c.region
    and b.baseline_id = c.scope_id and b.valid_from <= $as_of and b.valid_to > $as_of
order by c.action_id
