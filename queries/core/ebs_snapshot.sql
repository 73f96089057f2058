-- purpose: the account's own EBS snapshots, and the instance whose volume each would restore
-- inputs:  raw.ec2_ebs_snapshot, raw.ec2_instance
-- grain:   one row per account_id, region, ebs_snapshot_id
-- key:     account_id, region, ebs_snapshot_id
-- columns:
--   account_id       varchar    AWS account
--   region           varchar    Region
--   ebs_snapshot_id  varchar    EBS snapshot
--   volume_id        varchar    volume it was taken of
--   instance_id      varchar    instance that has this volume now, null when none has
--   ebs_state        varchar    completed, pending, error, ...
--   started_at       timestamp  instant whose data it holds [UTC]
--   completed_at     timestamp  when it was complete [UTC], null while it is not or not told
--   volume_gib       bigint     size of the volume [GiB]
--   is_encrypted     boolean    it is encrypted
--   storage_tier     varchar    standard or archive
--   description      varchar    description
--   observation_id   integer    observation of the listing
with mapping as (
    select account_id, region, instance_id, unnest(from_json(block_device_mappings, '["JSON"]')) as device
    from raw.ec2_instance
),
attached as (
    select
        account_id, region, json_extract_string(device, '$.Ebs.VolumeId') as volume_id, max(instance_id) as instance_id
    from mapping
    where json_extract_string(device, '$.Ebs.VolumeId') is not null
    group by account_id, region, json_extract_string(device, '$.Ebs.VolumeId')
)
select
    s.account_id, s.region, s.snapshot_id as ebs_snapshot_id, s.volume_id, a.instance_id, s.state as ebs_state,
    s.start_time as started_at, s.completion_time as completed_at, s.volume_size as volume_gib,
    s.encrypted as is_encrypted, s.storage_tier, s.description, s.observation_id
from raw.ec2_ebs_snapshot as s
left join attached as a on a.account_id = s.account_id and a.region = s.region and a.volume_id = s.volume_id
