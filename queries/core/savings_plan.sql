-- purpose: Savings Plans that bind now or will, with what they commit to and cover
-- inputs:  raw.savingsplans_plan
-- grain:   one row per account_id, savings_plan_id
-- key:     account_id, savings_plan_id
-- columns:
--   account_id               varchar    AWS account that bought it
--   savings_plan_id          varchar    Savings Plan
--   plan_type                varchar    Compute, EC2Instance, SageMaker or Database
--   plan_state               varchar    active, queued, payment-pending or pending-return
--   covered_region           varchar    Region it is bound to, null for any
--   instance_family          varchar    instance family it is bound to (m6i), null for any
--   products                 varchar    what it covers as a JSON array (EC2, Fargate, ...)
--   payment_option           varchar    All Upfront, Partial Upfront or No Upfront
--   commitment_per_hour_usd  double     paid for every hour of the term [USD/h], null in another currency
--   currency                 varchar    currency of the plan
--   starts_at                timestamp  begin of the term [UTC], null when not told
--   ends_at                  timestamp  end of the term [UTC], null when not told
--   term_days                double     length of the term [d], null when not told
--   observation_id           integer    observation of the listing
select
    account_id, savings_plan_id, savings_plan_type as plan_type, state as plan_state,
    nullif(own_region, '') as covered_region, nullif(ec_2_instance_family, '') as instance_family, cast(product_types as varchar) as products,
    payment_option,
    case when currency = 'USD' then try_cast(commitment as double) end as commitment_per_hour_usd, currency,
    try_cast("start" as timestamp) as starts_at, try_cast("end" as timestamp) as ends_at,
    term_duration_in_seconds / 86400.0 as term_days, observation_id
from raw.savingsplans_plan
