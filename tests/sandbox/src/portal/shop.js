// The shop's side: asks for something, and shows how far the request has come until it is over.

import { ask, attempt, byId, dataOf, element, foreign, listUsers, live, rememberUser, reply, showFor, visible } from "./page.js";
import { ofConsent, ofLogin } from "./progress.js";

const form = byId("ask");
const OFFERS = {
  payments: "A payment",
  accounts: "Account access",
  login: "A login",
};
let overview = null;
let quirks = [];
let current = null;

function offer() {
  const kinds = overview.profile === "open-banking" ? ["payments", "accounts", "login"] : ["login"];
  byId("choices").replaceChildren(...kinds.map((kind, index) =>
    element("label", { class: "choice" },
      element("input", { type: "radio", name: "kind", value: kind, checked: index === 0 ? "" : undefined }),
      element("span", {}, OFFERS[kind]))));
  byId("what").hidden = kinds.length === 1;
  choose();
}

const chosen = () => form.elements.kind.value;

function choose() {
  showFor(form, chosen());
  const numbered = chosen() === "login" && overview.profile === "is7";
  byId("number-field").hidden = !numbered;
}

async function start() {
  stop();
  const kind = chosen();
  const name = byId("user").value;
  current = { kind, number: null, binding: null, poll: null, timer: null, final: false };
  if (kind === "login") {
    const wanted = byId("number-field").hidden ? undefined : byId("number").checked;
    const login = await ask("/sandbox/logins", {
      username: name, application: byId("application").value, number_challenge: wanted,
    });
    Object.assign(current, { id: login.session_data_key, number: login.number ?? null });
  } else {
    const consent = await ask("/sandbox/consents", { type: kind, user: name, data: kind === "payments" ? payment() : undefined });
    const binding = byId("binding").value;
    const taken = await reply("/sandbox/ciba", {
      consent_id: consent.consent_id,
      binding_message: binding === "" ? undefined : binding,
      requested_expiry: Number(byId("life").value),
    });
    if (!taken.ok) return refused(taken, binding !== "");
    Object.assign(current, { id: taken.body.auth_req_id, consent: consent.consent_id, binding: binding || null });
    pollLater(current, taken.body.interval);
  }
  await update();
  byId("headline").scrollIntoView({ block: "nearest" });
}

function payment() {
  return { Initiation: {
    InstructionIdentification: "SHOP-1",
    EndToEndIdentification: "ORDER-1",
    InstructedAmount: { Amount: byId("amount").value, Currency: byId("currency").value },
    CreditorAccount: {
      SchemeName: "OB.SortCodeAccountNumber", Identification: "08080021325698", Name: byId("payee").value,
    },
  } };
}

/** The bank did not take the request at all. */
function refused(taken, bound) {
  const { error, error_description: description } = taken.body ?? {};
  current.final = true;
  const detail = [error, description].filter(Boolean).join(": ");
  show({
    tone: "bad",
    headline: "The bank refused the shop’s request.",
    steps: [{ tone: "bad", title: "The shop asked the bank", detail: `Status ${taken.status}. ${detail}` }],
    quirks: bound && error === "invalid_binding_message" ? ["binding-message"] : ["one-device"],
    final: true,
  });
}

/** Polls for the token as often as the bank allows, until the answer is final. */
function pollLater(request, seconds) {
  // A moment more than the interval: the server counts from when it answered.
  request.timer = setTimeout(async () => {
    try {
      const poll = await ask(`/sandbox/ciba/${encodeURIComponent(request.id)}/token`, {});
      if (request !== current) return;
      request.poll = poll;
      await update();
    } catch {
      // The page says that the sandbox does not answer; the next poll may find it.
    }
    if (request === current && !request.final) pollLater(request, request.interval ?? seconds);
  }, seconds * 1000 + 200);
}

function stop() {
  if (current?.timer) clearTimeout(current.timer);
  current = null;
}

