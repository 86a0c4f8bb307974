"""Alto's searches as a retriever."""

from typing import Any, Literal

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field

from langchain_alto.documents import Layout
from langchain_alto.filters import to_filter


class AltoRetriever(BaseRetriever):
    """Retrieves documents from a collection by hybrid search, or another one.

        AltoRetriever(client=client, collection="Plays", k=3).invoke("a holiday tale")

    `invoke` takes `k`, `filter` and the settings of the search too, for one call. The score of a document is not part
    of its metadata.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    client: Any = Field(description="A connected client of Alto.")
    collection: str = Field(description="The name of the collection.")
    text_property: str = Field(default="text", description="The property that is the text of a document.")
    search_type: Literal["hybrid", "near_text", "bm25"] = "hybrid"
    metadata_property: str | None = Field(
        default="metadata", description="The property of the metadata; None: all properties but the text."
    )
    k: int = Field(default=4, ge=1, description="The largest number of documents.")
    filter: Any = Field(default=None, description="A filter of LangChain's operators, or one of Alto.")
    settings: dict[str, Any] = Field(
        default_factory=dict, description="Other settings of the search: alpha, query_properties, rerank, boost."
    )

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **kwargs: Any
    ) -> list[Document]:
        search = getattr(self.client.collections.use(self.collection).query, self.search_type)
        layout = Layout(self.text_property, self.metadata_property)
        condition = to_filter(kwargs.pop("filter", self.filter), layout.path)
        asked = {"limit": kwargs.pop("k", self.k), "filters": condition}
        found = search(query, **asked, **(self.settings | kwargs))
        return [layout.to_document(each) for each in found.objects]
