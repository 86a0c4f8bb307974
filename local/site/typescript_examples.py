"""Examples of operations with the methods of the TypeScript client. Operations without one use its `call`.

tests/integration/client/test_site_examples.py runs them in the order of lambdas/api_examples.py.
"""

EMMA = "7a3f2e0c-5b1d-4c89-9a57-2f6c1d0e8b34"
ODYSSEY = "0b54a1f6-0c8b-4c50-9d5c-7f2f0e9b6a11"

TYPESCRIPT = {
    "live": "await client.isLive();",
    "ready": "await client.isReady();",
    "get_meta": "await client.getMeta();",
    "create_collection": """
await client.collections.create({
  name: "Book",
  description: "Books on the shelves.",
  properties: [
    { name: "title", dataType: "text" },
    { name: "pages", dataType: "int" },
    { name: "printed", dataType: "date" },
    { name: "lent", dataType: "boolean" },
    { name: "place", dataType: "geo" },
    {
      name: "author",
      dataType: "object",
      nestedProperties: [{ name: "name", dataType: "text" }, { name: "born", dataType: "date" }],
    },
  ],
  vectorizers: alto.configure.vectors.selfProvided({ dimensions: 3 }),
  generative: alto.configure.generative.awsBedrock({ model: "amazon.nova-lite-v1:0" }),
});
""",
    "list_collections": "await client.collections.listAll();",
    "get_collection": 'await client.collections.use("Book").config.get();',
    "collection_exists": 'await client.collections.exists("Book");',
    "delete_collection": 'await client.collections.delete("Book");',
    "create_alias": 'await client.alias.create({ alias: "Reading", collection: "Book" });',
    "list_aliases": 'await client.alias.listAll({ collection: "Book" });',
    "repoint_alias": 'await client.alias.update({ alias: "Reading", newTargetCollection: "Book" });',
    "delete_alias": 'await client.alias.delete("Reading");',
    "insert_object": f"""
await client.collections.use("Book").data.insert(
  {{
    id: "{EMMA}",
    properties: {{
      title: "Emma",
      pages: 474,
      printed: "1815-12-23T00:00:00Z",
      lent: false,
      place: {{ lat: 51.5, lon: -0.12 }},
      author: {{ name: "Jane Austen", born: "1775-12-16T00:00:00Z" }},
    }},
    vectors: [0.1, 0.2, 0.3],
  }},
  {{ wait: true }},
);
""",
    "write_objects": f"""
await client.collections.use("Book").data.insertMany(
  [{{ id: "{ODYSSEY}", properties: {{ title: "The Odyssey", lent: true }}, vectors: [0.3, 0.2, 0.1] }}],
  {{ wait: true }},
);
""",
    "get_object": f"""
await client.collections.use("Book").query.fetchObjectById(
  "{EMMA}",
  {{ includeVector: true }},
);
""",
    "object_exists": f'await client.collections.use("Book").data.exists("{EMMA}");',
    "replace_object": f"""
await client.collections.use("Book").data.replace({{
  id: "{ODYSSEY}",
  properties: {{ title: "The Odyssey", pages: 541, lent: true }},
  vectors: [0.3, 0.2, 0.1],
}});
""",
    "merge_object": f"""
await client.collections.use("Book").data.update(
  {{ id: "{EMMA}", properties: {{ lent: true, tags: ["novel", "classic"] }} }},
  {{ wait: true }},
);
""",
    "delete_object": f'await client.collections.use("Book").data.deleteById("{EMMA}");',
    "list_matching_objects": """
const books = client.collections.use("Book");
const longAndOld = Filters.and(
  books.filter.byProperty("pages").greaterThan(300),
  books.filter.byProperty("printed").lessThan("2000-01-01T00:00:00Z"),
);
for await (const book of books.iterator({ filters: longAndOld, returnProperties: ["title"] })) {
  console.log(book.properties.title);
}
""",
    "search": """
const books = client.collections.use("Book");
const found = await books.query.nearVector([0.1, 0.2, 0.3], {
  filters: books.filter.byProperty("lent").equal(true),
  limit: 3,
  request: {
    boost: { conditions: [{ property: "pages", origin: 300, scale: 200 }], weight: 0.2 },
    rerank: { model: "cohere.rerank-v3-5:0", query: "a long way home", candidates: 50 },
  },
});
for (const book of found.objects) console.log(book.properties.title, book.metadata.distance);
""",
    "generate": """
const response = await client.collections.use("Book").generate.nearVector(
  [0.1, 0.2, 0.3],
  {
    groupedTask: "Which of these books is about a long way home?",
    singlePrompt: "Describe the book {title} by {author.name} in one sentence.",
    groupedProperties: ["title", "author.name", "pages"],
    config: { model: "amazon.nova-lite-v1:0", max_tokens: 300 },
  },
  { limit: 3 },
);
console.log(response.generated, response.generative?.citations);
""",
    "update_objects": """
const books = client.collections.use("Book");
await books.data.updateMany(
  books.filter.byProperty("lent").equal(true),
  { tags: ["novel"], lent: false },
  { wait: true },
);
""",
    "delete_objects": """
const books = client.collections.use("Book");
await books.data.deleteMany(books.filter.byProperty("lent").equal(true), { dryRun: true });
""",
}
