"""Expensive requests made from the API's description: nested, with long lists, wildcards, many words and groups.

A walk over the OpenAPI document fills in every schema. Lists and numbers lean towards their largest, filters towards
nesting; names and values are those of `COLLECTION`. A request may be above a limit, and then is a 400.
"""

import random
from collections.abc import Callable
from typing import Any

DIMENSIONS = 32
COLLECTION: dict[str, Any] = {
    "properties": [
        {"name": "title", "type": "text", "tokenization": "word"},
        {"name": "text", "type": "text"},
        {"name": "tags", "type": "text[]", "tokenization": "field"},
        {"name": "grams", "type": "text", "tokenization": "trigram"},
        {"name": "year", "type": "int"},
        {"name": "sizes", "type": "int[]"},
        {"name": "price", "type": "number"},
        {"name": "seen", "type": "boolean"},
        {"name": "printed", "type": "date"},
        {"name": "place", "type": "geo"},
    ],
    "vectors": {"default": {"vectorizer": "none", "dimensions": DIMENSIONS}},
}
TEXTS = ("title", "text", "tags", "grams")
NUMBERS = ("year", "sizes", "price")
GROUPS = ("title", "tags", "year", "sizes", "seen", "printed")
METRICS = {
    "title": ("count", "top_occurrences"),
    "tags": ("count", "top_occurrences"),
    "year": ("count", "min", "max", "mean", "median", "mode", "sum"),
    "sizes": ("count", "min", "max", "mean", "median", "mode", "sum"),
    "price": ("count", "min", "max", "mean", "median", "mode", "sum"),
    "seen": ("count", "total_true", "total_false", "percentage_true", "percentage_false"),
    "printed": ("count", "min", "max", "mean", "median", "mode"),
}
DEPTH = 5
# The lengths of lists, as shares of the longest.
SHARES = (0.01, 0.02, 0.05, 0.2, 1.0)
# The most conditions of one filter, and of all filters of a request; ten values of a list count as one condition.
# A filter may have 900 clauses, so that some requests are above that limit.
CONDITIONS, ALL_CONDITIONS = 1_000, 3_000


def document_of(place: int) -> dict[str, Any]:
    """An object of the collection. Words are few and repeat, so that patterns match much."""
    source = random.Random(place)
    words = [f"word{source.randrange(5_000)}" for _ in range(40)]
    return {
        "properties": {
            "title": f"number {place} of {words[0]}",
            "text": " ".join(words),
            "tags": words[:5],
            "grams": words[1],
            "year": place % 3_000,
            "sizes": [source.randrange(10_000) for _ in range(4)],
            "price": source.random() * 1_000,
            "seen": place % 2 == 0,
            "printed": f"20{place % 100:02}-01-01T00:00:00Z",
            "place": {"lat": source.uniform(-90, 90), "lon": source.uniform(-180, 180)},
        },
        "vectors": {"default": [source.gauss(0, 1) for _ in range(DIMENSIONS)]},
    }


