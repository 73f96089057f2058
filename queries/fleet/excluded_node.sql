-- purpose: which nodes does an exclusion rule name, by id or by tag, and has the rule expired?
-- inputs:  core.node, core.node_tag, core.exclusion
-- grain:   one row per account_id, region, node_id that a rule names; of several rules the one that ends last
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id  varchar  AWS account of the node
--   region      varchar  Region of the node
--   node_id     varchar  EC2 instance id or hybrid managed node id
--   reason      varchar  why the node is left out
--   owner       varchar  who answers for the exclusion
--   expires_on  date     last day of the exclusion, null when the rule has no end
--   is_expired  boolean  the exclusion has ended, so the node counts again
with rule as (
    select
        node_id, tag_key, tag_value, reason, owner, expires_on,
        coalesce(expires_on < cast($as_of as date), false) as is_expired
    from core.exclusion
),
target as (
    select n.account_id, n.region, n.node_id, r.reason, r.owner, r.expires_on, r.is_expired
    from core.node as n
    inner join rule as r on r.node_id = n.node_id
    where n.valid_from <= $as_of and n.valid_to > $as_of
    union all
    select t.account_id, t.region, t.node_id, r.reason, r.owner, r.expires_on, r.is_expired
    from core.node_tag as t
    inner join rule as r on r.tag_key = t.tag_key and r.tag_value = t.tag_value
    where t.valid_from <= $as_of and t.valid_to > $as_of
),
named as (
    select distinct account_id, region, node_id, reason, owner, expires_on, is_expired from target
),
ranked as (
    select
        account_id, region, node_id, reason, owner, expires_on, is_expired,
        row_number() over (
            partition by account_id, region, node_id
            order by coalesce(expires_on, date '9999-12-31') desc, owner, reason
        ) as precedence
    from named
)
select account_id, region, node_id, reason, owner, expires_on, is_expired
from ranked
where precedence = 1
order by account_id, region, node_id
