-- purpose: whether AWS Config records in an account and Region: what its rules say is as old as what was last recorded
-- inputs:  raw.config_recorder_status
-- grain:   one row per account_id, region, recorder_name
-- key:     account_id, region, recorder_name
-- columns:
--   account_id         varchar    AWS account
--   region             varchar    Region
--   recorder_name      varchar    recorder
--   is_recording       boolean    it records now
--   last_status        varchar    how the last delivery went, as AWS says: Pending, Success or Failure
--   status_changed_at  timestamp  when that last changed [UTC], null when not told
--   stopped_at         timestamp  when it was last stopped [UTC], null when it never was
--   observation_id     integer    observation of the listing
select
    account_id, region, name as recorder_name, coalesce(recording, false) as is_recording, last_status,
    last_status_change_time as status_changed_at, last_stop_time as stopped_at, observation_id
from raw.config_recorder_status
