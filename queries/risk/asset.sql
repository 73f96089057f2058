-- purpose: whose is each node, can the internet reach it, and how far do Inspector and Systems Manager look at it?
-- inputs:  core.inspector_coverage, core.node, core.node_scan, core.node_service, risk/exposure
-- grain:   one row per account_id, region, node_id
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id         varchar    AWS account
--   region             varchar    Region
--   node_id            varchar    EC2 instance id or hybrid managed node id
--   service_kind       varchar    kind of its service: core.node_service; null when not known
--   service_id         varchar    service, null when not known
--   environment        varchar    tag Environment, null when untagged or not told
--   criticality        varchar    tag Criticality, null when untagged or not told
--   owner              varchar    tag Owner, null when untagged or not told
--   is_exposed         boolean    the internet reaches it; null when that is not known
--   exposure           varchar    how that is known: risk/exposure
--   path               varchar    a way from the internet to it, null when none
--   manager_silence    varchar    why Systems Manager may not speak of it, null when nothing hinders
--   scanned_at         timestamp  end of its last scan or install operation [UTC], null when never
--   inspector_silence  varchar    why Inspector may not speak of it, null when nothing hinders
--   inspected_at       timestamp  last look of Inspector [UTC], null when none or not told
--   is_inspected_here  boolean    Inspector looks at something in its account and Region
with covered as (
    select
        account_id, region, resource_id as node_id, scan_status, scan_reason, last_scanned_at, row_number() over (
            partition by account_id, region, resource_id
            order by case when scan_type = 'PACKAGE' then 0 else 1 end, scan_type
        ) as choice
    from core.inspector_coverage
    where valid_from <= $as_of and valid_to > $as_of and resource_type = 'AWS_EC2_INSTANCE'
),
cell as (
    select account_id, region from core.inspector_coverage where valid_from <= $as_of and valid_to > $as_of
    group by account_id, region
)
select
    n.account_id, n.region, n.node_id, s.service_kind, s.service_id, n.environment, n.criticality, n.owner,
    e.is_exposed, e.exposure, e.path,
    case
        when not n.is_managed then 'does not manage it' when p.node_id is null then 'never scanned it'
    end as manager_silence,
    p.operation_ended_at as scanned_at,
    case
        when i.node_id is null then 'does not cover it'
        when i.scan_status <> 'ACTIVE' then 'does not scan it (' || coalesce(i.scan_reason, 'no reason told') || ')'
    end as inspector_silence,
    i.last_scanned_at as inspected_at, c.account_id is not null as is_inspected_here
from core.node as n
left join core.node_service as s
    on s.account_id = n.account_id and s.region = n.region and s.node_id = n.node_id
    and s.valid_from <= $as_of and s.valid_to > $as_of
left join core.node_scan as p
    on p.account_id = n.account_id and p.region = n.region and p.node_id = n.node_id
    and p.valid_from <= $as_of and p.valid_to > $as_of
left join covered as i
    on i.account_id = n.account_id and i.region = n.region and i.node_id = n.node_id and i.choice = 1
left join cell as c on c.account_id = n.account_id and c.region = n.region
left join risk_exposure as e on e.account_id = n.account_id and e.region = n.region and e.node_id = n.node_id
where n.valid_from <= $as_of and n.valid_to > $as_of
order by n.account_id, n.region, n.node_id
