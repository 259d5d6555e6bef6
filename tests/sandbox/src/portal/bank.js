// The bank's side: a QR code for the chosen user, the user's devices, and the consents given.

import { ask, attempt, badge, byId, element, foreign, listUsers, live, moment, rememberUser, shortened, table, visible } from "./page.js";

const user = byId("user");
let code = null;

/** A new QR code: each one opens a registration at the bank, as the real one does. */
async function renew() {
  const name = user.value;
  const made = await ask(`/sandbox/users/${encodeURIComponent(name)}/registration-code`);
  if (name !== user.value) return;
  const discovery = JSON.parse(made.text);
  code = { user: name, device: discovery.did ?? discovery.deviceId, news: "" };
  // Parsed as an image of the server's own drawing; scripts in it would not run, and there are none.
  const drawing = new DOMParser().parseFromString(made.svg, "image/svg+xml").documentElement;
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", `QR code that registers a phone for ${visible(name)}`);
  byId("qr").replaceChildren(document.importNode(drawing, true));
  byId("qr").classList.remove("used");
  byId("text").value = made.text;
  byId("copied").textContent = "";
}

async function refresh() {
  const [overview, devices, consents] = await Promise.all([
    ask("/sandbox"), ask("/sandbox/devices"), ask("/sandbox/consents"),
  ]);
  listUsers(user, overview.users);
  byId("facts").replaceChildren("Profile ", element("strong", {}, overview.profile), ", tenant ", foreign(overview.tenant));
  if (code?.user !== user.value) await renew();
  showDevices(devices.filter((device) => device.username === user.value));
  byId("consents-section").hidden = overview.profile !== "open-banking" && consents.length === 0;
  showConsents(consents.filter((consent) => consent.user === user.value));
  const used = devices.some((device) => device.device_id === code?.device);
  byId("qr").classList.toggle("used", used);
  const state = used ? "A phone was registered with this code. Another phone needs a new one." : code.news;
  if (byId("code-state").textContent !== state) byId("code-state").textContent = state;
}

function showDevices(devices) {
  if (devices.length === 0) {
    byId("devices").replaceChildren(element("p", { class: "empty" }, "No phone is registered for this user."));
    return;
  }
  const rows = devices.map((device) => [
    foreign(device.name),
    foreign(device.model),
    moment(device.registration_time),
    element("code", {}, foreign(device.device_id)),
    element("code", {}, foreign(shortened(device.push_id))),
  ]);
  byId("devices").replaceChildren(
    table("devices-title", ["Name", "Model", "Registered", "Device id", "Push token"], rows));
}

function showConsents(consents) {
  if (consents.length === 0) {
    byId("consents").replaceChildren(element("p", { class: "empty" }, "Nobody has asked this user for anything."));
    return;
  }
  const rows = consents.toReversed().map((consent) => [
    summary(consent),
    badge(...(STATUS[consent.status] ?? [visible(consent.status), "wait"])),
    accounts(consent),
    moment(consent.created_time * 1000),
    element("code", {}, foreign(consent.consent_id)),
  ]);
  byId("consents").replaceChildren(table("consents-title", ["For", "Status", "Accounts", "Asked", "Consent id"], rows));
}

const STATUS = {
  awaitingAuthorisation: ["waiting", "wait"],
  authorised: ["authorised", "ok"],
  rejected: ["rejected", "bad"],
};

function summary(consent) {
  const payment = consent.data?.Initiation;
  if (consent.type === "payments" && payment) {
    const { Amount, Currency } = payment.InstructedAmount ?? {};
    return element("span", {}, foreign(`${Amount ?? ""} ${Currency ?? ""}`), " to ", foreign(payment.CreditorAccount?.Name));
  }
  if (consent.type === "accounts") return element("span", {}, "Account access");
  return foreign(consent.type);
}

function accounts(consent) {
  const given = consent.authorised_account_ids.map((id) =>
    consent.accounts.find((account) => account.account_id === id)?.display_name ?? id);
  return given.length === 0 ? "none" : foreign(given.join(", "));
}

const update = live(refresh);

user.addEventListener("change", () => attempt(async () => {
  rememberUser(user.value);
  await update();
}));
byId("choose").addEventListener("submit", (event) => event.preventDefault());
byId("renew").addEventListener("click", () => attempt(async () => {
  await renew();
  code.news = "This is a new code.";
  await update();
}));
byId("copy").addEventListener("click", () => attempt(async () => {
  try {
    await navigator.clipboard.writeText(byId("text").value);
    byId("copied").textContent = "Copied.";
  } catch {
    // Not allowed here: selected, so that the person can copy.
    byId("text").select();
    byId("copied").textContent = "Selected: copy it now.";
  }
}));
byId("new-user").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    const name = byId("new-name").value;
    const given = (id) => byId(id).value || undefined;
    await ask("/sandbox/users", { username: name, first_name: given("new-first"), last_name: given("new-last") });
    event.target.reset();
    listUsers(user, (await ask("/sandbox")).users);
    user.value = name;
    rememberUser(name);
    await update();
  });
});
