// How far a request has come, in words: from what the server knows, what the phone sent, and what the shop was told.
// Plain functions: each gives `{tone, headline, steps: [{tone, title, detail}], quirks: [id], final}`.

const step = (tone, title, detail = "") => ({ tone, title, detail });

/** A consent asked for by CIBA. `poll` is the newest answer of the token endpoint. */
export function ofConsent({ report, consent, push, answers, poll }) {
  const decided = consent.status !== "awaitingAuthorisation";
  const approved = consent.status === "authorised";
  const error = poll?.body?.error;
  const token = poll?.status === 200 ? poll.body : null;
  const steps = [step("ok", "The shop asked the bank", "The bank took the signed request."), pushStep(push, report.not_pushed, answers)];
  const quirks = report.not_pushed ? ["one-device"] : [];
  steps.push(answerStep(answers, decided, Boolean(push)));
  if (answers.some((answer) => /duplicate attribute/.test(answer.reason))) quirks.push("try-after-failure");
  if (answers.some((answer) => /approvedAccountIds/.test(answer.reason))) quirks.push("denial-without-accounts");

  if (token) {
    steps.push(step("ok", "The shop has its token"));
    return { tone: "ok", headline: "Approved. The shop has its token.", steps, quirks, final: true };
  }
  if (error === "access_denied") {
    steps.push(step("bad", "The shop was told no", "access_denied"));
    return { tone: "bad", headline: "Denied. The shop knows.", steps, quirks, final: true };
  }
  if (consent.status === "rejected" && report.status === "requested") quirks.push("denial");
  if (error === "expired_token") {
    steps.push(step("bad", "The request’s life is over", "expired_token"));
    const headline = decided && !approved ? "Denied, and expired for the shop." : "Expired. Nobody decided in time.";
    return { tone: "bad", headline, steps, quirks, final: true };
  }
  if (error && error !== "authorization_pending" && error !== "slow_down") {
    steps.push(step("bad", "The shop was refused", `${error}: ${poll.body.error_description ?? ""}`));
    return { tone: "bad", headline: "The shop was refused.", steps, quirks, final: true };
  }
  const told = error ? `Told so far: ${error}` : "";
  steps.push(step(decided ? "wait" : "todo", decided ? "The shop asks for the token" : "The shop gets its token", told));
  if (approved) return { tone: "ok", headline: "Approved. The shop fetches its token.", steps, quirks };
  if (decided) return { tone: "bad", headline: "Denied, but nobody tells the shop.", steps, quirks };
  return { ...waiting(push, answers), steps, quirks };
}

/** A login in a browser. */
export function ofLogin({ login, push, answers }) {
  const steps = [step("ok", "The browser began a login"), pushStep(push, login.reason, answers)];
  steps.push(answerStep(answers, answers.length > 0, Boolean(push)));
  const ends = {
    authenticated: ["ok", "Approved. The browser is logged in."],
    denied: ["bad", "Denied. The browser is sent away."],
    failed: ["bad", "The login failed."],
  };
  const end = ends[login.status];
  if (end) {
    steps.push(step(end[0], end[0] === "ok" ? "The browser is in" : "The browser is out", login.reason));
    return { tone: end[0], headline: end[1], steps, quirks: [], final: true };
  }
  steps.push(step("todo", "The browser comes back", "It looks for an answer all the time."));
  return { ...waiting(push, answers), steps, quirks: [] };
}

function waiting(push, answers) {
  if (answers.length > 0) return { tone: "wait", headline: "The phone’s answer was refused. Still waiting." };
  return { tone: "wait", headline: push ? "Waiting for the phone." : "No push was sent. Nobody will answer." };
}

function pushStep(push, failure, answers) {
  if (push) {
    const fetched = push.streamed ? "It was fetched." : answers.length === 0 ? "Nobody has fetched it yet." : "";
    return step("ok", "A push left for the phone", fetched);
  }
  return step("bad", "No push left", REASONS[failure] ?? failure ?? "");
}

const REASONS = {
  "registered.device.unavailable": "The user has no registered device.",
  "error.push.registered.device.not.found": "The user has no registered device.",
  "devices.over.limit": "The user has several devices, and a push is for exactly one.",
};

function answerStep(answers, decided, pushed) {
  const newest = answers.at(-1);
  if (!newest) return step(pushed ? "wait" : "todo", "The phone answers");
  const detail = [`Status ${newest.status || "none"}`, newest.reason].filter(Boolean).join(": ");
  // A decision may count although its answer was an error page.
  return step(decided || newest.verdict === "accepted" ? "ok" : "bad", "The phone answered", detail);
}
