"""Results and arguments of searches. Several names are one class."""

from alto.classes.data import GeoCoordinate
from alto.classes.filters import FilterByProperty
from alto.classes.filters import FilterByProperty as FilterByCreationTime
from alto.classes.filters import FilterByProperty as FilterById
from alto.classes.filters import FilterByProperty as FilterByUpdateTime
from alto.classes.filters import FilterExpression as FilterReturn
from alto.classes.generative_results import GenerativeObject, GenerativeReturn
from alto.classes.profiles import QueryProfileReturn, SearchProfileReturn, ShardProfileReturn
from alto.classes.query import Operator as BM25OperatorAnd
from alto.classes.query import Operator as BM25OperatorAndCross
from alto.classes.query import Operator as BM25OperatorOr
from alto.classes.ranking import MMR
from alto.classes.results import Group, MetadataReturn, Object, QueryReturn
from alto.classes.results import MetadataReturn as MetadataSingleObjectReturn
from alto.classes.results import Object as GroupByObject
from alto.classes.results import Object as ObjectSingleReturn
from alto.classes.results import Object as QuerySingleReturn
from alto.classes.results import QueryReturn as GroupByReturn
from alto.classes.sorting import Sorting
from alto.classes.targets import ListOfVectors as ListOfVectorsQuery
from alto.classes.targets import NearVectorInput as NearVectorInputType
from alto.classes.targets import TargetVectorJoin as TargetVectorJoinType
from alto.weaviate_names import refused_names

__all__ = [
    "MMR",
    "BM25OperatorAnd",
    "BM25OperatorAndCross",
    "BM25OperatorOr",
    "FilterByCreationTime",
    "FilterById",
    "FilterByProperty",
    "FilterByUpdateTime",
    "FilterReturn",
    "GenerativeObject",
    "GenerativeReturn",
    "GeoCoordinate",
    "Group",
    "GroupByObject",
    "GroupByReturn",
    "ListOfVectorsQuery",
    "MetadataReturn",
    "MetadataSingleObjectReturn",
    "NearVectorInputType",
    "Object",
    "ObjectSingleReturn",
    "QueryProfileReturn",
    "QueryReturn",
    "QuerySingleReturn",
    "SearchProfileReturn",
    "ShardProfileReturn",
    "Sorting",
    "TargetVectorJoinType",
]

__getattr__ = refused_names(__name__)
