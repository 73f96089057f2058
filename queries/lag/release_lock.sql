-- purpose: how far behind the newest release of Amazon Linux 2023 is each node, whatever its patch list says?
-- inputs:  core.amazon_linux_release, core.lifecycle_cycle, core.release_feed, core.advisory, core.node_scan,
--          lag/release_stand, lag/unlisted_advisory
-- grain:   one row per account_id, region, node_id of a node with Amazon Linux 2023
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id               varchar  AWS account of the node
--   region                   varchar  Region of the node
--   node_id                  varchar  EC2 instance id or hybrid managed node id
--   environment              varchar  tag Environment, unknown when untagged
--   locked_release           varchar  release that its repositories are locked to, null when nothing tells it
--   release_source           varchar  who tells it: inventory, patch list, agent, launch image or unknown
--   latest_release           varchar  newest release known of, null when none is
--   known_until_date         date     day of the newest list of releases, null when there is none
--   releases_behind_count    bigint   known releases newer than its own, at least [releases], null when not known
--   behind_days              bigint   from its own to the newest, by the days in their names [d], null when not known
--   missing_count            bigint   patches missing by its last scan [patches], null when never scanned
--   unlisted_advisory_count  bigint   lacking and not listed by that scan [advisories], null when no scan or no feed
--   release_status           varchar  behind, newest, newest not known (no list within 30 days) or unknown
with known as (
    select release, as_of_date
    from core.amazon_linux_release
    where released_date <= cast($as_of as date)
    union all
    select nullif(regexp_extract(latest_version, '2023[.][0-9]+[.][0-9]{8}', 0), ''), as_of_date
    from core.lifecycle_cycle
    where product = 'amazon-linux' and "cycle" = '2023' and latest_release_date <= cast($as_of as date)
    union all
    -- lists are not whole: a release that a node of ours stands at is one
    select release, null
    from lag_release_stand
),
dated as (
    select distinct release, right(release, 8) as stamp, try_cast(left(right(release, 8), 4) || '-'
        || substr(right(release, 8), 5, 2) || '-' || right(release, 2) as date) as stamp_date
    from known
    where release is not null
),
newest as (
    select substr(max(stamp || release), 9) as release, max(stamp_date) as stamp_date,
        (select max(as_of_date) from known) as known_until_date
    from dated
),
step as (
    select s.account_id, s.region, s.node_id, count(d.release) as releases_behind_count
    from lag_release_stand as s
    left join dated as d on d.stamp > right(s.release, 8)
    where s.release is not null
    group by s.account_id, s.region, s.node_id
),
lacking as (
    select account_id, region, node_id, count(1) as advisory_count
    from lag_unlisted_advisory
    group by account_id, region, node_id
),
advised as (
    select count(1) as advisory_count
    from core.advisory as a
    inner join core.release_feed as f on f.feed = a.feed and f.operating_system = 'AMAZON_LINUX_2023'
)
select
    s.account_id, s.region, s.node_id, s.environment, s.release as locked_release, s.release_source,
    n.release as latest_release, n.known_until_date, b.releases_behind_count,
    date_diff('day', o.stamp_date, n.stamp_date) as behind_days, c.missing_count,
    case when c.node_id is not null and a.advisory_count > 0 then coalesce(k.advisory_count, 0) end
        as unlisted_advisory_count,
    case
        when s.release is null then 'unknown' when b.releases_behind_count > 0 then 'behind'
        when date_diff('day', n.known_until_date, cast($as_of as date)) <= 30 then 'newest' else 'newest not known'
    end as release_status
from lag_release_stand as s
cross join newest as n
cross join advised as a
left join dated as o on o.release = s.release
left join step as b on b.account_id = s.account_id and b.region = s.region and b.node_id = s.node_id
left join lacking as k on k.account_id = s.account_id and k.region = s.region and k.node_id = s.node_id
left join core.node_scan as c on c.account_id = s.account_id and c.region = s.region and c.node_id = s.node_id
    and c.valid_from <= $as_of and c.valid_to > $as_of
order by s.account_id, s.region, s.node_id
