-- purpose: from which observation do the release and the approval of one patch come?
-- inputs:  core.baseline_patch, core.baseline_rule, core.observation, core.patch
-- grain:   one row per relation that holds a row of the patch, or of the baseline that decides on it
-- params:
--   as_of             timestamp  report instant [UTC]
--   account_id        varchar    AWS account of the node
--   region            varchar    Region of the node
--   operating_system  varchar    operating system as Systems Manager spells it
--   baseline_id       varchar    patch baseline in force
--   patch_ref         varchar    KB number, else the title of the package
-- columns:
--   relation         varchar    patch (its release), baseline_patch (its approval by name), baseline_rule (its rules)
--   observation_id   integer    observation: core.observation
--   snapshot_id      varchar    snapshot that holds the page
--   source           varchar    source of the catalogue
--   seen_account_id  varchar    AWS account read
--   seen_region      varchar    Region read
--   item             varchar    item read, null where the listing was read whole
--   observed_at      timestamp  instant of the answer [UTC]
with released as (
    select observation_id, row_number() over (order by valid_from desc) as recency
    from core.patch
    where operating_system = $operating_system and patch_ref = $patch_ref and valid_from <= $as_of
),
told as (
    select 'patch' as relation, observation_id from released where recency = 1
    union all
    select 'baseline_patch', observation_id
    from core.baseline_patch
    where account_id = $account_id and region = $region and baseline_id = $baseline_id and patch_ref = $patch_ref
        and valid_from <= $as_of and valid_to > $as_of
    union all
    select 'baseline_rule', min(observation_id)
    from core.baseline_rule
    where account_id = $account_id and region = $region and baseline_id = $baseline_id
        and valid_from <= $as_of and valid_to > $as_of
)
select
    t.relation, t.observation_id, o.snapshot_id, o.source, o.account_id as seen_account_id, o.region as seen_region,
    o.item, o.observed_at
from told as t
inner join core.observation as o on o.observation_id = t.observation_id
order by t.relation
