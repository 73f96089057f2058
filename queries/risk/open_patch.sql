-- purpose: which patches does each node lack by its last scan, and since when do we see that?
-- inputs:  core.node_key, core.node_patch, core.patch_key, lag/node_clock, lag/release
-- grain:   one row per account_id, region, node_id, patch_ref that is not effective on a node that is still there
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id         varchar    AWS account of the node
--   region             varchar    Region of the node
--   node_id            varchar    EC2 instance id or hybrid managed node id
--   patch_ref          varchar    KB number, else the title of the package
--   operating_system   varchar    operating system as last told, spelt as by Systems Manager; null when never
--   severity           varchar    vendor severity, else as the node reports it; Unspecified when neither tells
--   classification     varchar    vendor classification, else as the node reports it; null when neither tells
--   released_at        timestamp  vendor release [UTC], null when not known
--   first_observed_at  timestamp  first snapshot of ours that listed it as open since it was last effective [UTC]
--   last_scan_at       timestamp  end of the node's last scan or install operation [UTC], null when not told
with standing as (
    -- InstalledRejected is not among them: it counts against a node, and what it fixes is fixed
    select
        p.node_key, k.patch_ref, min(p.valid_from) as open_from, max(k.severity) as severity,
        max(k.classification) as classification
    from core.node_patch as p
    inner join core.patch_key as k on k.patch_key = p.patch_key
    where p.valid_from <= $as_of and p.valid_to > $as_of
        and p.patch_state in ('Missing', 'Failed', 'InstalledPendingReboot', 'AvailableSecurityUpdate')
    group by p.node_key, k.patch_ref
),
earlier as (
    -- only of what is open now: the past of the rest is most of the history
    select
        s.node_key, s.patch_ref, p.valid_from, p.valid_to,
        p.patch_state in ('Installed', 'InstalledOther') as is_effective
    from standing as s
    inner join core.patch_key as k on k.patch_ref = s.patch_ref
    inner join core.node_patch as p on p.node_key = s.node_key and p.patch_key = k.patch_key
    where p.valid_to <= s.open_from and p.patch_state not in ('NotApplicable', 'InstalledRejected')
),
mended as (
    select node_key, patch_ref, max(valid_to) as effective_until
    from earlier
    where is_effective
    group by node_key, patch_ref
),
first_seen as (
    select e.node_key, e.patch_ref, min(e.valid_from) as first_observed_at
    from earlier as e
    left join mended as m on m.node_key = e.node_key and m.patch_ref = e.patch_ref
    where not e.is_effective and (m.effective_until is null or e.valid_from >= m.effective_until)
    group by e.node_key, e.patch_ref
)
select
    i.account_id, i.region, i.node_id, s.patch_ref, c.operating_system,
    coalesce(r.severity, s.severity, 'Unspecified') as severity,
    coalesce(r.classification, s.classification) as classification, r.released_at,
    coalesce(f.first_observed_at, s.open_from) as first_observed_at, c.last_scan_at
from standing as s
inner join core.node_key as i on i.node_key = s.node_key
inner join lag_node_clock as c
    on c.account_id = i.account_id and c.region = i.region and c.node_id = i.node_id and c.gone_at is null
left join first_seen as f on f.node_key = s.node_key and f.patch_ref = s.patch_ref
left join lag_release as r on r.operating_system = c.operating_system and r.patch_ref = s.patch_ref
order by i.account_id, i.region, i.node_id, s.patch_ref
