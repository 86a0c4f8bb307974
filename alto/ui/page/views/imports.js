// Imports: drop a file, watch it, read why records failed, cancel, resume, retry.
import { collectionPath, get, post, upload } from "../lib/api.js";
import { bytes, count, duration, plain, since } from "../lib/format.js";
import { Empty, Loading, Problem } from "../lib/parts.js";
import { html, useEffect, useRef, useState } from "../lib/preact.js";

const RUNNING = new Set(["splitting", "loading"]);
const POLL = 1000;
const STATES = { splitting: "reading", loading: "loading", completed: "completed", failed: "failed", incomplete: "incomplete", cancelled: "cancelled" };

export function Imports({ collection }) {
  const [jobs, setJobs] = useState(null);
  const [awaited, setAwaited] = useState([]);
  const [error, setError] = useState(null);
  const path = collection && collectionPath(collection.name, "/imports");
  const load = async () => {
    try {
      const { imports } = await get(`${path}?limit=20`);
      setJobs(imports);
      setAwaited((before) => before.filter((each) => !imports.some((job) => job.id === each.id)));
      setError(null);
    } catch (problem) {
      setError(problem);
    }
  };
  const busy = awaited.length > 0 || jobs?.some((each) => RUNNING.has(each.state));
  useEffect(() => {
    if (!path) return undefined;
    load();
    const timer = setInterval(() => !document.hidden && (busy || Math.random() < 0.2) && load(), POLL);
    return () => clearInterval(timer);
  }, [path, busy]);
  if (!collection) return html`<${Empty} title="No collection yet"><p>Make one first: a file is imported into a collection.</p><//>`;
  return html`<div class="imports">
    <h1>Imports into ${collection.name}</h1>
    <${Drop} collection=${collection} sent=${(job) => (setAwaited((before) => [...before, job]), load())} />
    <${Problem} error=${error} retry=${load} />
    ${jobs === null && !error && html`<${Loading} />`}
    ${awaited.map((each) => html`<article class="job" key=${each.id}><p><strong>${each.name}</strong> <span class="pill running">arrived</span> <span class="soft">waiting for S3's event</span></p></article>`)}
    ${jobs?.map((each) => html`<${Job} key=${each.id} job=${each} path=${path} load=${load} />`)}
    ${jobs?.length === 0 && awaited.length === 0 && html`<p class="soft">No file was imported yet.</p>`}
  </div>`;
}

function Drop({ collection, sent }) {
  const [over, setOver] = useState(false);
  const [progress, setProgress] = useState(null);
  const [error, setError] = useState(null);
  const [anyIds, setAnyIds] = useState(false);
  const input = useRef(null);
  const send = async (files) => {
    setError(null);
    for (const file of files) {
      setProgress({ name: file.name, share: 0 });
      try {
        const query = { collection: collection.name, name: file.name, ...(anyIds ? { ids: "any" } : {}) };
        const job = await upload(file, query, (share) => setProgress({ name: file.name, share }));
        sent({ ...job, name: file.name });
      } catch (problem) {
        setError(problem);
      }
    }
    setProgress(null);
  };
  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    send([...event.dataTransfer.files]);
  };
  return html`<section class=${`drop ${over ? "is-over" : ""}`} onDragOver=${(event) => (event.preventDefault(), setOver(true))} onDragLeave=${() => setOver(false)} onDrop=${drop} aria-label="Import a file">
      <p><strong>Drop a file here</strong>, or <button class="link" onClick=${() => input.current.click()}>choose one</button></p>
      <p class="soft small-text">${collection.documents ? "PDF, Word, HTML, Markdown or text, or a .zip of these; also JSON lines, JSON, CSV and Parquet" : "JSON lines, JSON, CSV or Parquet, also with .gz"}. It goes to S3 and starts an import.</p>
      <label class="check small-text"><input type="checkbox" checked=${anyIds} onChange=${(event) => setAnyIds(event.target.checked)} /> Ids of the records are my own, not UUIDs</label>
      <input ref=${input} type="file" class="hidden" tabindex="-1" aria-label="File to import" multiple onChange=${(event) => (send([...event.target.files]), (event.target.value = ""))} />
      ${progress && html`<p role="status">Sending ${progress.name} <progress max="1" value=${progress.share} aria-label="Upload"></progress></p>`}
      <${Problem} error=${error} />
    </section>`;
}

function Job({ job, path, load }) {
  const [open, setOpen] = useState(false);
  const [error, setError] = useState(null);
  const { counts, progress } = job;
  const running = RUNNING.has(job.state);
  const share = job.state === "completed" ? 1 : (progress.done_share ?? 0);
  const act = async (action) => {
    try {
      await post(`${path}/${job.id}/${action}`);
      setError(null);
      await load();
    } catch (problem) {
      setError(problem);
    }
  };
  const name = job.key.split("/").pop();
  const left = running && progress.estimated_end ? (new Date(progress.estimated_end) - Date.now()) / 1000 : null;
  return html`<article class="job" aria-label=${`Import of ${name}`}>
    <div class="row spread">
      <p><strong>${name}</strong> <span class=${`pill ${running ? "running" : job.state}`}>${STATES[job.state] ?? job.state}</span> <span class="soft small-text">${bytes(job.size)}, ${since(job.created)}</span></p>
      <span class="row">
        ${running && html`<button class="small" onClick=${() => act("cancel")}>Cancel</button>`}
        ${["failed", "cancelled", "incomplete"].includes(job.state) && html`<button class="small" onClick=${() => act("resume")}>Resume</button>`}
        ${job.state === "completed" && counts.failed > 0 && html`<button class="small" onClick=${() => act("retry")}>Retry the failed</button>`}
      </span>
    </div>
    <progress class=${`progress is-${job.state}`} max="1" value=${share} aria-label=${`Progress of ${name}`}></progress>
    <dl class="facts">
      <div><dt>read</dt><dd>${count(counts.read)}</dd></div>
      <div><dt>loaded</dt><dd>${count(counts.loaded)}</dd></div>
      ${job.passages > 0 && html`<div><dt>passages</dt><dd>${count(job.passages)}</dd></div>`}
      ${counts.unchanged > 0 && html`<div><dt>unchanged</dt><dd>${count(counts.unchanged)}</dd></div>`}
      <div class=${counts.failed > 0 ? "bad" : ""}><dt>failed</dt><dd>${count(counts.failed)}</dd></div>
      ${progress.records_per_second > 0 && html`<div><dt>rate</dt><dd>${count(Math.round(progress.records_per_second))} / s</dd></div>`}
      ${left !== null && html`<div><dt>left</dt><dd>${duration(left)}</dd></div>`}
    </dl>
    ${job.reason && html`<p class="warning">${job.reason}</p>`}
    ${running && job.problem && html`<p class="warning">${job.problem.message} It is tried again.</p>`}
    <${Problem} error=${error} />
    ${counts.failed > 0 && html`<button class="link" aria-expanded=${open} onClick=${() => setOpen(!open)}>${open ? "Hide" : "Show"} the failed records</button>`}
    ${open && html`<${Failed} job=${job} />`}
  </article>`;
}

function Failed({ job }) {
  const [state, setState] = useState({ loading: true });
  useEffect(() => {
    if (job.state !== "completed") {
      setState({ value: { records: job.errors.map((each) => ({ ...each, place: { line: each.line } })), cut: job.counts.failed > job.errors.length } });
      return;
    }
    post("local/errors", { collection: job.collection, id: job.id }).then(
      (value) => setState({ value }),
      (error) => setState({ error }),
    );
  }, [job.id, job.state]);
  if (state.loading) return html`<${Loading} label="Reading the error file" />`;
  if (state.error) return html`<${Problem} error=${state.error} />`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Failed records"><table>
    <thead><tr><th>place</th><th>reason</th><th>record</th></tr></thead>
    <tbody>${state.value.records.map((each, at) => html`<tr key=${at}><td>${placeOf(each.place)}</td><td>${each.message}<br /><code class="soft small-text">${each.code}</code></td><td><code class="record">${plain(each.record).slice(0, 300)}</code></td></tr>`)}</tbody>
  </table></div>
  ${state.value.cut && html`<p class="soft small-text">These are the first ones.</p>`}`;
}

const placeOf = (place) => (place?.line ? `line ${count(place.line)}` : place?.row ? `row ${count(place.row)}` : place?.byte !== undefined ? `byte ${count(place.byte)}` : "");
