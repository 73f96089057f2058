-- purpose: where Security Hub is enabled, and how it makes findings
-- inputs:  raw.securityhub_hub
-- grain:   one row per account_id, region
-- key:     account_id, region
-- columns:
--   account_id         varchar    AWS account
--   region             varchar    Region
--   subscribed_at      timestamp  when it was enabled [UTC], null when not told
--   is_auto_enabling   boolean    new controls of its standards are switched on by themselves
--   finding_generator  varchar    SECURITY_CONTROL: a finding per control; STANDARD_CONTROL: per standard and control
--   observation_id     integer    observation of the hub
select
    account_id, region, try_cast(subscribed_at as timestamp) as subscribed_at,
    auto_enable_controls as is_auto_enabling, control_finding_generator as finding_generator, observation_id
from raw.securityhub_hub
