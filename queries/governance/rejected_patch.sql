-- purpose: which patches does a baseline reject by name, and is one of their vulnerabilities known to be exploited?
-- inputs:  core.baseline, core.baseline_setting, core.kev, core.node_scan, core.patch_package,
--          lag/patch_fact
-- grain:   one row per account_id, region, baseline_id, rejected
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id        varchar  AWS account that sees the baseline
--   region            varchar  Region
--   baseline_id       varchar  patch baseline
--   baseline_name     varchar  its name, null when its listing was not read
--   operating_system  varchar  operating system as Systems Manager spells it, null when its listing was not read
--   rejected          varchar  what the list names: a KB number, a package with or without version, or a CVE
--   rejected_action   varchar  BLOCK or ALLOW_AS_DEPENDENCY
--   node_count        bigint   nodes whose last scan went by this baseline [nodes]
--   patch_count       bigint   patches it names of which the vulnerabilities are known [patches]
--   known_exploited   boolean  one of them fixes a vulnerability of the KEV catalogue; null when that is not known
--   cve_ids           varchar  vulnerabilities of the patches with one known to be exploited, null when there is none
with named as (
    select
        s.account_id, s.region, s.baseline_id, b.baseline_name, b.operating_system, s.subject as rejected,
        min(s.setting) as rejected_action,
        -- a star stands for any text; a name alone for all its versions and architectures
        replace(replace(s.subject, '_', '\_'), '*', '%') as pattern
    from core.baseline_setting as s
    left join core.baseline as b
        on b.account_id = s.account_id and b.region = s.region and b.baseline_id = s.baseline_id
        and b.valid_from <= $as_of and b.valid_to > $as_of
    where s.aspect = 'rejected by name' and s.valid_from <= $as_of and s.valid_to > $as_of
    group by s.account_id, s.region, s.baseline_id, b.baseline_name, b.operating_system, s.subject
),
used as (
    select account_id, region, baseline_id, count(1) as node_count
    from core.node_scan
    where valid_from <= $as_of and valid_to > $as_of and baseline_id is not null
    group by account_id, region, baseline_id
),
catalogue as (
    select count(1) as kev_count from core.kev
),
fact as (
    select
        n.account_id, n.region, n.baseline_id, n.rejected, f.patch_ref, f.known_exploited, f.cve_ids
    from named as n
    inner join lag_patch_fact as f
        on f.operating_system = n.operating_system
        and f.patch_ref like n.pattern escape '\'
    union
    -- a name is that of a package, whatever its version: python3 is not python3.11
    select n.account_id, n.region, n.baseline_id, n.rejected, f.patch_ref, f.known_exploited, f.cve_ids
    from named as n
    inner join core.patch_package as p on p.package like n.pattern escape '\'
    inner join lag_patch_fact as f on f.operating_system = n.operating_system and f.patch_ref = p.patch_ref
    union all
    select n.account_id, n.region, n.baseline_id, n.rejected, n.rejected, k.cve_id is not null, n.rejected
    from named as n
    inner join catalogue as c on c.kev_count > 0
    left join core.kev as k on k.cve_id = n.rejected
    where n.rejected like 'CVE-%'
),
judged as (
    select
        account_id, region, baseline_id, rejected, count(1) as patch_count,
        count(1) filter (where known_exploited) as exploited_count, count(known_exploited) as known_count,
        string_agg(case when known_exploited then cve_ids end, ';' order by patch_ref) as cve_ids
    from fact
    group by account_id, region, baseline_id, rejected
)
select
    n.account_id, n.region, n.baseline_id, n.baseline_name, n.operating_system, n.rejected, n.rejected_action,
    coalesce(u.node_count, 0) as node_count, coalesce(j.patch_count, 0) as patch_count,
    case when j.exploited_count > 0 then true when j.known_count = j.patch_count then false end as known_exploited,
    j.cve_ids
from named as n
left join used as u on u.account_id = n.account_id and u.region = n.region and u.baseline_id = n.baseline_id
left join judged as j
    on j.account_id = n.account_id and j.region = n.region and j.baseline_id = n.baseline_id
    and j.rejected = n.rejected
order by n.account_id, n.region, n.baseline_id, n.rejected
