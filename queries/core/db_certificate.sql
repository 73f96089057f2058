-- purpose: certificate authorities that databases may use, and until when they are valid
-- inputs:  raw.rds_certificate
-- grain:   one row per account_id, region, ca_certificate_id
-- key:     account_id, region, ca_certificate_id
-- columns:
--   account_id         varchar    AWS account that was asked
--   region             varchar    Region
--   ca_certificate_id  varchar    certificate authority
--   starts_at          timestamp  begin of its validity [UTC]
--   ends_at            timestamp  end of its validity [UTC]
--   is_override        boolean    the account's own choice for new databases
--   observation_id     integer    observation of the listing
select
    account_id, region, certificate_identifier as ca_certificate_id, valid_from as starts_at, valid_till as ends_at,
    coalesce(customer_override, false) as is_override, observation_id
from raw.rds_certificate
