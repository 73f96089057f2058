-- purpose: what would end each item, all its parts together, and what stands in the way?
-- inputs:  core.node, core.node_service, risk/fix
-- grain:   one row per account_id, region, asset_kind, asset_id, cve_id
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id      varchar    AWS account
--   region          varchar    Region
--   asset_kind      varchar    node, image or function
--   asset_id        varchar    as risk/finding names it
--   cve_id          varchar    vulnerability
--   packages        varchar    packages or KB numbers to bring up to date, a semicolon between
--   package_count   bigint     their number [packages]
--   part_count      bigint     its parts: what has to be done [parts]
--   is_fixable      boolean    a fix is named for every part
--   is_installable  boolean    an install or a reboot that nothing withholds ends every part
--   is_reboot_only  boolean    a reboot ends every part
--   is_failed       boolean    the last install of a part failed
--   withheld_count  bigint     parts that no rule has approved yet [parts]
--   withheld_until  timestamp  a rule approves the last of them then [UTC], null when none, or when no rule ever does
--   baseline_count  bigint     baselines that withhold them [baselines]
--   baseline_id     varchar    the first of these, null when none is withheld
--   by_hand_count   bigint     parts for which no patch is listed [parts]
--   unreached_count bigint     parts on a node that takes no command [parts]
--   untold_count    bigint     parts of which nobody tells whether there is a fix, or which [parts]
--   is_os_only      boolean    every part is a package of the operating system
--   patch_group     varchar    tag Patch Group of the node, null when none
--   environment     varchar    tag Environment of the node, null when untagged
--   service_kind    varchar    as core.node_service says, null when none
--   service_id      varchar    names the service among its kind in the account and Region, null when none
--   service_name    varchar    name to show, null when none
with whole as (
    select
        account_id, region, asset_kind, asset_id, cve_id,
        string_agg(distinct package, '; ' order by package) as packages, count(distinct package) as package_count,
        count(1) as part_count,
        bool_and(readiness not in ('none', 'not told')) as is_fixable,
        bool_and(readiness in ('install', 'install again', 'reboot')) as is_installable,
        bool_and(readiness = 'reboot') as is_reboot_only, bool_or(readiness = 'install again') as is_failed,
        count(1) filter (where readiness = 'withheld') as withheld_count,
        count(withheld_until) as dated_count, max(withheld_until) as withheld_until,
        count(distinct case when readiness = 'withheld' then baseline_id end) as baseline_count,
        min(case when readiness = 'withheld' then baseline_id end) as baseline_id,
        count(1) filter (where readiness = 'by hand') as by_hand_count,
        count(1) filter (where readiness = 'out of reach') as unreached_count,
        count(1) filter (where readiness = 'not told') as untold_count,
        bool_and(coalesce(is_os_package, false)) as is_os_only
    from risk_fix
    group by account_id, region, asset_kind, asset_id, cve_id
)
select
    w.account_id, w.region, w.asset_kind, w.asset_id, w.cve_id, w.packages, w.package_count, w.part_count,
    w.is_fixable, w.is_installable, w.is_reboot_only, w.is_failed, w.withheld_count,
    case when w.dated_count = w.withheld_count then w.withheld_until end as withheld_until, w.baseline_count,
    w.baseline_id, w.by_hand_count, w.unreached_count, w.untold_count, w.is_os_only, n.patch_group, n.environment,
    v.service_kind, v.service_id, v.service_name
from whole as w
left join core.node as n
    on w.asset_kind = 'node' and n.account_id = w.account_id and n.region = w.region and n.node_id = w.asset_id
    and n.valid_from <= $as_of and n.valid_to > $as_of
left join core.node_service as v
    on w.asset_kind = 'node' and v.account_id = w.account_id and v.region = w.region and v.node_id = w.asset_id
    and v.valid_from <= $as_of and v.valid_to > $as_of
order by w.account_id, w.region, w.asset_kind, w.asset_id, w.cve_id
