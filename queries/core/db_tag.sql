-- purpose: every tag of a database instance or cluster
-- inputs:  raw.rds_db_instance, raw.rds_db_cluster
-- grain:   one row per account_id, region, db_arn, tag_key
-- key:     account_id, region, db_arn, tag_key
-- columns:
--   account_id      varchar  AWS account
--   region          varchar  Region
--   db_arn          varchar  database instance or cluster
--   tag_key         varchar  tag, as it is spelt
--   tag_value       varchar  its value, may be empty
--   observation_id  integer  observation of the listing
with tagged as (
    select account_id, region, db_instance_arn as db_arn, tag_list, observation_id
    from raw.rds_db_instance
    union all
    select account_id, region, db_cluster_arn, tag_list, observation_id
    from raw.rds_db_cluster
),
pair as (
    select
        account_id, region, db_arn, observation_id,
        unnest(from_json(tag_list, '[{"Key": "VARCHAR", "Value": "VARCHAR"}]')) as tag
    from tagged
)
select account_id, region, db_arn, tag."Key" as tag_key, tag."Value" as tag_value, observation_id
from pair
