-- purpose: on which ports do public load balancers let the internet in?
-- inputs:  core.listener, core.load_balancer, core.security_group_rule
-- grain:   one row per account_id, region, load_balancer_arn, protocol, port
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id          varchar  AWS account
--   region              varchar  Region
--   load_balancer_arn   varchar  load balancer
--   load_balancer_name  varchar  name
--   security_groups     varchar  security groups it carries, as JSON; null when none
--   protocol            varchar  HTTP, HTTPS, TCP, TLS, UDP ...
--   transport           varchar  tcp or udp, which that is carried by; a TCP_UDP listener has a row of each
--   port                bigint   port
with listener as (
    select account_id, region, load_balancer_arn, port, protocol, 'tcp' as transport
    from core.listener
    where valid_from <= $as_of and valid_to > $as_of and port is not null and protocol not in ('UDP', 'QUIC')
    union
    select account_id, region, load_balancer_arn, port, protocol, 'udp'
    from core.listener
    where valid_from <= $as_of and valid_to > $as_of and port is not null
        and protocol in ('UDP', 'TCP_UDP', 'QUIC', 'TCP_QUIC')
)
select
    b.account_id, b.region, b.load_balancer_arn, b.load_balancer_name,
    nullif(b.security_groups, '[]') as security_groups, l.protocol, l.transport, l.port
from core.load_balancer as b
inner join listener as l
    on l.account_id = b.account_id and l.region = b.region and l.load_balancer_arn = b.load_balancer_arn
where b.valid_from <= $as_of and b.valid_to > $as_of and b.is_public
    -- one without security groups (a network load balancer may have none) lets everybody in
    and (nullif(b.security_groups, '[]') is null or exists (
        select 1
        from core.security_group_rule as i
        where i.account_id = b.account_id and i.region = b.region and i.valid_from <= $as_of and i.valid_to > $as_of
            and i.direction = 'inbound' and i.is_anywhere and i.protocol in (l.transport, 'all')
            and position('"' || i.security_group_id || '"' in b.security_groups) > 0
            and i.from_port <= l.port and i.to_port >= l.port
    ))
order by b.account_id, b.region, b.load_balancer_arn, l.protocol, l.transport, l.port