async function refresh() {
  if (overview === null) {
    [overview, quirks] = await Promise.all([ask("/sandbox"), ask("/sandbox/quirks")]);
    listUsers(byId("user"), overview.users);
    offer();
  } else {
    listUsers(byId("user"), (await ask("/sandbox")).users);
  }
  const request = current;
  if (request === null || request.id === undefined || request.final) return;
  const view = await (request.kind === "login" ? loginView(request) : consentView(request));
  if (request !== current) return;
  request.final = view.final === true;
  show(view);
}

async function consentView(request) {
  const [report, consent] = await Promise.all([
    ask(`/sandbox/ciba/${encodeURIComponent(request.id)}`),
    ask(`/sandbox/consents/${encodeURIComponent(request.consent)}`),
  ]);
  request.interval = report.interval;
  return ofConsent({ report, consent, poll: request.poll, ...await traces(report.session_data_key) });
}

async function loginView(request) {
  const login = await ask(`/sandbox/logins/${encodeURIComponent(request.id)}`);
  return ofLogin({ login, ...await traces(request.id) });
}

/** The push and the answers of a session, out of what was sent and what arrived. */
async function traces(session) {
  const [pushes, arrived] = await Promise.all([
    ask("/sandbox/pushes?last=200"), ask("/sandbox/audit?path=authenticate&last=200"),
  ]);
  const sent = pushes.filter((push) => [dataOf(push).sessionDataKey, dataOf(push).pushId].includes(session));
  return {
    push: sent.find((push) => push.streamed) ?? sent[0],
    answers: arrived.filter((entry) =>
      [entry.jwt?.claims?.sid, entry.jwt?.claims?.pushAuthId].includes(session)),
  };
}

function show(view) {
  const headline = byId("headline");
  headline.dataset.tone = view.tone;
  if (headline.textContent !== view.headline) headline.textContent = view.headline;
  byId("steps").replaceChildren(...view.steps.map(({ tone, title, detail }) =>
    element("li", { "data-tone": tone },
      element("strong", {}, title), element("span", { class: "hidden" }, ` (${SAID[tone]})`),
      detail ? element("p", {}, foreign(detail)) : null)));
  compare();
  byId("outcome").replaceChildren(...outcome(view));
  byId("stop").hidden = view.final === true;
}

const SAID = { ok: "done", bad: "failed", wait: "waiting", todo: "to come" };

/** What the person is to compare with the phone, or to tell it: large. */
function compare() {
  const shown = current?.number ?? current?.binding;
  byId("compare").hidden = shown === null || shown === undefined;
  if (byId("compare").hidden) return;
  const words = current.number === null ? "The phone must show this code" : "Enter this number on the phone";
  const size = String(shown).length > 8 ? "long" : undefined;
  byId("compare").replaceChildren(words, element("strong", { class: size }, foreign(shown)));
}

function outcome(view) {
  const parts = [];
  const token = current?.poll?.status === 200 ? current.poll.body : null;
  if (token) {
    const facts = [["Access token", token.access_token], ["It allows", token.scope], ["It lives", `${token.expires_in} seconds`]];
    parts.push(element("dl", { class: "known", id: "token" }, ...facts.flatMap(([name, value]) =>
      [element("dt", {}, name), element("dd", {}, element("code", {}, foreign(value)))])));
  }
  for (const quirk of quirks.filter((known) => view.quirks.includes(known.id))) {
    const played = overview.quirks === "as-server";
    parts.push(element("div", { class: "note" },
      element("h3", {}, `Quirk: ${quirk.about}`),
      element("p", {}, `The real server: ${quirk.as_server}.`),
      element("p", {}, played ? `As it was meant: ${quirk.mended}.` : `Mended here: ${quirk.mended}.`)));
  }
  return parts;
}

const update = live(refresh);

form.addEventListener("change", (event) => {
  if (event.target.name === "kind") choose();
  if (event.target.id === "user") rememberUser(event.target.value);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(start);
});
byId("stop").addEventListener("click", () => {
  stop();
  byId("stop").hidden = true;
  byId("headline").dataset.tone = "";
  byId("headline").textContent = visible("Stopped. The shop has given up; the phone may still answer.");
  byId("headline").focus();
});
