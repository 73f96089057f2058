-- purpose: which vulnerability is open on which asset, and what is known of both?
-- inputs:  core.ecr_repository, core.kev, risk/asset, risk/sighting, risk/vulnerability
-- grain:   one row per account_id, region, asset_kind, asset_id, cve_id
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id             varchar    AWS account that owns the asset
--   region                 varchar    Region
--   asset_kind             varchar    node, image or function
--   asset_id               varchar    node id; repository@digest of an image; ARN of a function
--   cve_id                 varchar    vulnerability
--   service_kind           varchar    kind of the node's service: core.node_service; null when none
--   service_id             varchar    service, null when none
--   environment            varchar    tag Environment of the node or the image's repository, null when not told
--   criticality            varchar    tag Criticality, likewise
--   owner                  varchar    tag Owner, likewise
--   scanners               varchar    those that find it, a semicolon between
--   scanner_count          bigint     their number [scanners]
--   scanner_difference     varchar    which one is silent and why, null when none that looks at the asset is silent
--   is_suppressed          boolean    every scanner that finds it hides it
--   severity               varchar    gravest word of the scanners, null when none is told
--   severity_rank          integer    its rank, 1 the gravest; null when none is told
--   patch_severity         varchar    gravest word of the open patches that mend it, null when none is listed
--   patch_refs             varchar    patches that mend it, a semicolon between; null when none is named
--   fix_available          varchar    yes, no or partial, null when no scanner tells
--   first_observed_at      timestamp  when a scanner first found it [UTC]
--   patch_from_at          timestamp  when our snapshots first listed such a patch as open [UTC], null when none does
--   released_at            timestamp  first vendor release of a patch that mends it [UTC], null when not known
--   open_days              double     as_of less first_observed_at [d]
--   cvss_version           varchar    version of CVSS, null when not scored
--   cvss_vector            varchar    CVSS vector, null when not told
--   cvss_score             double     score as its assessor gives it [0..10], null when not scored
--   epss_share             double     probability of exploitation activity within 30 days [0..1], null when not scored
--   percentile_share       double     share of scored vulnerabilities that score no higher [0..1], null when not told
--   model_version          varchar    version of the EPSS model, null when not known
--   score_date             date       day of that score, null when not scored
--   is_known_exploited     boolean    in the KEV catalogue, null when the store holds no catalogue
--   kev_added_date         date       day it entered the catalogue, null when it did not
--   kev_due_date           date       day the catalogue sets (BOD 22-01, revoked), null when none
--   is_ransomware          boolean    known to be used for ransomware, null when not known
--   ssvc_exploitation      varchar    none, poc or active by SSVC, null when not assessed
--   ssvc_automatable       varchar    yes or no, null when not assessed
--   ssvc_technical_impact  varchar    partial or total, null when not assessed
--   exploit_evidence       varchar    what is known of its exploitation, in words; null when nothing
--   is_exploit_available   boolean    an exploit is known to a scanner, null when none tells
--   is_exposed             boolean    the internet reaches the asset; null when that is not known
--   exposure               varchar    how that is known, null for what is no node
--   path                   varchar    a way from the internet to it, null when none
select
    s.account_id, s.region, s.asset_kind, s.asset_id, s.cve_id, a.service_kind, a.service_id,
    coalesce(a.environment, r.environment) as environment, coalesce(a.criticality, r.criticality) as criticality,
    coalesce(a.owner, r.owner) as owner, s.scanners, s.scanner_count, case
        when s.by_manager and (s.by_inspector or not a.is_inspected_here) or s.asset_kind <> 'node' then null
        when s.by_manager then 'Inspector ' || coalesce(a.inspector_silence, case
            when a.inspected_at < s.first_observed_at then 'has not looked since' else 'looks at it and finds none' end)
        else 'Systems Manager ' || coalesce(a.manager_silence, case
            when s.fix_available = 'no' then 'lists patches, and there is no fix'
            when not s.is_os_package then 'does not see packages outside the operating system'
            when a.node_id is null then 'is not known to manage it'
            when a.scanned_at < s.first_observed_at then 'has not scanned since' else 'lists no patch for it' end)
    end as scanner_difference,
    s.is_suppressed, s.severity, s.severity_rank, s.patch_severity, s.patch_refs, s.fix_available, s.first_observed_at,
    s.manager_from_at as patch_from_at, s.released_at,
    date_diff('second', s.first_observed_at, $as_of) / 86400.0 as open_days,
    v.cvss_version, v.cvss_vector, v.cvss_score, v.epss_share, v.percentile_share, v.model_version, v.score_date,
    case when (select count(1) from core.kev) > 0 then coalesce(v.is_known_exploited, false) end as is_known_exploited,
    v.kev_added_date, v.kev_due_date, v.is_ransomware, v.ssvc_exploitation, v.ssvc_automatable, v.ssvc_technical_impact,
    coalesce(
        nullif(substr(case when v.is_known_exploited then '; known exploited' else '' end || case v.ssvc_exploitation
                when 'active' then '; active by SSVC' when 'poc' then '; proof of concept by SSVC' else '' end
            || case when s.is_exploit_available then '; exploit known to Inspector' else '' end, 3), ''),
        case when v.ssvc_exploitation = 'none' or not s.is_exploit_available then 'none known' end
    ) as exploit_evidence, s.is_exploit_available, a.is_exposed, a.exposure, a.path
from risk_sighting as s left join risk_vulnerability as v on v.cve_id = s.cve_id
left join risk_asset as a
    on s.asset_kind = 'node' and a.account_id = s.account_id and a.region = s.region and a.node_id = s.asset_id
left join core.ecr_repository as r
    on s.asset_kind = 'image' and r.account_id = s.account_id and r.region = s.region
    and r.repository_name = split_part(s.asset_id, '@', 1) and r.valid_from <= $as_of and r.valid_to > $as_of
order by s.severity_rank nulls last, s.account_id, s.region, s.asset_kind, s.asset_id, s.cve_id
