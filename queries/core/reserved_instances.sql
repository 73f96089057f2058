-- purpose: Reserved Instances: what is paid in advance, and until when
-- inputs:  raw.ec2_reserved_instances
-- grain:   one row per account_id, region, reserved_instances_id
-- key:     account_id, region, reserved_instances_id
-- columns:
--   account_id             varchar    AWS account that bought them
--   region                 varchar    Region
--   reserved_instances_id  varchar    purchase
--   instance_type          varchar    instance type
--   platform_details       varchar    platform they are for, as EC2 bills it
--   availability_zone      varchar    Availability Zone, null when they serve the whole Region
--   tenancy                varchar    default, dedicated or host
--   offering_class         varchar    standard or convertible
--   offering_type          varchar    No Upfront, Partial Upfront, All Upfront, ...
--   reserved_state         varchar    active, retired, queued, payment-pending, ...
--   instance_count         bigint     instances
--   fixed_usd              double     paid in advance, per instance [USD], null when billed in another currency
--   usage_usd_per_hour     double     usage price of one instance hour [USD], null when billed in another currency
--   starts_at              timestamp  begin [UTC]
--   ends_at                timestamp  end [UTC]
--   observation_id         integer    observation of the listing
select
    account_id, region, reserved_instances_id, instance_type, product_description as platform_details,
    nullif(availability_zone, '') as availability_zone, instance_tenancy as tenancy, offering_class, offering_type,
    state as reserved_state, instance_count, case when currency_code = 'USD' then fixed_price end as fixed_usd,
    case when currency_code = 'USD' then usage_price end as usage_usd_per_hour, start as starts_at, "end" as ends_at,
    observation_id
from raw.ec2_reserved_instances
