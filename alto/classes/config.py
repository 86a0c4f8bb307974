"""How a collection is described: its properties and its vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from alto.classes.expiry import ObjectTTL, ObjectTTLUpdate
from alto.classes.generative import Generative
from alto.classes.names import (
    ConsistencyLevel,
    GenerativeSearches,
    ReplicationDeletionStrategy,
    Rerankers,
    StopwordsPreset,
    VectorFilterStrategy,
    VectorIndexType,
    Vectorizers,
)
from alto.classes.options import (
    InvertedIndexOptions,
    TextAnalyzerOptions,
    inverted_index,
    multi_tenancy,
    replication,
    sharding,
    text_analyzer,
)
from alto.classes.rerankers import Reranker
from alto.classes.vector_index import VectorDistances, VectorIndex
from alto.classes.vectors import NamedVectors, VectorConfig, Vectorizer, Vectors
from alto.compatibility import StrEnum
from alto.errors import AltoConfigurationError
from alto.unsupported import ALTERNATIVES, Unsupported, raise_unsupported
from alto.weaviate_names import refused_names

__all__ = [
    "Configure",
    "ConsistencyLevel",
    "DataType",
    "GenerativeSearches",
    "Property",
    "Reconfigure",
    "ReplicationDeletionStrategy",
    "Rerankers",
    "StopwordsPreset",
    "Tokenization",
    "VectorConfig",
    "VectorDistances",
    "VectorFilterStrategy",
    "VectorIndexType",
    "Vectorizers",
]

__getattr__ = refused_names(__name__)


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
    BLOB_HASH = "blobHash"


# Types that Alto has not, and what to take instead.
_OTHER_TYPES = {
    DataType.PHONE_NUMBER: ALTERNATIVES["phone_number"],
    DataType.BLOB: ALTERNATIVES["blob"],
    DataType.BLOB_HASH: ALTERNATIVES["blob"],
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
    nested_properties: "Property | Sequence[Property] | None" = None
    skip_vectorization: bool = False
    vectorize_property_name: bool | None = None
    tokenization: Tokenization | None = None
    text_analyzer: TextAnalyzerOptions | None = None
    # Words that a query leaves out: Alto's own.
    stop_words: Literal["english", "none"] | Sequence[str] | None = None
    # Letters match with and without accents: Alto's own.
    folding: bool | None = None

    def to_api(self, options: InvertedIndexOptions | None = None) -> dict[str, Any]:
        """As the API takes it. `options` are the collection's."""
        analyzer = self.text_analyzer or TextAnalyzerOptions()
        nested = self.nested_properties
        parts = [nested] if isinstance(nested, Property) else list(nested or ())
        settings: dict[str, Any] = {
            "description": self.description,
            "properties": [each.to_nested_api() for each in parts] or None,
            "filterable": self.index_filterable,
            "searchable": self.index_searchable,
            "tokenization": self._tokenization(),
            "skip_vectorization": self.skip_vectorization or None,
            "vectorize_property_name": self.vectorize_property_name,
            "folding": analyzer.folding if self.folding is None else self.folding,
            "stop_words": self._stop_words(analyzer, options or InvertedIndexOptions()),
        }
        given = {name: value for name, value in settings.items() if value is not None}
        return {"name": self.name[:1].lower() + self.name[1:], "type": self._type().value} | given

    def to_nested_api(self) -> dict[str, Any]:
        """As the API takes a property within an object, whose text is filtered by whole values and not searched."""
        body = self.to_api()
        return {
            name: body[name] for name in ("name", "type", "description", "properties", "filterable") if name in body
        }

    def _type(self) -> DataType:
        data_type = DataType(self.data_type)
        if data_type in _OTHER_TYPES:
            raise_unsupported(f"DataType.{data_type.name} (property '{self.name}')", _OTHER_TYPES[data_type])
        return data_type

    def _tokenization(self) -> str | None:
        if self.tokenization in _OTHER_TOKENIZATIONS:
            name = Tokenization(self.tokenization).name
            raise_unsupported(f"Tokenization.{name} (property '{self.name}')", "CJK, TRIGRAM or WORD")
        return self.tokenization and Tokenization(self.tokenization).value

    def _stop_words(self, analyzer: TextAnalyzerOptions, options: InvertedIndexOptions) -> str | list[str] | None:
        """Its own, those that it names, or those of the collection for any text."""
        if self.stop_words is not None:
            return self.stop_words if isinstance(self.stop_words, str) else list(self.stop_words)
        if analyzer.stopword_preset is not None:
            return options.stop_words_of(analyzer.stopword_preset)
        is_text = DataType(self.data_type) in {DataType.TEXT, DataType.TEXT_ARRAY}
        return options.stop_words if is_text and self.index_searchable is not False else None


class _Replication:
    """Configure.Replication."""

    @staticmethod
    def async_config(**_: object) -> None:
        """Has no effect: copies that are in sync confirm each write."""


class Configure:
    """The parts of a collection, one group for each."""

    Vectors = Vectors
    NamedVectors = NamedVectors
    Vectorizer = Vectorizer
    VectorIndex = VectorIndex
    Generative = Generative
    Reranker = Reranker
    Replication = _Replication
    MultiVectors = Unsupported("Configure.MultiVectors", ALTERNATIVES["multi_vector"])
    ObjectTTL = ObjectTTL
    inverted_index = staticmethod(inverted_index)
    multi_tenancy = staticmethod(multi_tenancy)
    replication = staticmethod(replication)
    sharding = staticmethod(sharding)
    text_analyzer = staticmethod(text_analyzer)


class Reconfigure:
    """The parts of a collection that can be changed by a configuration: its models, its copies and its expiry."""

    Generative = Generative
    Reranker = Reranker
    Replication = _Replication
    VectorIndex = Unsupported("Reconfigure.VectorIndex", ALTERNATIVES["changed_vector_config"])
    Vectors = NamedVectors = Unsupported("Reconfigure.Vectors", ALTERNATIVES["changed_vector_config"])
    ObjectTTL = ObjectTTLUpdate
    inverted_index = Unsupported("Reconfigure.inverted_index", ALTERNATIVES["stop_words"])
    multi_tenancy = staticmethod(multi_tenancy)
    replication = staticmethod(replication)


def vectors_to_api(configs: VectorConfig | list[VectorConfig] | None) -> dict[str, Any]:
    """The vectors by name; one without a name is `default`.

    Raises `AltoConfigurationError` if two have one name.
    """
    found: dict[str, Any] = {}
    for config in [configs] if isinstance(configs, VectorConfig) else configs or ():
        name = config.name or "default"
        if name in found:
            raise AltoConfigurationError(f"vector_config: two vectors are named '{name}': give each a name of its own")
        sources = config.settings.get("source_properties")
        named = {} if sources is None else {"source_properties": [each[:1].lower() + each[1:] for each in sources]}
        found[name] = config.settings | named
    return found
