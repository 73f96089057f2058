-- purpose: the version of each platform branch of Elastic Beanstalk that AWS recommends
-- inputs:  raw.elasticbeanstalk_platform_version
-- grain:   one row per account_id, region, platform_arn
-- key:     account_id, region, platform_arn
-- columns:
--   account_id        varchar  AWS account that was asked
--   region            varchar  Region
--   platform_arn      varchar  version of a platform
--   platform_branch   varchar  its branch, null for a platform of one's own
--   platform_version  varchar  its version
--   lifecycle_state   varchar  recommended
--   observation_id    integer  observation of the listing
select
    account_id, region, platform_arn, platform_branch_name as platform_branch, platform_version,
    lower(platform_lifecycle_state) as lifecycle_state, observation_id
from raw.elasticbeanstalk_platform_version