class Costly:
    """Makes the requests of one seed."""

    def __init__(self, document: dict[str, Any], seed: int) -> None:
        self._schemas: dict[str, Any] = document["components"]["schemas"]
        self._random = random.Random(seed)
        # The share of the longest list, and the depth of filters, of the request that is being made.
        self._share = 1.0
        # The conditions that the request, and the filter, that is being made may still get.
        self._conditions, self._in_filter = ALL_CONDITIONS, CONDITIONS
        self._made: dict[str, Callable[[], Any]] = {
            "Condition": self._condition,
            "SearchRequest": self._search,
            "Decay": self._decay,
            "Sort": lambda: {"property": self._one("year", "price", "printed", "title"), "order": "descending"},
        }
        self._named: dict[str, Callable[[], Any]] = {
            "query": self._words,
            "vector": self._vector,
            "properties": lambda: self._some(*(f"{name}^{self._random.randrange(1, 9)}" for name in TEXTS)),
            "target_vector": lambda: "default",
            "property": lambda: self._one(*GROUPS),
            "filter": self._whole_filter,
            "return_properties": lambda: self._some(*TEXTS),
        }

    def request(self) -> tuple[str, dict[str, Any]]:
        """The operation of a request, and its body."""
        self.choose_size()
        match self._random.randrange(10):
            case 0 | 1 | 2 | 3:
                return "search", self._search()
            case 4 | 5:
                return "search", {"queries": self._list(self._search, 20)}
            case 6 | 7 | 8:
                return "aggregate", self._aggregation()
            case _:
                return "objects/list", self._object("ListRequest", 0.8, without=("after",))

    def choose_size(self) -> None:
        """Choose how large the next request is."""
        self._share, self._conditions = self._one(*SHARES), ALL_CONDITIONS

    def _search(self) -> dict[str, Any]:
        kind = self._one("bm25", "bm25", "hybrid", "hybrid", "near_vector", "sort")
        if kind == "sort":
            body: dict[str, Any] = {"sort": self._list(self._made["Sort"], 3)}
        elif kind == "near_vector":
            body = {kind: {"vector": self._vector()}}
        else:
            without = (
                "vectors",
                "near_text",
                "near_object",
                "move_to",
                "move_away",
                "minimum_match",
                "max_vector_distance",
            )
            body = {kind: self._object(kind.capitalize(), 0.4, without=without)}
        if kind == "hybrid":
            body[kind]["vector"] = self._vector()
        fitting = {
            "sort": ("filter", "limit", "offset", "include_vectors"),
            "near_vector": (
                "filter",
                "limit",
                "offset",
                "include_vectors",
                "diversity",
                "group_by",
                "boost",
                "smoothing",
            ),
            "bm25": ("filter", "limit", "offset", "highlight", "group_by", "boost"),
            "hybrid": ("filter", "limit", "highlight", "group_by", "boost", "smoothing", "explain"),
        }
        schema = self._schemas["SearchRequest"]["properties"]
        # With each step that reorders hits, pages end at its candidates: at most one, and no offset.
        steps = [name for name in ("diversity", "group_by", "boost", "smoothing") if name in fitting[kind]]
        step = self._one(*steps, None, None) if steps else None
        for name in fitting[kind]:
            if name == step or (name not in (*steps, "offset") and self.chance(0.5)):
                body[name] = self._value(name, schema[name])
            elif name == "offset" and step is None and self.chance(0.3):
                body[name] = self._random.randrange(5_000)
        if step == "group_by":
            # It sets the number of hits itself.
            body.pop("limit", None)
        elif step:
            body["limit"] = self._random.randint(1, min(20, body[step].get("candidates", 100)))
        return body

    def _aggregation(self) -> dict[str, Any]:
        metrics = {
            name: {"metrics": self._some(*METRICS[name])} | ({"limit": self._number(1, 100)} if name in TEXTS else {})
            for name in self._some(*METRICS)
        }
        body: dict[str, Any] = {"properties": metrics}
        if self.chance(0.8):
            body["group_by"] = {"property": self._one(*GROUPS), "limit": self._number(1, 1_000)}
        if self.chance(0.4):
            body["filter"] = self._whole_filter()
        elif self.chance(0.3):
            body["search"] = {"near_vector": {"vector": self._vector()}, "limit": self._number(1, 1_000)}
        return body

    def _whole_filter(self) -> dict[str, Any]:
        self._in_filter = min(CONDITIONS, self._conditions)
        before = self._in_filter
        made = self._filter(DEPTH)
        self._conditions -= before - self._in_filter
        return made

    def _filter(self, depth: int) -> dict[str, Any]:
        kind = self._one("condition", "and", "or", "or", "not") if depth else "condition"
        if kind == "condition":
            return self._condition()
        if kind == "not":
            return {"not": self._filter(depth - 1)}
        parts = [self._filter(depth - 1)]
        longest = int(self._share * (100 if depth == DEPTH else 12))
        while len(parts) < longest and self._in_filter > 0:
            parts.append(self._filter(depth - 1))
        return {kind: parts}

    def _condition(self) -> dict[str, Any]:  # noqa: PLR0911 - one of each kind
        self._in_filter -= 1
        text, number = self._one(*TEXTS[:3]), self._one(*NUMBERS)
        match self._random.randrange(9):
            case 0 | 1:
                return {"property": text, "operator": "like", "value": self._pattern()}
            case 2:
                value: Any = self._list(lambda: f"word{self._random.randrange(5_000)}", self._values())
                return {"property": text, "operator": self._one("contains_any", "contains_none"), "value": value}
            case 3:
                value = self._list(lambda: self._random.randrange(10_000), self._values())
                return {"property": "sizes", "operator": self._one("contains_any", "contains_all"), "value": value}
            case 4 | 5:
                operator = self._one("less_than", "greater_or_equal", "not_equal")
                return {"property": number, "operator": operator, "value": self._random.randrange(3_000)}
            case 6:
                circle = {"lat": 0.0, "lon": 0.0, "meters": float(self._number(1, 20_000_000))}
                return {"property": "place", "operator": "within_geo_range", "value": circle}
            case 7:
                return {"property": text, "operator": "greater_than", "value": 3, "length": True}
            case _:
                return {"property": text, "operator": "is_null", "value": self.chance(0.5)}

    def _values(self) -> int:
        longest = min(900, max(1, 10 * self._in_filter))
        self._in_filter -= int(self._share * longest) // 10
        return longest

    def _decay(self) -> dict[str, Any]:
        return {"property": "year", "origin": 2_000, "scale": 1 + self._random.randrange(500)}

    def _pattern(self) -> str:
        parts = [self._one("w", "o", "rd", "1", "?", "number") for _ in range(self._number(1, 9))]
        pattern = "*".join(parts)
        return f"*{pattern}*" if self.chance(0.3) else f"w{pattern}*"

    def _words(self) -> str:
        count = max(1, int(self._share * self._random.choice((5, 40, 1_000))))
        return " ".join(f"w{self._one('o', 'u')}rd{self._random.randrange(5_000)}" for _ in range(count))

    def _vector(self) -> list[float]:
        return [round(self._random.gauss(0, 1), 3) for _ in range(DIMENSIONS)]

    def _value(self, name: str, schema: dict[str, Any]) -> Any:
        """A value for a field, as its schema allows."""
        if name in self._named:
            return self._named[name]()
        return self._of(schema)

    def _of(self, schema: dict[str, Any]) -> Any:  # noqa: PLR0911 - one of each kind
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return self._made[name]() if name in self._made else self._object(name, 0.6)
        choices = [each for each in schema.get("anyOf", schema.get("oneOf", [])) if each.get("type") != "null"]
        if choices:
            return self._of(self._random.choice(choices))
        if "enum" in schema or "const" in schema:
            return self._one(*schema.get("enum", [schema.get("const")]))
        match schema["type"]:
            case "array":
                return self._list(lambda: self._of(schema["items"]), schema["maxItems"])
            case "integer":
                return self._number(int(schema["minimum"]), int(schema["maximum"]))
            case "number":
                return round(self._random.uniform(0.01, min(0.99, schema.get("maximum", 0.99))), 3)
            case "boolean":
                return self.chance(0.7)
            case "string" if schema.get("pattern") == r"\S":
                return self._words()[: schema["maxLength"]]
        raise NotImplementedError(schema)

    def _object(self, name: str, share: float, without: tuple[str, ...] = ()) -> dict[str, Any]:
        """An object of a schema: what it requires, and a share of the rest."""
        schema = self._schemas[name]
        required = schema.get("required", [])
        return {
            field: self._value(field, each)
            for field, each in schema["properties"].items()
            if field not in without and (field in required or self.chance(share))
        }

    def _list[T](self, make: Callable[[], T], longest: int) -> list[T]:
        return [make() for _ in range(max(1, int(self._share * longest)))]

    def _number(self, low: int, high: int) -> int:
        return max(low, int(high * self._one(*SHARES)))

    def _some[T](self, *values: T) -> list[T]:
        return self._random.sample(values, self._random.randint(1, len(values)))

    def _one(self, *values: Any) -> Any:
        return self._random.choice(values)

    def chance(self, share: float) -> bool:
        """Return true in this share of the cases."""
        return self._random.random() < share
