-- purpose: instance types in use: how large they are
-- inputs:  raw.ec2_instance_type
-- grain:   one row per instance_type
-- key:     instance_type
-- columns:
--   instance_type          varchar  instance type
--   vcpu_count             bigint   default vCPUs
--   core_count             bigint   default cores, null when not told
--   memory_mib             bigint   memory [MiB]
--   architectures          varchar  processor architectures, as JSON
--   is_current_generation  boolean  AWS calls it current
--   is_burstable           boolean  it earns and spends CPU credits
--   is_bare_metal          boolean  the instance is the whole machine
--   observation_id         integer  observation of the listing
with latest as (
    -- the same type may have been read through another caller or home Region before
    select
        instance_type, vcpu_info, memory_info, processor_info, current_generation, burstable_performance_supported,
        bare_metal, observation_id,
        row_number() over (partition by instance_type order by observation_id desc) as recency
    from raw.ec2_instance_type
)
select
    instance_type, cast(json_extract_string(vcpu_info, '$.DefaultVCpus') as bigint) as vcpu_count,
    cast(json_extract_string(vcpu_info, '$.DefaultCores') as bigint) as core_count,
    cast(json_extract_string(memory_info, '$.SizeInMiB') as bigint) as memory_mib,
    cast(json_extract(processor_info, '$.SupportedArchitectures') as varchar) as architectures,
    current_generation as is_current_generation, burstable_performance_supported as is_burstable,
    bare_metal as is_bare_metal, observation_id
from latest where recency = 1
