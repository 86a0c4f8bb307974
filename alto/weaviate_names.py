"""Names of Weaviate's modules that Alto refuses, each with an alternative: data.

They can be imported; their first use raises `AltoNotSupportedError` (`alto.unsupported.Unsupported`).
"""

from collections.abc import Callable
from typing import Any

from alto.unsupported import ALTERNATIVES, Unsupported

_VECTOR_INDEX = "vector_index_config"
_CONFIG_TYPES = (
    *("GenerativeProvider", "IndexName", "InvertedIndexConfigCreate", "InvertedIndexConfigUpdate"),
    *("MultiTenancyConfigCreate", "MultiTenancyConfigUpdate", "ObjectTTLConfigCreate", "ObjectTTLConfigUpdate"),
    *("ReplicationConfigCreate", "ReplicationConfigUpdate", "RerankerProvider", "ShardingConfigCreate"),
    *("TextAnalyzerConfig", "TextAnalyzerConfigCreate", "VectorConfigCreate", "VectorConfigUpdate"),
    *("VectorIndexConfigCreate", "VectorIndexConfigUpdate", "VectorIndexConfigDynamicCreate"),
    *("VectorIndexConfigDynamicUpdate", "VectorIndexConfigFlatCreate", "VectorIndexConfigFlatUpdate"),
    *("VectorIndexConfigHFreshCreate", "VectorIndexConfigHFreshUpdate", "VectorIndexConfigHNSWCreate"),
    *("VectorIndexConfigHNSWUpdate", "VectorIndexConfigSkipCreate", "StopwordsCreate"),
)

