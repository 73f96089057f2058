-- purpose: routes of route tables
-- inputs:  raw.ec2_route_table
-- grain:   one row per account_id, region, route_table_id, destination
-- key:     account_id, region, route_table_id, destination
-- columns:
--   account_id      varchar  AWS account
--   region          varchar  Region
--   route_table_id  varchar  route table
--   destination     varchar  address block or prefix list
--   via             varchar  gateway, interface or connection it leads to; local for the VPC itself, null when none
--   route_state     varchar  active, or blackhole when what it leads to is gone
--   is_propagated   boolean  a virtual private gateway announced it
--   observation_id  integer  observation of the listing
with each_route as (
    select account_id, region, route_table_id, observation_id, unnest(from_json(routes, '["JSON"]')) as route
    from raw.ec2_route_table
)
select
    account_id, region, route_table_id,
    coalesce(json_extract_string(route, '$.DestinationCidrBlock'),
        json_extract_string(route, '$.DestinationIpv6CidrBlock'),
        json_extract_string(route, '$.DestinationPrefixListId')) as destination,
    coalesce(json_extract_string(route, '$.GatewayId'), json_extract_string(route, '$.NatGatewayId'),
        json_extract_string(route, '$.TransitGatewayId'), json_extract_string(route, '$.VpcPeeringConnectionId'),
        json_extract_string(route, '$.EgressOnlyInternetGatewayId'), json_extract_string(route, '$.LocalGatewayId'),
        json_extract_string(route, '$.CarrierGatewayId'), json_extract_string(route, '$.CoreNetworkArn'),
        json_extract_string(route, '$.OdbNetworkArn'), json_extract_string(route, '$.NetworkInterfaceId'),
        json_extract_string(route, '$.InstanceId')) as via,
    json_extract_string(route, '$.State') as route_state,
    coalesce(json_extract_string(route, '$.Origin') = 'EnableVgwRoutePropagation', false) as is_propagated,
    observation_id
from each_route
