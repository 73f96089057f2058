-- purpose: subnets with their free addresses, and whether the internet reaches them
-- inputs:  raw.ec2_subnet, core.route_table_now
-- grain:   one row per account_id, region, subnet_id
-- key:     account_id, region, subnet_id
-- columns:
--   account_id               varchar  AWS account
--   region                   varchar  Region
--   subnet_id                varchar  subnet
--   vpc_id                   varchar  VPC
--   availability_zone        varchar  Availability Zone
--   cidr_block               varchar  IPv4 block, null for an IPv6 only subnet
--   usable_address_count     bigint   IPv4 addresses of the block without the five that AWS keeps, null without a block
--   available_address_count  bigint   of them free, null when not told
--   free_share               double   free / usable addresses, null when one of them is unknown
--   is_public                boolean  its route table leads from and to the internet, null when none was read
--   gives_public_address     boolean  what is launched in it gets a public address
--   observation_id           integer  observation of the listing
with named as (
    select account_id, region, vpc_id, is_public,
        unnest(from_json(subnet_ids, '["VARCHAR"]')) as subnet_id
    from core.route_table_now
),
main as (
    -- a subnet that names no table follows the VPC's main one
    select account_id, region, vpc_id, is_public from core.route_table_now where is_main
),
counted as (
    select
        account_id, region, subnet_id, vpc_id, availability_zone, cidr_block, available_ip_address_count,
        map_public_ip_on_launch, observation_id,
        cast(power(2, 32 - cast(split_part(cidr_block, '/', 2) as integer)) as bigint) - 5 as usable
    from raw.ec2_subnet
)
select
    s.account_id, s.region, s.subnet_id, s.vpc_id, s.availability_zone, s.cidr_block, s.usable as usable_address_count,
    s.available_ip_address_count as available_address_count,
    s.available_ip_address_count / cast(s.usable as double) as free_share,
    coalesce(n.is_public, m.is_public) as is_public, s.map_public_ip_on_launch as gives_public_address,
    s.observation_id
from counted as s
left join named as n on n.account_id = s.account_id and n.region = s.region and n.subnet_id = s.subnet_id
left join main as m on m.account_id = s.account_id and m.region = s.region and m.vpc_id = s.vpc_id
