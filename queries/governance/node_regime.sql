-- purpose: which nodes have no patch group, no installer or several regimes, and whose scan stands in the end?
-- inputs:  core.baseline, core.node, core.patch_group, compliance/scan_origin, governance/regime
-- grain:   one row per account_id, region, node_id of a managed node
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id       varchar  AWS account
--   region           varchar  Region
--   node_id          varchar  managed node
--   name             varchar  tag Name, null when untagged
--   environment      varchar  tag Environment, unknown when untagged
--   owner            varchar  tag Owner, null when untagged
--   patch_group      varchar  patch group, null when none
--   baseline_choice  varchar  patch group, default: no patch group, or default: group has none for this system
--   finding          varchar  first that fits of six, from baselines differ to one regime
--   regime_count     bigint   regimes that scan or install on it [regimes]
--   installer_count  bigint   of these that install [regimes]
--   baseline_count   bigint   known baselines by which they go [baselines]
--   unknown_count    bigint   regimes that overwrite whose baseline is not known [regimes]
--   regimes          varchar  each with operation and baseline, a semicolon between; null when none
--   scanned_by       varchar  who made the last scan, which stands; null without a scan
--   baseline_name    varchar  baseline of that scan, null without a scan or when not known
with reach as (
    select
        r.account_id, r.region, r.node_id, count(distinct r.regime_id) as regime_count,
        count(distinct case when r.operation = 'Install' then r.regime_id end) as installer_count,
        count(distinct r.baseline_id) as baseline_count,
        count(distinct case when r.baseline_id is null and r.regime_kind <> 'patch association' then r.regime_id end)
            as unknown_count,
        string_agg(
            r.regime_kind || ' ' || r.regime_name || ': ' || r.operation || ' by '
            || coalesce(b.baseline_name, r.baseline_id, 'an unknown baseline'), '; '
            order by r.regime_kind, r.regime_name, r.operation
        ) as regimes
    from governance_regime as r
    left join core.baseline as b
        on b.account_id = r.account_id and b.region = r.region and b.baseline_id = r.baseline_id
        and b.valid_from <= $as_of and b.valid_to > $as_of
    group by r.account_id, r.region, r.node_id
),
found as (
    select
        n.account_id, n.region, n.node_id, n.name, coalesce(n.environment, 'unknown') as environment, n.owner,
        n.patch_group, coalesce(r.regime_count, 0) as regime_count, coalesce(r.installer_count, 0) as installer_count,
        coalesce(r.baseline_count, 0) as baseline_count, coalesce(r.unknown_count, 0) as unknown_count, r.regimes,
        case
            when n.patch_group is null then 'default: no patch group' when g.baseline_id is not null then 'patch group'
            else 'default: group has none for this system'
        end as baseline_choice
    from core.node as n
    left join reach as r on r.account_id = n.account_id and r.region = n.region and r.node_id = n.node_id
    left join core.patch_group as g
        on g.account_id = n.account_id and g.region = n.region and g.patch_group = n.patch_group
        and g.operating_system = n.operating_system and g.valid_from <= $as_of and g.valid_to > $as_of
    where n.valid_from <= $as_of and n.valid_to > $as_of and n.is_managed and coalesce(n.is_supported_os, true)
)
select
    f.account_id, f.region, f.node_id, f.name, f.environment, f.owner, f.patch_group, f.baseline_choice,
    case
        when f.baseline_count > 1 then 'baselines differ'
        when f.regime_count > 1 and f.unknown_count > 0 then 'baseline not known'
        when f.installer_count > 1 then 'several install'
        when f.installer_count = 0 then 'nothing installs'
        when f.baseline_choice <> 'patch group' then 'default baseline' else 'one regime'
    end as finding,
    f.regime_count, f.installer_count, f.baseline_count, f.unknown_count, f.regimes,
    case when o.node_id is not null then o.origin_kind || coalesce(' ' || o.origin_name, '') end as scanned_by,
    b.baseline_name
from found as f
left join compliance_scan_origin as o
    on o.account_id = f.account_id and o.region = f.region and o.node_id = f.node_id
left join core.baseline as b
    on b.account_id = o.account_id and b.region = o.region and b.baseline_id = o.baseline_id
    and b.valid_from <= $as_of and b.valid_to > $as_of
order by f.account_id, f.region, f.node_id
