// Requests to Alto (`v1/…`, passed on by the server of this page) and to that server itself (`local/…`).

export class ApiError extends Error {
  constructor(status, error) {
    super(error.message);
    this.status = status;
    this.code = error.code;
    this.details = error.details ?? [];
    this.requestId = error.request_id;
  }
}

// Integers of Alto are exact to 2^63, numbers of JavaScript to 2^53: larger ones are kept as they are written.
const exact = (_, value, context) =>
  Number.isInteger(value) && !Number.isSafeInteger(value) && JSON.rawJSON && /^-?\d+$/.test(context?.source ?? "") ? JSON.rawJSON(context.source) : value;

export async function call(method, path, body, { signal } = {}) {
  let response;
  try {
    response = await fetch(path, {
      method,
      signal,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, {
      code: "no_console",
      message: "The server of this page does not respond. Run `alto ui` again, and open the address that it prints.",
    });
  }
  const text = await response.text();
  let parsed = null;
  try {
    parsed = text ? JSON.parse(text, exact) : null;
  } catch {
    parsed = null;
  }
  if (!response.ok) {
    const message = `The response (HTTP ${response.status}) is not one of Alto's.`;
    throw new ApiError(response.status, parsed?.error ?? { code: `http_${response.status}`, message });
  }
  return parsed;
}

export const get = (path, options) => call("GET", path, undefined, options);
export const post = (path, body, options) => call("POST", path, body, options);
export const collectionPath = (name, rest = "") => `v1/collections/${encodeURIComponent(name)}${rest}`;

// A file to the server of this page, which sends it to S3. `show` is called with the share sent.
export function upload(file, query, show) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `local/upload?${new URLSearchParams(query)}`);
    request.upload.onprogress = (event) => show(event.total ? event.loaded / event.total : 0);
    request.onload = () => {
      let body = {};
      try {
        body = JSON.parse(request.responseText);
      } catch {
        /* not JSON: the status says enough */
      }
      if (request.status < 300) resolve(body);
      else reject(new ApiError(request.status, body.error ?? { code: "upload_failed", message: "The upload failed." }));
    };
    request.onerror = () => reject(new ApiError(0, { code: "no_console", message: "The upload was interrupted." }));
    request.send(file);
  });
}
