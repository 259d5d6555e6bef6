// The controls: faults, the clock, what arrived and why it was refused, the pushes sent, and the quirks.

import { ask, attempt, badge, byId, dataOf, element, foreign, live, shortened, showFor, table, timeOfDay, visible } from "./page.js";

const SHOWN = 200;
let quirksShown = false;
let heard = null;

async function refresh() {
  const path = encodeURIComponent(byId("path").value);
  const [overview, faults, audit, pushes] = await Promise.all([
    ask("/sandbox"), ask("/sandbox/faults"), ask(`/sandbox/audit?path=${path}&last=${SHOWN}`),
    ask(`/sandbox/pushes?last=${SHOWN}`),
  ]);
  showClock(overview);
  showFaults(faults);
  showAudit(audit);
  list("pushes", pushes, pushEntry);
  if (!quirksShown) await showQuirks(overview);
}

function showClock({ server_time: time, clock_offset_seconds: offset }) {
  const now = new Date(time * 1000);
  const far = offset === 0 ? "as this machine’s"
    : `${Math.abs(offset)} seconds ${offset > 0 ? "ahead of" : "behind"} this machine’s`;
  const shown = Number.isNaN(now.getTime()) ? String(time) : now.toISOString().replace("T", " ").replace(".000Z", " UTC");
  byId("clock").textContent = `The server’s clock says ${shown}: ${far}.`;
}

function showFaults(faults) {
  if (faults.length === 0) {
    byId("faults").replaceChildren(element("p", { class: "empty" }, "None."));
    return;
  }
  byId("faults").replaceChildren(element("ol", { class: "faults" }, ...faults.map((fault) => {
    const status = fault.kind === "status" ? ` ${fault.status ?? 503}` : "";
    const late = fault.delay_ms ? ` ${fault.delay_ms} ms` : "";
    return element("li", {}, badge(fault.kind + status + late, "wait"), ` on ${fault.on}, `,
      fault.times === 1 ? "once" : `${fault.times} times`);
  })));
}

function showAudit(entries) {
  const wanted = byId("refused").checked ? entries.filter((entry) => entry.verdict === "refused") : entries;
  list("audit", wanted, auditEntry);
  const last = entries.filter((entry) => entry.verdict === "refused" && !POLLED.test(entry.reason)).at(-1);
  // Only what came while the page was open is worth an announcement.
  if (heard !== null && last && last.id > heard) {
    byId("heard").textContent = `Refused: ${visible(last.method)} ${visible(last.path)}. ${visible(last.reason)}`;
  }
  heard = Math.max(heard ?? 0, last?.id ?? 0);
}

// A third party that polls is refused every other second; nobody wants to hear that.
const POLLED = /^(nobody has decided|polled after)/;

/** Newest first. Entries that are shown stay, so that what was opened stays open and keeps the focus. */
function list(id, entries, make) {
  // Numbers begin anew when the sandbox does.
  const keyOf = (entry) => `${entry.id} ${entry.time}`;
  const shown = byId(id);
  const there = new Map([...shown.children].map((child) => [child.dataset.id, child]));
  const ids = new Set(entries.map(keyOf));
  for (const [known, child] of there) if (!ids.has(known)) child.remove();
  let before = shown.firstChild;
  for (const entry of entries.toReversed()) {
    const known = there.get(keyOf(entry));
    if (known === undefined) {
      shown.insertBefore(element("li", { "data-id": keyOf(entry) }, make(entry)), before);
    } else {
      before = known.nextSibling;
    }
  }
  byId(`${id}-empty`).hidden = entries.length > 0;
}

function auditEntry(entry) {
  const refused = entry.verdict === "refused";
  const parts = [];
  if (entry.fault) parts.push(fact("Fault", entry.fault));
  if (entry.jwt) parts.push(fact("Token", JSON.stringify(entry.jwt, null, 2)));
  if (entry.body) parts.push(fact("Body", entry.body));
  if (parts.length === 0) parts.push(element("p", { class: "empty" }, "It had no body."));
  return element("details", {},
    element("summary", {}, element("span", { class: "line" },
      timeOfDay(entry.time),
      badge(`${entry.status || "no answer"} ${refused ? "refused" : "accepted"}`, refused ? "bad" : "ok"),
      element("code", {}, foreign(`${entry.method} ${entry.path}`)),
      entry.reason ? element("span", { class: "why" }, foreign(entry.reason)) : null)),
    element("div", {}, ...parts));
}

function pushEntry(push) {
  const words = (push.message?.message ?? push.message)?.notification?.body ?? dataOf(push).body;
  return element("details", {},
    element("summary", {}, element("span", { class: "line" },
      timeOfDay(push.time),
      element("strong", {}, `Push ${push.id}`),
      element("code", {}, "to ", foreign(shortened(push.push_id))),
      words ? element("span", { class: "why" }, foreign(words)) : null)),
    element("div", {}, fact("Message", JSON.stringify(push.message, null, 2))));
}

function fact(name, text) {
  return element("div", {}, element("h3", {}, name), element("pre", { dir: "ltr" }, visible(text)));
}

async function showQuirks({ quirks: played }) {
  const quirks = await ask("/sandbox/quirks");
  const playing = played === "as-server";
  byId("quirks-played").textContent = playing
    ? "Played: the sandbox errs like the real server. Start it with --no-quirks to have them mended."
    : "Mended: the sandbox does what was meant. Start it without --no-quirks to have them played.";
  const columns = ["About", playing ? "The server does (played)" : "The server does", playing ? "What was meant" : "What was meant (played)"];
  byId("quirks").replaceChildren(table("quirks-title", columns,
    quirks.map((quirk) => [quirk.about, quirk.as_server, quirk.mended])));
  quirksShown = true;
}

const update = live(refresh);

byId("kind").addEventListener("change", () => showFor(byId("fault"), byId("kind").value));
showFor(byId("fault"), byId("kind").value);
byId("fault").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    const kind = byId("kind").value;
    const fault = { on: byId("on").value, kind, times: Number(byId("times").value) };
    if (kind === "status") {
      fault.status = Number(byId("status").value);
      if (byId("retry-after").value) fault.headers = { "Retry-After": byId("retry-after").value };
    }
    if (kind === "delay") fault.delay_ms = Number(byId("delay").value);
    await ask("/sandbox/faults", fault);
    await update();
  });
});
byId("clear-faults").addEventListener("click", () => attempt(async () => {
  await ask("/sandbox/faults", undefined, "DELETE");
  await update();
}));
byId("move-clock").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => showClock(await ask("/sandbox/clock", { offset_seconds: Number(byId("offset").value) })));
});
byId("filter").addEventListener("submit", (event) => event.preventDefault());
byId("path").addEventListener("input", update);
byId("refused").addEventListener("change", update);
byId("clear-audit").addEventListener("click", () => attempt(async () => {
  await ask("/sandbox/audit", undefined, "DELETE");
  await update();
}));
