-- purpose: accounts of the organisation, by its latest complete listing
-- inputs:  raw.organizations_account, raw.organizations_organization, raw.organizations_delegated_service,
--          raw.organizations_unit_account, core.organizational_unit_now
-- grain:   one row per account_id
-- key:     account_id
-- columns:
--   account_id                varchar  AWS account
--   account_name              varchar  name in the organisation
--   account_status            varchar  state in the organisation (ACTIVE, SUSPENDED, CLOSED, ...), null when not told
--   organization_id           varchar  organisation, null when it could not be described
--   organizational_unit_id    varchar  organisational unit or root it stands in, null when not read
--   organizational_unit_path  varchar  names from the root down to it, joined by /; null when not read
--   is_management             boolean  management account, null when the organisation could not be described
--   delegated_services        varchar  services it administers for the organisation, comma separated; null when none
--   observation_id            integer  observation of the listing
with organization as (
    select id, master_account_id
    from raw.organizations_organization
    where observation_id = (select max(observation_id) from raw.organizations_organization)
),
delegated as (
    select delegated_account_id, string_agg(distinct service_principal, ',' order by service_principal) as services
    from raw.organizations_delegated_service
    where observation_id = (select max(observation_id) from raw.organizations_delegated_service)
    group by delegated_account_id
),
standing as (
    select id, parent_id
    from raw.organizations_unit_account
    where observation_id = (select max(observation_id) from raw.organizations_unit_account)
)
select
    a.id as account_id, a.name as account_name,
    -- Status was retired on 2026-09-09 in favour of State (Organizations API reference, Account)
    coalesce(a.state, a.status) as account_status,
    o.id as organization_id, s.parent_id as organizational_unit_id, u.path as organizational_unit_path,
    a.id = o.master_account_id as is_management, d.services as delegated_services, a.observation_id
from raw.organizations_account as a
left join organization as o on true
left join delegated as d on d.delegated_account_id = a.id
left join standing as s on s.id = a.id
left join core.organizational_unit_now as u on u.organizational_unit_id = s.parent_id
where a.observation_id = (select max(observation_id) from raw.organizations_account)