# Module: alternative (a key of ALTERNATIVES): the names.
REFUSED: dict[str, dict[str, tuple[str, ...]]] = {
    "alto": {
        "cloud": ("connect_to_wcs", "connect_to_weaviate_cloud", "use_async_with_weaviate_cloud"),
        "embedded": ("connect_to_embedded", "use_async_with_embedded"),
        "old_client": ("BatchClient", "Client", "ClientBatchingContextManager"),
        "cluster": ("cluster",),
    },
    "alto.auth": {
        "auth": ("Auth", "AuthApiKey", "AuthBearerToken", "AuthClientCredentials", "AuthClientPassword"),
    },
    "alto.backup": {"backup": ("BackupStorage",)},
    "alto.classes.backup": {
        "backup": (
            *("BackupCompressionLevel", "BackupConfigCreate", "BackupConfigRestore", "BackupLocation"),
            *("BackupLocationType", "BackupStorage"),
        ),
    },
    "alto.classes.batch": {"shards": ("Shard",)},
    "alto.classes.config": {
        "integrations": ("Integrations",),
        "media": ("Multi2VecField",),
        "multi_vector": ("MultiVectorAggregation",),
        "quantizer": ("PQEncoderDistribution", "PQEncoderType"),
        "references": ("ReferenceProperty", "ReferencePropertyBase", "ReferencePropertyMultiTarget"),
        "types": _CONFIG_TYPES,
    },
    "alto.classes.data": {"references": ("DataReference", "ReferenceToMulti"), "phone_number": ("PhoneNumber",)},
    "alto.classes.debug": {"debug": ("DebugRESTObject",)},
    "alto.classes.export": {"backup": ("ExportFileFormat", "ExportStorage")},
    "alto.classes.generics": {"references": ("CrossReference", "CrossReferenceAnnotation")},
    "alto.classes.init": {"auth": ("Auth",), "grpc": ("GrpcConfig",), "proxies": ("Proxies",)},
    "alto.classes.query": {
        "media": ("NearMediaType",),
        "references": ("QueryReference",),
        "nested": ("QueryNested",),
    },
    "alto.classes.rbac": {"permissions": ("Actions", "Permissions", "PermissionsInputType", "RoleScope")},
    "alto.classes.replication": {"replication_config": ("ReplicationType",)},
    "alto.classes.tenants": {
        "tenant": (
            *("Tenant", "TenantActivityStatus", "TenantCreate", "TenantCreateActivityStatus"),
            *("TenantCreateInputType", "TenantUpdate", "TenantUpdateActivityStatus", "TenantUpdateInputType"),
        ),
    },
    "alto.classes.tokenization": {
        "tokenize": ("StopwordsConfig", "StopwordsCreate", "TextAnalyzerConfigCreate", "TokenizeResult"),
    },
    "alto.client": {
        "old_client": ("Client",),
        "connection": ("ConnectionAsync", "ConnectionSync"),
        "embedded": ("EmbeddedOptions",),
    },
    "alto.config": {"connection": ("Config", "ConnectionConfig"), "grpc": ("GrpcConfig",), "proxies": ("Proxies",)},
    "alto.connect": {"connection": ("ConnectionV4", "ProtocolParams")},
    "alto.embedded": {
        "embedded": ("EmbeddedDB", "EmbeddedOptions", "EmbeddedV3", "EmbeddedV4", "get_random_port"),
    },
    "alto.export": {"backup": ("ExportStorage",)},
    "alto.outputs.backup": {
        "backup": ("BackupReturn", "BackupStatus", "BackupStatusReturn", "BackupStorage"),
    },
    "alto.outputs.batch": {"references": ("BatchReferenceReturn", "ErrorReference")},
    "alto.outputs.cluster": {
        "cluster": (
            *("ClusterStatistics", "Node", "NodeMinimal", "NodeStatistics", "NodeVerbose", "RaftConfigurationMember"),
            *("RaftStats", "Shard", "ShardReplicas", "ShardingState", "Shards", "Stats"),
        ),
    },
    "alto.outputs.config": {
        "replication_config": ("AsyncReplicationConfig",),
        "quantizer": ("PQConfig", "PQEncoderConfig", "PQEncoderDistribution", "PQEncoderType"),
        "references": ("ReferencePropertyConfig",),
        "shards": ("ShardStatus", "ShardTypes"),
        _VECTOR_INDEX: ("VectorIndexConfigFlat", "VectorIndexConfigHFresh", "VectorIndexConfigNone"),
        "types": ("PropertyType",),
    },
    "alto.outputs.data": {"references": ("RefError",), "types": ("Error",)},
    "alto.outputs.export": {
        "backup": (
            *("ExportCreateReturn", "ExportStatus", "ExportStatusReturn", "ExportStorage", "ShardExportStatus"),
            "ShardProgress",
        ),
    },
    "alto.outputs.query": {
        "references": ("FilterByRef", "ReferenceInput", "ReferenceInputs"),
        "media": ("GenerativeNearMediaReturnType", "QueryNearMediaReturnType"),
        "phone_number": ("PhoneNumberType",),
        "types": (
            *("GenerativeGroup", "GenerativeGroupByReturn", "GenerativeGroupByReturnType", "GenerativeReturnType"),
            *("GenerativeSearchReturnType", "GroupByReturnType", "QueryReturnType"),
            *("WeaviateField", "WeaviateProperties"),
        ),
    },
    "alto.outputs.rbac": {
        "permissions": (
            *("AliasPermissionOutput", "BackupsPermissionOutput", "ClusterPermissionOutput"),
            *("CollectionsPermissionOutput", "DataPermissionOutput", "GroupAssignment", "GroupsPermissionOutput"),
            *("NodesPermissionOutput", "PermissionsOutputType", "ReplicatePermissionOutput", "RoleScope"),
            *("RolesPermissionOutput", "TenantsPermissionOutput", "UserAssignment", "UsersPermissionOutput"),
        ),
    },
    "alto.outputs.replication": {
        "replication_config": (
            *("ReplicateOperation", "ReplicateOperationState", "ReplicateOperationStatus"),
            *("ReplicateOperationWithHistory", "ReplicateOperationWithoutHistory", "ReplicateOperations"),
        ),
    },
    "alto.outputs.tenants": {"tenant": ("Tenant", "TenantActivityStatus", "TenantOutputType")},
    "alto.outputs.tokenization": {"tokenize": ("TokenizeResult",)},
    "alto.outputs.users": {"permissions": ("OwnUser", "UserDB", "UserTypes")},
    "alto.tokenization": {"tokenize": ("TokenizeResult",)},
    "alto.util": {
        "types": (
            *("check_batch_result", "docstring_deprecated", "escape_string", "get_domain_from_weaviate_url"),
            *("is_object_url", "is_weaviate_client_too_old", "is_weaviate_domain", "is_weaviate_object_url"),
            *("is_weaviate_too_old", "parse_blob", "parse_version_string", "strip_newlines"),
        ),
        "blob": ("file_decoder_b64", "file_encoder_b64", "image_decoder_b64", "image_encoder_b64"),
    },
}


def refused_names(module: str) -> Callable[[str], Any]:
    """The `__getattr__` of a module: its refused names; `AttributeError` for any other."""
    found = {name: key for key, names in REFUSED[module].items() for name in names}

    def get(name: str) -> Any:
        if name not in found:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        return Unsupported(name, ALTERNATIVES[found[name]])

    return get
