-- purpose: rules of security groups, one row per source or destination
-- inputs:  raw.ec2_security_group
-- grain:   one row per account_id, region, security_group_id, direction, protocol, from_port, to_port, peer
-- key:     account_id, region, security_group_id, direction, protocol, from_port, to_port, peer
-- columns:
--   account_id         varchar  AWS account
--   region             varchar  Region
--   security_group_id  varchar  security group
--   direction          varchar  inbound or outbound
--   protocol           varchar  tcp, udp, icmp, icmpv6, a protocol number, or all
--   from_port          bigint   first port, or ICMP type; 0 when the rule covers all
--   to_port            bigint   last port, or ICMP code; 65535 when the rule covers all
--   peer               varchar  address block, prefix list or security group that may come, or be gone to
--   peer_kind          varchar  ipv4, ipv6, prefix list or security group
--   is_anywhere        boolean  the peer is every address of the internet
--   observation_id     integer  observation of the listing
with rule as (
    select account_id, region, group_id, observation_id, 'inbound' as direction,
        unnest(from_json(ip_permissions, '["JSON"]')) as permission
    from raw.ec2_security_group
    union all
    select account_id, region, group_id, observation_id, 'outbound' as direction,
        unnest(from_json(ip_permissions_egress, '["JSON"]')) as permission
    from raw.ec2_security_group
),
listed as (
    select account_id, region, group_id, direction, permission, observation_id, 'ipv4' as peer_kind,
        unnest(from_json(json_extract(permission, '$.IpRanges[*].CidrIp'), '["VARCHAR"]')) as peer
    from rule
    union all
    select account_id, region, group_id, direction, permission, observation_id, 'ipv6',
        unnest(from_json(json_extract(permission, '$.Ipv6Ranges[*].CidrIpv6'), '["VARCHAR"]'))
    from rule
    union all
    select account_id, region, group_id, direction, permission, observation_id, 'prefix list',
        unnest(from_json(json_extract(permission, '$.PrefixListIds[*].PrefixListId'), '["VARCHAR"]'))
    from rule
    union all
    select account_id, region, group_id, direction, permission, observation_id, 'security group',
        unnest(from_json(json_extract(permission, '$.UserIdGroupPairs[*].GroupId'), '["VARCHAR"]'))
    from rule
),
spoken as (
    select
        account_id, region, group_id as security_group_id, direction, observation_id,
        case json_extract_string(permission, '$.IpProtocol') when '-1' then 'all'
            else json_extract_string(permission, '$.IpProtocol') end as protocol,
        coalesce(cast(json_extract_string(permission, '$.FromPort') as bigint), 0) as from_port,
        coalesce(cast(json_extract_string(permission, '$.ToPort') as bigint), 65535) as to_port, peer, peer_kind
    from listed
)
-- the same peer may stand twice in a rule, with different descriptions
select distinct
    account_id, region, security_group_id, direction, protocol, from_port, to_port, peer, peer_kind,
    peer in ('0.0.0.0/0', '::/0') as is_anywhere, observation_id
from spoken
