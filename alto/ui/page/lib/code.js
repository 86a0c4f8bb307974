// The request of the page as a program.

const quote = (text) => JSON.stringify(text);
const shell = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

function python(value, indent = "") {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const isList = Array.isArray(value);
  const inner = `${indent}    `;
  const rows = isList
    ? value.map((each) => python(each, inner))
    : Object.entries(value).map(([name, each]) => `${quote(name)}: ${python(each, inner)}`);
  const [open, close] = isList ? ["[", "]"] : ["{", "}"];
  const flat = rows.join(", ");
  if (flat.length < 70 && !flat.includes("\n")) return `${open}${flat}${close}`;
  return `${open}\n${rows.map((row) => `${inner}${row},`).join("\n")}\n${indent}${close}`;
}

export function asCurl(about, path, body) {
  const lines = [`curl -X POST ${shell(`${about.url}/${path}`)}`, "-H 'Content-Type: application/json'"];
  if (about.auth === "iam") {
    lines.push(`--aws-sigv4 "aws:amz:${about.region ?? "$AWS_REGION"}:execute-api"`);
    lines.push('--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" -H "X-Amz-Security-Token: $AWS_SESSION_TOKEN"');
  }
  if (about.auth === "bearer") lines.push('-H "Authorization: Bearer $ALTO_TOKEN"');
  lines.push(`-d ${shell(JSON.stringify(body, null, 2))}`);
  return lines.join(" \\\n  ");
}

export function asPython(about, path, body) {
  const open =
    about.auth === "iam"
      ? `alto.connect_to_aws(${quote(about.url)})`
      : about.auth === "bearer"
        ? `alto.AltoClient(${quote(about.url)}, headers={"Authorization": f"Bearer {os.environ['ALTO_TOKEN']}"})`
        : `alto.connect_to_custom(${quote(about.url)})`;
  const imports = about.auth === "bearer" ? "import os\n\nimport alto" : "import alto";
  return `${imports}

with ${open} as client:
    response = client.call("POST", ${quote(`/${path}`)}, ${python(body, "    ")}, repeatable=True)
    for result in response["results"]:
        for hit in result["objects"]:
            print(hit.get("score"), hit["id"], hit["properties"])`;
}

export function asTypeScript(about, path, body) {
  const signed = about.auth === "iam";
  const headers = about.auth === "bearer" ? ', Authorization: `Bearer ${process.env.ALTO_TOKEN}`' : "";
  const client = `import { AwsClient } from "aws4fetch";

const aws = new AwsClient({
  accessKeyId: process.env.AWS_ACCESS_KEY_ID!,
  secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY!,
  sessionToken: process.env.AWS_SESSION_TOKEN,
  service: "execute-api",
});

`;
  return `${signed ? client : ""}const response = await ${signed ? "aws.fetch" : "fetch"}(${quote(`${about.url}/${path}`)}, {
  method: "POST",
  headers: { "Content-Type": "application/json"${headers} },
  body: JSON.stringify(${JSON.stringify(body, null, 2).replaceAll("\n", "\n  ")}),
});
const { results } = await response.json();
for (const { objects } of results) {
  for (const hit of objects) console.log(hit.score, hit.id, hit.properties);
}`;
}
