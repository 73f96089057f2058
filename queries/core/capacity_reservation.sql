-- purpose: Capacity Reservations, and what of each is free
-- inputs:  raw.ec2_capacity_reservation
-- grain:   one row per account_id, region, capacity_reservation_id
-- key:     account_id, region, capacity_reservation_id
-- columns:
--   account_id               varchar    AWS account that may use it
--   region                   varchar    Region
--   capacity_reservation_id  varchar    reservation
--   reservation_owner_id     varchar    AWS account that owns it
--   instance_type            varchar    instance type
--   platform_details         varchar    platform it is for, as EC2 bills it
--   availability_zone        varchar    Availability Zone
--   tenancy                  varchar    default or dedicated
--   reservation_state        varchar    active, expired, cancelled, pending, failed, ...
--   total_count              bigint     instances reserved
--   available_count          bigint     of them free
--   match_criteria           varchar    open to every instance that fits, or targeted
--   starts_at                timestamp  begin [UTC], null when at once
--   ends_at                  timestamp  end [UTC], null when without end
--   observation_id           integer    observation of the listing
select
    account_id, region, capacity_reservation_id, owner_id as reservation_owner_id, instance_type,
    instance_platform as platform_details, availability_zone, tenancy, state as reservation_state,
    total_instance_count as total_count, available_instance_count as available_count,
    instance_match_criteria as match_criteria, start_date as starts_at, end_date as ends_at, observation_id
from raw.ec2_capacity_reservation
