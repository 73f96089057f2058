-- purpose: on-demand rates of the instance types in use, by Region and usage operation
-- inputs:  raw.pricing_product
-- grain:   one row per region, instance_type, operation
-- key:     region, instance_type, operation
-- columns:
--   region            varchar    Region it is paid in
--   instance_type     varchar    instance type
--   operation         varchar    EC2 usage operation (RunInstances:0002), which tells operating system and licence
--   operating_system  varchar    operating system as the price list spells it: Linux, RHEL, Windows, SUSE, ...
--   license_model     varchar    No License required: it is in the rate; or Bring your own license
--   usd_per_hour      double     on shared hardware, nothing preinstalled [USD/h], null in another currency
--   effective_at      timestamp  from when on it holds [UTC], null when not told
--   vcpu_count        bigint     vCPUs of the type [vCPU], null when not told
--   observation_id    integer    observation of the price list
with product as (
    select
        json_extract_string(value, '$.product.attributes.regionCode') as region,
        json_extract_string(value, '$.product.attributes.instanceType') as instance_type,
        json_extract_string(value, '$.product.attributes.operation') as operation,
        json_extract_string(value, '$.product.attributes.operatingSystem') as operating_system,
        json_extract_string(value, '$.product.attributes.licenseModel') as license_model,
        try_cast(json_extract_string(value, '$.product.attributes.vcpu') as bigint) as vcpu_count,
        unnest(json_extract(value, '$.terms.OnDemand.*')) as term, observation_id
    from raw.pricing_product
),
rate as (
    select
        region, instance_type, operation, operating_system, license_model, vcpu_count, observation_id,
        try_cast(json_extract_string(term, '$.effectiveDate') as timestamp) as effective_at,
        unnest(json_extract(term, '$.priceDimensions.*')) as dimension
    from product
    where region is not null and instance_type is not null and operation is not null
),
ranked as (
    select
        region, instance_type, operation, operating_system, license_model, vcpu_count, observation_id, effective_at,
        try_cast(json_extract_string(dimension, '$.pricePerUnit.USD') as double) as usd_per_hour,
        row_number() over (
            partition by region, instance_type, operation
            order by observation_id desc, effective_at desc nulls last, json_extract_string(dimension, '$.rateCode')
        ) as choice
    from rate
    where json_extract_string(dimension, '$.unit') = 'Hrs'
)
select
    region, instance_type, operation, operating_system, license_model, usd_per_hour, effective_at, vcpu_count,
    observation_id
from ranked
where choice = 1
