-- purpose: how many of the known container images are in each coverage state, and who can move them?
-- inputs:  risk/image_coverage
-- grain:   one row per coverage_state, all seven in order of precedence, empty ones included
-- params:
--   as_of             timestamp  report instant [UTC]
--   stale_after_days  integer    a scan older than this no longer counts [d]
-- columns:
--   state_rank         integer  order of precedence, 1 first
--   coverage_state     varchar  coverage state of an image
--   image_count        bigint   images in this state [images]
--   in_use_count       bigint   of these known to run [images]; of the others that is not known
--   known_image_count  bigint   all known images, the denominator [images]
--   image_share        double   image_count / known_image_count [0..1], null when no image is known
--   opened_by          varchar  who can move an image out of this state, and how
with state (state_rank, coverage_state, opened_by) as (
    values
    (1, 'not readable', 'whoever opens its account, Region or repository: see what to open'),
    (2, 'scanning off', 'registry owner: a rule that takes its repository in'),
    (3, 'unsupported', 'image owner: build it on a system that the scanner reads'),
    (4, 'not asked', 'whoever runs the extraction: more image_scan_days, or nobody if the image is retired'),
    (5, 'never scanned', 'image owner: start a scan, or push it again under the rule'),
    (6, 'stale', 'registry owner: scan continuously, or by hand once a week; retire what is not run'),
    (7, 'fresh', 'nobody: it is seen')
),
counted as (
    select coverage_state, count(1) as image_count, count(1) filter (where is_in_use) as in_use_count
    from risk_image_coverage
    group by coverage_state
)
select
    s.state_rank, s.coverage_state, coalesce(c.image_count, 0) as image_count,
    coalesce(c.in_use_count, 0) as in_use_count,
    cast(coalesce(sum(c.image_count) over (), 0) as bigint) as known_image_count,
    1.0 * coalesce(c.image_count, 0) / nullif(sum(c.image_count) over (), 0) as image_share, s.opened_by
from state as s
left join counted as c on c.coverage_state = s.coverage_state
order by s.state_rank
