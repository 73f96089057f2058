-- purpose: Dedicated Hosts, and how much of each is used
-- inputs:  raw.ec2_dedicated_host
-- grain:   one row per account_id, region, host_id
-- key:     account_id, region, host_id
-- columns:
--   account_id            varchar    AWS account
--   region                varchar    Region
--   host_id               varchar    Dedicated Host
--   host_owner_id         varchar    AWS account that owns and pays it
--   availability_zone     varchar    Availability Zone
--   host_state            varchar    available, under-assessment, permanent-failure, released, ...
--   instance_family       varchar    instance family it hosts, null when one type only
--   total_vcpu_count      bigint     vCPUs of the host
--   available_vcpu_count  bigint     vCPUs still free, null when not told
--   instance_count        bigint     instances on it
--   places_automatically  boolean    takes any instance that fits, not only those that name it
--   host_reservation_id   varchar    reservation that pays it, null when On-Demand
--   allocated_at          timestamp  allocation [UTC]
--   observation_id        integer    observation of the listing
select
    account_id, region, host_id, owner_id as host_owner_id, availability_zone, state as host_state,
    json_extract_string(host_properties, '$.InstanceFamily') as instance_family,
    cast(json_extract_string(host_properties, '$.TotalVCpus') as bigint) as total_vcpu_count,
    cast(json_extract_string(available_capacity, '$.AvailableVCpus') as bigint) as available_vcpu_count,
    cast(coalesce(json_array_length(instances), 0) as bigint) as instance_count,
    auto_placement = 'on' as places_automatically,
    nullif(host_reservation_id, '') as host_reservation_id, allocation_time as allocated_at, observation_id
from raw.ec2_dedicated_host
