-- purpose: by which ways can the internet reach each instance: directly, or through a public load balancer?
-- inputs:  core.instance, core.instance_security_group, core.security_group_rule, core.subnet, core.target_group,
--          core.target_health, risk/public_listener
-- grain:   one row per account_id, region, node_id, way, via, protocol, from_port, to_port
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id  varchar  AWS account
--   region      varchar  Region
--   node_id     varchar  EC2 instance id
--   way         varchar  public address or load balancer
--   via         varchar  security group that lets the internet in, or name of the load balancer
--   protocol    varchar  protocol that is let in, of a load balancer that of its listener; all when all are
--   from_port   bigint   first port that the internet reaches; 0 when all are
--   to_port     bigint   last port
--   path        varchar  the way in words, from the internet to the instance
with carried as (
    select
        n.account_id, n.region, n.instance_id as node_id, n.has_public_address, n.subnet_id, g.security_group_id,
        i.protocol, i.from_port, i.to_port, i.peer, i.peer_kind, i.is_anywhere
    from core.instance as n
    inner join core.instance_security_group as g
        on g.account_id = n.account_id and g.region = n.region and g.instance_id = n.instance_id
        and g.valid_from <= $as_of and g.valid_to > $as_of
    inner join core.security_group_rule as i
        on i.account_id = g.account_id and i.region = g.region and i.security_group_id = g.security_group_id
        and i.direction = 'inbound' and i.protocol not in ('icmp', 'icmpv6')
        and i.valid_from <= $as_of and i.valid_to > $as_of
    where n.valid_from <= $as_of and n.valid_to > $as_of and n.instance_state = 'running'
),
direct as (
    select distinct
        c.account_id, c.region, c.node_id, 'public address' as way, c.security_group_id as via, c.protocol, c.from_port,
        c.to_port, 'internet > ' || s.subnet_id || ' > ' || c.security_group_id || ' > ' || c.node_id as path
    from carried as c
    inner join core.subnet as s
        on s.account_id = c.account_id and s.region = c.region and s.subnet_id = c.subnet_id and s.is_public
        and s.valid_from <= $as_of and s.valid_to > $as_of
    where c.has_public_address and c.is_anywhere
),
balanced as (
    -- a rule for an address block counts: the load balancer's own addresses are not read, and lie in the VPC
    select
        h.account_id, h.region, h.target_id as node_id, 'load balancer' as way, o.load_balancer_name as via,
        o.protocol, o.port as from_port, o.port as to_port,
        'internet > ' || o.load_balancer_name || ':' || o.port || ' > ' || min(g.target_group_name) || ' > '
            || h.target_id as path
    from risk_public_listener as o
    inner join core.target_group as g
        on g.account_id = o.account_id and g.region = o.region and g.load_balancer_arn = o.load_balancer_arn
        and g.target_type = 'instance' and g.valid_from <= $as_of and g.valid_to > $as_of
    inner join core.target_health as h
        on h.account_id = g.account_id and h.region = g.region and h.target_group_arn = g.target_group_arn
        and h.valid_from <= $as_of and h.valid_to > $as_of
    inner join carried as c
        on c.account_id = h.account_id and c.region = h.region and c.node_id = h.target_id
        and c.protocol in (o.transport, 'all') and c.from_port <= h.port and c.to_port >= h.port
        and (c.peer_kind <> 'security group' or position('"' || c.peer || '"' in o.security_groups) > 0)
    group by h.account_id, h.region, h.target_id, o.load_balancer_name, o.protocol, o.port
)
select account_id, region, node_id, way, via, protocol, from_port, to_port, path from direct
union all
select account_id, region, node_id, way, via, protocol, from_port, to_port, path from balanced
order by account_id, region, node_id, way, via, protocol, from_port, to_port
