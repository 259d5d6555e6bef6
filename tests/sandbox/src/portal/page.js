// What all pages share: asking the control API, and putting what it says into the page as text and nothing else.

/** Asks the control API; a refusal becomes an error with the API's own words. */
export async function ask(path, body, method = body === undefined ? "GET" : "POST") {
  const answer = await reply(path, body, method);
  if (!answer.ok) throw new Error(answer.body?.error_description ?? answer.body?.error ?? `status ${answer.status}`);
  return answer.body;
}

/** The same for where a refusal is an answer like any other: `{ok, status, body}`. */
export async function reply(path, body, method = body === undefined ? "GET" : "POST") {
  const response = await fetch(path, {
    method,
    headers: body === undefined ? {} : { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return { ok: response.ok, status: response.status, body: text === "" ? null : JSON.parse(text) };
}

export const byId = (id) => document.getElementById(id);

/** An element with attributes and children; a child that is no node becomes text. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== null));
  return made;
}

// Direction marks and control characters: they would turn the text around them, or hide what is there.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** Text with its invisible characters written out. */
export function visible(text) {
  return String(text ?? "").replace(UNSEEN, (character) => {
    const code = character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    return `\u27e8U+${code}\u27e9`;
  });
}

/** Text that somebody else wrote, kept to itself. */
export const foreign = (text) => element("bdi", {}, visible(text));

export const badge = (text, tone) => element("span", { class: "badge", "data-tone": tone }, text);

/** The data of a push, whichever way the push service was asked: the older form, or the one of HTTP v1. */
export const dataOf = (push) => push.message?.data ?? push.message?.message?.data ?? {};

/** Push tokens are long, and known by their ends. */
export const shortened = (text) => (text.length <= 40 ? text : `${text.slice(0, 24)}…${text.slice(-12)}`);

const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** A moment (RFC 3339, or milliseconds since 1970), as a time of day or with its date. */
export function moment(when, format = MOMENT) {
  const date = new Date(when);
  if (Number.isNaN(date.getTime())) return foreign(when);
  return element("time", { datetime: date.toISOString(), title: date.toISOString() }, format.format(date));
}

export const timeOfDay = (when) => moment(when, CLOCK);

/** A table. Roles are said aloud, because the style turns rows into blocks on a narrow screen. */
export function table(labelledBy, columns, rows) {
  const head = columns.map((column) => element("th", { scope: "col", role: "columnheader" }, column));
  const body = rows.map((cells) =>
    element("tr", { role: "row" }, ...cells.map((cell, index) => (index === 0
      ? element("th", { scope: "row", role: "rowheader" }, cell)
      : element("td", { role: "cell", "data-label": columns[index] }, cell)))));
  return element("table", { role: "table", "aria-labelledby": labelledBy },
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...head)),
    element("tbody", { role: "rowgroup" }, ...body));
}

/** Shows or hides the fields that belong to a choice; what is hidden must not keep a form from being sent. */
export function showFor(form, choice) {
  for (const field of form.querySelectorAll("[data-for]")) {
    const wanted = field.dataset.for.split(" ").includes(choice);
    field.hidden = !wanted;
    for (const control of field.querySelectorAll("input, select")) control.disabled = !wanted;
  }
}

/** Fills the list of users, keeping the choice: also from one page to the next. */
export function listUsers(select, names) {
  const known = [...select.options].map((option) => option.value);
  if (known.length === names.length && known.every((name, index) => name === names[index])) return;
  const chosen = select.value || sessionStorage.getItem("user") || names.find((name) => name !== "admin");
  select.replaceChildren(...names.map((name) => element("option", { value: name }, visible(name))));
  if (names.includes(chosen)) select.value = chosen;
}

export const rememberUser = (name) => sessionStorage.setItem("user", name);

/** Runs something that a person asked for; what goes wrong is said at the top of the page. */
export async function attempt(work) {
  const problem = byId("problem");
  try {
    problem.hidden = true;
    await work();
  } catch (error) {
    problem.textContent = visible(error.message);
    problem.hidden = false;
    problem.scrollIntoView({ block: "nearest" });
  }
}

/** Runs `refresh` now and after every change on the server, one at a time. */
export function live(refresh) {
  const shown = byId("live");
  let running = false;
  let again = false;
  const run = async () => {
    again = true;
    if (running) return;
    running = true;
    while (again) {
      again = false;
      try {
        await refresh();
        tell("Live", "ok");
      } catch (error) {
        // A failed fetch is a TypeError; anything else was said by the sandbox.
        tell(error instanceof TypeError ? "The sandbox does not answer" : visible(error.message), "bad");
      }
      // Many changes in a row are shown together.
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    running = false;
  };
  const tell = (words, tone) => {
    shown.dataset.tone = tone;
    if (shown.textContent !== words) shown.textContent = words;
  };
  const changes = new EventSource("/sandbox/changes");
  changes.onopen = run;
  changes.onmessage = run;
  changes.onerror = () => tell("Connection lost, trying again", "bad");
  return run;
}
