"""Constants of Weaviate's that name what a collection has, or an option that changes nothing here."""

from alto.compatibility import StrEnum


class Vectorizers(StrEnum):
    """Who makes a vector."""

    NONE = "none"
    TEXT2COLBERT_JINAAI = "text2colbert-jinaai"
    TEXT2VEC_AWS = "text2vec-aws"
    TEXT2VEC_COHERE = "text2vec-cohere"
    TEXT2VEC_CONTEXTIONARY = "text2vec-contextionary"
    TEXT2VEC_DATABRICKS = "text2vec-databricks"
    TEXT2VEC_DIGITALOCEAN = "text2vec-digitalocean"
    TEXT2VEC_GPT4ALL = "text2vec-gpt4all"
    TEXT2VEC_HUGGINGFACE = "text2vec-huggingface"
    TEXT2VEC_MISTRAL = "text2vec-mistral"
    TEXT2VEC_MORPH = "text2vec-morph"
    TEXT2VEC_MODEL2VEC = "text2vec-model2vec"
    TEXT2VEC_NVIDIA = "text2vec-nvidia"
    TEXT2VEC_OLLAMA = "text2vec-ollama"
    TEXT2VEC_OPENAI = "text2vec-openai"
    TEXT2VEC_PALM = "text2vec-palm"
    TEXT2VEC_TRANSFORMERS = "text2vec-transformers"
    TEXT2VEC_JINAAI = "text2vec-jinaai"
    TEXT2VEC_VOYAGEAI = "text2vec-voyageai"
    TEXT2VEC_WEAVIATE = "text2vec-weaviate"
    IMG2VEC_NEURAL = "img2vec-neural"
    MULTI2VEC_AWS = "multi2vec-aws"
    MULTI2VEC_CLIP = "multi2vec-clip"
    MULTI2VEC_COHERE = "multi2vec-cohere"
    MULTI2VEC_JINAAI = "multi2vec-jinaai"
    MULTI2MULTI_JINAAI = "multi2multivec-jinaai"
    MULTI2MULTI_WEAVIATE = "multi2multivec-weaviate"
    MULTI2VEC_BIND = "multi2vec-bind"
    MULTI2VEC_PALM = "multi2vec-palm"
    MULTI2VEC_VOYAGEAI = "multi2vec-voyageai"
    MULTI2VEC_NVIDIA = "multi2vec-nvidia"
    MULTI2VEC_TWELVELABS = "multi2vec-twelvelabs"
    REF2VEC_CENTROID = "ref2vec-centroid"


class GenerativeSearches(StrEnum):
    """Whose model writes texts."""

    AWS = "generative-aws"
    ANTHROPIC = "generative-anthropic"
    ANYSCALE = "generative-anyscale"
    COHERE = "generative-cohere"
    CONTEXTUALAI = "generative-contextualai"
    DATABRICKS = "generative-databricks"
    DEEPSEEK = "generative-deepseek"
    DIGITALOCEAN = "generative-digitalocean"
    DUMMY = "generative-dummy"
    FRIENDLIAI = "generative-friendliai"
    META = "generative-meta"
    MISTRAL = "generative-mistral"
    NVIDIA = "generative-nvidia"
    OLLAMA = "generative-ollama"
    OPENAI = "generative-openai"
    PALM = "generative-palm"
    XAI = "generative-xai"


class Rerankers(StrEnum):
    """Whose model reranks."""

    NONE = "none"
    COHERE = "reranker-cohere"
    CONTEXTUALAI = "reranker-contextualai"
    TRANSFORMERS = "reranker-transformers"
    VOYAGEAI = "reranker-voyageai"
    JINAAI = "reranker-jinaai"
    NVIDIA = "reranker-nvidia"
    AWS = "reranker-aws"


class VectorIndexType(StrEnum):
    """How vectors are indexed."""

    HNSW = "hnsw"
    FLAT = "flat"
    DYNAMIC = "dynamic"
    HFRESH = "hfresh"
    NONE = "none"


class VectorFilterStrategy(StrEnum):
    """How a filter is applied in the graph. OpenSearch chooses it for each search."""

    SWEEPING = "sweeping"
    ACORN = "acorn"
    PATHSEER = "pathseer"


class StopwordsPreset(StrEnum):
    """Words that a query leaves out."""

    NONE = "none"
    EN = "en"


class ReplicationDeletionStrategy(StrEnum):
    """The fate of a deletion that not all copies have seen. OpenSearch's copies agree before a write succeeds."""

    DELETE_ON_CONFLICT = "DeleteOnConflict"
    NO_AUTOMATED_RESOLUTION = "NoAutomatedResolution"
    TIME_BASED_RESOLUTION = "TimeBasedResolution"


class ConsistencyLevel(StrEnum):
    """How many copies must confirm. All those that are in sync do, always."""

    ALL = "ALL"
    ONE = "ONE"
    QUORUM = "QUORUM"
