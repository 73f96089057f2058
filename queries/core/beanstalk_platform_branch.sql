-- purpose: platform branches of Elastic Beanstalk and whether AWS still supports them
-- inputs:  raw.elasticbeanstalk_platform_branch
-- grain:   one row per account_id, region, platform_branch
-- key:     account_id, region, platform_branch
-- columns:
--   account_id       varchar  AWS account that was asked
--   region           varchar  Region
--   platform_branch  varchar  platform branch
--   platform_name    varchar  platform (Python, Docker, ...)
--   lifecycle_state  varchar  beta, supported, deprecated (retirement is announced) or retired (no updates any more)
--   observation_id   integer  observation of the listing
select
    account_id, region, branch_name as platform_branch, platform_name, lower(lifecycle_state) as lifecycle_state,
    observation_id
from raw.elasticbeanstalk_platform_branch
