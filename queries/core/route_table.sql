-- purpose: route tables, and whether what stands behind them is open to the internet
-- inputs:  raw.ec2_route_table
-- grain:   one row per account_id, region, route_table_id
-- key:     account_id, region, route_table_id
-- columns:
--   account_id        varchar  AWS account
--   region            varchar  Region
--   route_table_id    varchar  route table
--   vpc_id            varchar  VPC
--   is_main           boolean  it serves every subnet of the VPC that names no other
--   is_public         boolean  it has an active route from and to the internet: an internet gateway
--   has_lost_route    boolean  a route leads to something that is gone (blackhole)
--   subnet_ids        varchar  subnets that name it, as JSON
--   observation_id    integer  observation of the listing
select
    account_id, region, route_table_id, vpc_id,
    coalesce(cast(json_extract(associations, '$[*].Main') as varchar) like '%true%', false) as is_main,
    exists (
        select 1 from (select unnest(from_json(routes, '["JSON"]')) as route) as each_route
        where json_extract_string(route, '$.GatewayId') like 'igw-%'
            and json_extract_string(route, '$.State') = 'active'
    ) as is_public,
    coalesce(cast(json_extract(routes, '$[*].State') as varchar) like '%blackhole%', false) as has_lost_route,
    cast(json_extract(associations, '$[*].SubnetId') as varchar) as subnet_ids, observation_id
from raw.ec2_route_table
