-- purpose: versions of Kubernetes that EKS has had, with the ends of their support, as EKS itself tells them
-- inputs:  raw.eks_cluster_version
-- grain:   one row per account_id, region, cluster_type, kubernetes_version
-- key:     account_id, region, cluster_type, kubernetes_version
-- columns:
--   account_id                varchar    AWS account that was answered
--   region                    varchar    Region
--   cluster_type              varchar    eks, or eks-local-outposts
--   kubernetes_version        varchar    version of Kubernetes, as 1.35
--   support_status            varchar    STANDARD_SUPPORT, EXTENDED_SUPPORT or UNSUPPORTED, null when not told
--   is_default                boolean    new clusters get it unless another is asked for
--   platform_version          varchar    platform version that new clusters get
--   kubernetes_patch_version  varchar    its newest patch on EKS, null when not told
--   released_at               timestamp  release on EKS [UTC]
--   standard_support_ends_at  timestamp  end of standard support [UTC], null when not told
--   extended_support_ends_at  timestamp  end of extended support [UTC], null when not told
--   observation_id            integer    observation of the versions
select
    account_id, region, cluster_type, cluster_version as kubernetes_version,
    coalesce(version_status, upper(replace(status, '-', '_'))) as support_status, default_version as is_default,
    default_platform_version as platform_version, kubernetes_patch_version, release_date as released_at,
    end_of_standard_support_date as standard_support_ends_at, end_of_extended_support_date as extended_support_ends_at,
    observation_id
from raw.eks_cluster_version
