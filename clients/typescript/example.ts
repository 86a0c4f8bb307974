/** Runs against the Alto of `alto up` on this machine: `node example.ts [port]` (Node 24). */
import alto, { Filters } from "./src/index.ts";

const client = await alto.connectToLocal({ port: Number(process.argv[2] ?? 8700) });

interface Film {
  title: string;
  plot: string;
  year: number;
}

await client.collections.delete("ExampleFilm");
const films = await client.collections.create<Film>({
  name: "ExampleFilm",
  properties: [
    { name: "title", dataType: "text" },
    { name: "plot", dataType: "text" },
    { name: "year", dataType: "int" },
  ],
  vectorizers: alto.configure.vectors.text2VecAWSBedrock({ region: "us-east-1", model: "amazon.titan-embed-text-v2:0" }),
  generative: alto.configure.generative.awsBedrock({ model: "amazon.nova-lite-v1:0" }),
});

const inserted = await films.data.insertMany(
  [
    { title: "The Godfather", plot: "The ageing head of a crime family hands over to his son.", year: 1972 },
    { title: "A Christmas Carol", plot: "Three ghosts teach an old miser to be generous.", year: 2009 },
  ],
  { wait: true },
);
if (inserted.hasErrors) console.error(inserted.errors);

const found = await films.query.hybrid("a holiday film", {
  limit: 1,
  filters: Filters.and(films.filter.byProperty("year").greaterThan(1990)),
});
for (const film of found.objects) console.log(film.properties.title, film.metadata.score);

const text = await films.generate.nearText("a miser", { groupedTask: "Who teaches the miser?" }, { limit: 1 });
console.log(text.generated);
for (const citation of text.generative?.citations ?? []) console.log(`"${citation.quote}" (${citation.property})`);

await client.collections.delete("ExampleFilm");
