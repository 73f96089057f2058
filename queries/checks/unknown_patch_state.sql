-- purpose: every patch state is one that Systems Manager documents
-- inputs:  core.node_patch
-- grain:   one row per patch_state
-- severity: warn
-- columns:
--   patch_state      varchar  the unknown state, null when the node gave none
--   patch_row_count  bigint   rows in it, earlier ones included [patches]
select patch_state, count(*) as patch_row_count
from core.node_patch
where patch_state is null or patch_state not in (
    -- PatchComplianceDataState, SSM API reference, read 2026-11-01
    'Installed', 'InstalledOther', 'InstalledPendingReboot', 'InstalledRejected', 'Missing', 'NotApplicable', 'Failed',
    'AvailableSecurityUpdate'
)
group by patch_state
order by patch_state
