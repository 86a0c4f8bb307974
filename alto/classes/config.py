"""How a collection is described: its properties and its vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from alto.classes.generative import Generative
from alto.classes.vectors import NamedVectors, VectorConfig, VectorDistances, VectorIndex, Vectorizer, Vectors
from alto.compatibility import StrEnum
from alto.errors import AltoConfigurationError
from alto.unsupported import ALTERNATIVES, Unsupported, raise_unsupported, reject_given

__all__ = [
    "Configure",
    "ConsistencyLevel",
    "DataType",
    "Property",
    "Reconfigure",
    "ReferenceProperty",
    "Tokenization",
    "VectorConfig",
    "VectorDistances",
]


class DataType(StrEnum):
    """The type of a property, as Weaviate names it."""

    TEXT = "text"
    TEXT_ARRAY = "text[]"
    INT = "int"
    INT_ARRAY = "int[]"
    NUMBER = "number"
    NUMBER_ARRAY = "number[]"
    BOOL = "boolean"
    BOOL_ARRAY = "boolean[]"
    DATE = "date"
    DATE_ARRAY = "date[]"
    UUID = "uuid"
    UUID_ARRAY = "uuid[]"
    OBJECT = "object"
    OBJECT_ARRAY = "object[]"
    GEO_COORDINATES = "geo"
    PHONE_NUMBER = "phoneNumber"
    BLOB = "blob"


# Types that Alto has not, and what to take instead.
_OTHER_TYPES = {
    DataType.PHONE_NUMBER: "DataType.TEXT with Tokenization.FIELD",
    DataType.BLOB: "store the bytes in S3 and their key as DataType.TEXT",
}


class Tokenization(StrEnum):
    """How text is cut into words for BM25.

    A language stems and drops its stop words; ENGLISH is Alto's default. GSE and KAGOME are Weaviate's only.
    """

    WORD = "word"
    LOWERCASE = "lowercase"
    WHITESPACE = "whitespace"
    FIELD = "field"
    ENGLISH = "english"
    TRIGRAM = "trigram"
    ARABIC = "arabic"
    ARMENIAN = "armenian"
    BASQUE = "basque"
    BENGALI = "bengali"
    BRAZILIAN = "brazilian"
    BULGARIAN = "bulgarian"
    CATALAN = "catalan"
    CJK = "cjk"
    CZECH = "czech"
    DANISH = "danish"
    DUTCH = "dutch"
    ESTONIAN = "estonian"
    FINNISH = "finnish"
    FRENCH = "french"
    GALICIAN = "galician"
    GERMAN = "german"
    GREEK = "greek"
    HINDI = "hindi"
    HUNGARIAN = "hungarian"
    INDONESIAN = "indonesian"
    IRISH = "irish"
    ITALIAN = "italian"
    LATVIAN = "latvian"
    LITHUANIAN = "lithuanian"
    NORWEGIAN = "norwegian"
    PERSIAN = "persian"
    PORTUGUESE = "portuguese"
    ROMANIAN = "romanian"
    RUSSIAN = "russian"
    SORANI = "sorani"
    SPANISH = "spanish"
    SWEDISH = "swedish"
    THAI = "thai"
    TURKISH = "turkish"
    GSE = "gse"
    GSE_CH = "gse_ch"
    KAGOME_JA = "kagome_ja"
    KAGOME_KR = "kagome_kr"


_OTHER_TOKENIZATIONS = frozenset({"gse", "gse_ch", "kagome_ja", "kagome_kr"})


@dataclass(slots=True)
class Property:
    """One property of a collection's objects. None means the server's default."""

    name: str
    data_type: DataType
    description: str | None = None
    index_filterable: bool | None = None
    index_searchable: bool | None = None
    index_range_filters: bool | None = None
    nested_properties: list["Property"] | None = None
    skip_vectorization: bool = False
    vectorize_property_name: bool | None = None
    tokenization: Tokenization | None = None
    text_analyzer: None = None
    # Words that a query leaves out: Alto's own.
    stop_words: Literal["english", "none"] | Sequence[str] | None = None
    # Letters match with and without accents: Alto's own.
    folding: bool | None = None

    def to_api(self) -> dict[str, Any]:
        """As the API takes it."""
        reject_given(text_analyzer=self.text_analyzer)
        data_type = DataType(self.data_type)
        if data_type in _OTHER_TYPES:
            raise_unsupported(f"DataType.{data_type.name} (property '{self.name}')", _OTHER_TYPES[data_type])
        if self.tokenization in _OTHER_TOKENIZATIONS:
            raise_unsupported(
                f"Tokenization.{Tokenization(self.tokenization).name} (property '{self.name}')",
                "CJK, TRIGRAM or WORD",
            )
        nested = [each.to_api() for each in self.nested_properties or ()]
        settings: dict[str, Any] = {
            "description": self.description,
            "properties": nested or None,
            "filterable": self.index_filterable,
            "searchable": self.index_searchable,
            "tokenization": self.tokenization and self.tokenization.value,
            "skip_vectorization": self.skip_vectorization or None,
            "vectorize_property_name": self.vectorize_property_name,
            "folding": self.folding,
            "stop_words": self.stop_words
            if self.stop_words is None or isinstance(self.stop_words, str)
            else list(self.stop_words),
        }
        given = {name: value for name, value in settings.items() if value is not None}
        return {"name": self.name, "type": data_type.value} | given


class Configure:
    """The parts of a collection, one group for each."""

    Vectors = Vectors
    NamedVectors = NamedVectors
    Vectorizer = Vectorizer
    VectorIndex = VectorIndex
    Generative = Generative
    Reranker = Unsupported("Configure.Reranker", ALTERNATIVES["reranker_config"])
    MultiVectors = Unsupported("Configure.MultiVectors", "one vector for each object, or several named ones")
    ObjectTTL = Unsupported("Configure.ObjectTTL", ALTERNATIVES["object_ttl_config"])
    inverted_index = Unsupported("Configure.inverted_index", ALTERNATIVES["inverted_index_config"])
    multi_tenancy = Unsupported("Configure.multi_tenancy", ALTERNATIVES["multi_tenancy_config"])
    replication = Unsupported("Configure.replication", ALTERNATIVES["replication_config"])
    sharding = Unsupported("Configure.sharding", ALTERNATIVES["sharding_config"])
    text_analyzer = Unsupported("Configure.text_analyzer", ALTERNATIVES["text_analyzer"])


class _Reconfigure(Unsupported):
    """The parts of a collection that can be changed by a configuration: the model of generated texts."""

    Generative = Generative


Reconfigure = _Reconfigure(
    "Reconfigure", "collection.config.update(description=…, auto_schema=…, replicas=…, refresh_seconds=…)"
)
ReferenceProperty = Unsupported("ReferenceProperty", ALTERNATIVES["references"])
ConsistencyLevel = Unsupported("ConsistencyLevel", ALTERNATIVES["consistency_level"])


def vectors_to_api(configs: VectorConfig | list[VectorConfig] | None) -> dict[str, Any]:
    """The vectors by name; one without a name is `default`.

    Raises `AltoConfigurationError` if two have one name.
    """
    found: dict[str, Any] = {}
    for config in [configs] if isinstance(configs, VectorConfig) else configs or ():
        name = config.name or "default"
        if name in found:
            raise AltoConfigurationError(f"vector_config: two vectors are named '{name}': give each a name of its own")
        found[name] = config.settings
    return found
