"""Alto's exceptions under Weaviate's names, so that `except` clauses of its programs catch what they mean.

Several names are one class: Alto has one exception for each kind of fault (`alto.errors`).
"""

from alto.errors import (
    AltoAuthenticationError,
    AltoClosedClientError,
    AltoConfigurationError,
    AltoConflictError,
    AltoConnectionError,
    AltoError,
    AltoInsertManyFailedError,
    AltoNotSupportedError,
    AltoServerError,
    AltoTimeoutError,
)

WeaviateBaseError = AltoError
UnexpectedStatusCodeError = AltoError
UnexpectedStatusCodeException = AltoError
WeaviateQueryError = AltoError
WeaviateQueryException = AltoError
WeaviateDeleteManyError = AltoError
WeaviateBatchError = AltoError
WeaviateBatchFailedToReestablishStreamError = AltoError
WeaviateBatchSendError = AltoError
WeaviateBatchStreamError = AltoError
WeaviateRetryError = AltoError
EmptyResponseError = AltoServerError
EmptyResponseException = AltoServerError
ResponseCannotBeDecodedError = AltoServerError
ResponseCannotBeDecodedException = AltoServerError
WeaviateProtobufIncompatibility = AltoServerError
WeaviateConnectionError = AltoConnectionError
WeaviateGRPCUnavailableError = AltoConnectionError
WeaviateGrpcUnavailable = AltoConnectionError
WeaviateStartUpError = AltoConnectionError
WeaviateTimeoutError = AltoTimeoutError
AuthenticationFailedError = AltoAuthenticationError
AuthenticationFailedException = AltoAuthenticationError
InsufficientPermissionsError = AltoAuthenticationError
MissingScopeError = AltoAuthenticationError
MissingScopeException = AltoAuthenticationError
ObjectAlreadyExistsError = AltoConflictError
ObjectAlreadyExistsException = AltoConflictError
WeaviateClosedClientError = AltoClosedClientError
WeaviateInsertManyAllFailedError = AltoInsertManyFailedError
WeaviateInvalidInputError = AltoConfigurationError
WeaviateInvalidInputException = AltoConfigurationError
InvalidDataModelError = AltoConfigurationError
InvalidDataModelException = AltoConfigurationError
SchemaValidationError = AltoConfigurationError
SchemaValidationException = AltoConfigurationError
AdditionalPropertiesError = AltoConfigurationError
AdditionalPropertiesException = AltoConfigurationError
WeaviateAddInvalidPropertyError = AltoConfigurationError
WeaviateInsertInvalidPropertyError = AltoConfigurationError
WeaviateBatchValidationError = AltoConfigurationError
WeaviateUnsupportedFeatureError = AltoNotSupportedError
WeaviateAgentsNotInstalledError = AltoNotSupportedError
WeaviateEmbeddedInvalidVersionError = AltoNotSupportedError
WeaviateEmbeddedInvalidVersionException = AltoNotSupportedError
WeaviateTenantGetError = AltoNotSupportedError
BackupCanceledError = AltoNotSupportedError
BackupFailedError = AltoNotSupportedError
BackupFailedException = AltoNotSupportedError
ExportCanceledError = AltoNotSupportedError
ExportFailedError = AltoNotSupportedError

__all__ = [
    "AdditionalPropertiesError",
    "AdditionalPropertiesException",
    "AuthenticationFailedError",
    "AuthenticationFailedException",
    "BackupCanceledError",
    "BackupFailedError",
    "BackupFailedException",
    "EmptyResponseError",
    "EmptyResponseException",
    "ExportCanceledError",
    "ExportFailedError",
    "InsufficientPermissionsError",
    "InvalidDataModelError",
    "InvalidDataModelException",
    "MissingScopeError",
    "MissingScopeException",
    "ObjectAlreadyExistsError",
    "ObjectAlreadyExistsException",
    "ResponseCannotBeDecodedError",
    "ResponseCannotBeDecodedException",
    "SchemaValidationError",
    "SchemaValidationException",
    "UnexpectedStatusCodeError",
    "UnexpectedStatusCodeException",
    "WeaviateAddInvalidPropertyError",
    "WeaviateAgentsNotInstalledError",
    "WeaviateBaseError",
    "WeaviateBatchError",
    "WeaviateBatchFailedToReestablishStreamError",
    "WeaviateBatchSendError",
    "WeaviateBatchStreamError",
    "WeaviateBatchValidationError",
    "WeaviateClosedClientError",
    "WeaviateConnectionError",
    "WeaviateDeleteManyError",
    "WeaviateEmbeddedInvalidVersionError",
    "WeaviateEmbeddedInvalidVersionException",
    "WeaviateGRPCUnavailableError",
    "WeaviateGrpcUnavailable",
    "WeaviateInsertInvalidPropertyError",
    "WeaviateInsertManyAllFailedError",
    "WeaviateInvalidInputError",
    "WeaviateInvalidInputException",
    "WeaviateProtobufIncompatibility",
    "WeaviateQueryError",
    "WeaviateQueryException",
    "WeaviateRetryError",
    "WeaviateStartUpError",
    "WeaviateTenantGetError",
    "WeaviateTimeoutError",
    "WeaviateUnsupportedFeatureError",
]
