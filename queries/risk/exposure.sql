-- purpose: which nodes can the internet reach, by which way, and of which is it not known?
-- inputs:  core.node, fleet/ledger, risk/exposure_path
-- grain:   one row per account_id, region, node_id
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id   varchar  AWS account
--   region       varchar  Region
--   node_id      varchar  EC2 instance id or hybrid managed node id
--   is_exposed   boolean  the internet reaches it; null when that is not known
--   exposure     varchar  public address, load balancer, no way found, not running, outside EC2 or not read
--   path_count   bigint   ways found, one per opening [ways]
--   path         varchar  one of them in words, a public address before a load balancer; null when none
--   unread       varchar  sources that were not answered in full, a comma between; null when all were
with way as (
    select
        account_id, region, node_id, way, path, count(1) over (partition by account_id, region, node_id) as path_count,
        row_number() over (partition by account_id, region, node_id order by way desc, from_port, via, protocol, path)
            as choice
    from risk_exposure_path
),
dark as (
    select account_id, region, string_agg(source, ', ' order by source) as unread
    from fleet_ledger
    where not is_readable and source in (
        'ec2_security_group', 'ec2_subnet', 'ec2_route_table', 'elbv2_load_balancer', 'elbv2_listener',
        'elbv2_target_group', 'elbv2_target_health'
    )
    group by account_id, region
),
asked as (
    select account_id, region, count(1) as source_count
    from fleet_ledger
    where source in ('ec2_security_group', 'ec2_subnet', 'ec2_route_table', 'elbv2_load_balancer')
    group by account_id, region
),
judged as (
    select
        n.account_id, n.region, n.node_id, coalesce(w.path_count, 0) as path_count, w.path, d.unread,
        case
            when w.way is not null then w.way
            when n.node_kind <> 'ec2' then 'outside EC2'
            when d.unread is not null or coalesce(a.source_count, 0) < 4 then 'not read'
            when n.instance_state <> 'running' then 'not running' else 'no way found'
        end as exposure
    from core.node as n
    left join way as w
        on w.account_id = n.account_id and w.region = n.region and w.node_id = n.node_id and w.choice = 1
    left join dark as d on d.account_id = n.account_id and d.region = n.region
    left join asked as a on a.account_id = n.account_id and a.region = n.region
    where n.valid_from <= $as_of and n.valid_to > $as_of
)
select
    account_id, region, node_id,
    case when path_count > 0 then true when exposure in ('no way found', 'not running') then false end as is_exposed,
    exposure, path_count, path, unread
from judged
order by account_id, region, node_id
