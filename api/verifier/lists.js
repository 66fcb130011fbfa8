// What codes are checked against: the pinned root key, the trust list and the status bundle. Fetched from this page's own origin, kept in the browser,
// asked for again by entity tag at most every `ttl`; nothing older ever replaces what is held.

import { Fault } from "./check/fault.js";
import { openBundle } from "./check/status.js";
import { openTrustList } from "./check/trust.js";

const DATABASE = "congdanso-verifier";
const STORE = "lists";
const TTL_SECONDS_DEFAULT = 30;
const ANSWER_MS_MAX = 10_000;

const TRUST_PATH = "/v1/trust-list";
const BUNDLE_PATH = "/v1/status-bundle";

/** What is held: `root` (32 bytes), `trust` and `status`, each opened, or undefined; when each was last confirmed, in seconds since 1970. */
export class Lists {
  root;
  /** A root key that the city shows now and that is not the pinned one. */
  otherRoot;
  trust;
  status;
  trustCheckedAt;
  statusCheckedAt;
  /** What came of asking the last time: undefined, `offline` where nobody answered, `refused` where the answer cannot be believed. */
  trouble;
  /** How far this device's clock is ahead of the city's, in seconds, as last seen. */
  aheadSeconds = 0;
  #tags = {};
  #statusBytes;
  #running;
  #askedAt = -Infinity;

  /** Reads what was kept before. What no longer opens is left alone and counts as not there. */
  async load() {
    this.root = (await get("root"))?.bytes;
    if (this.root === undefined) return;
    const [trust, status] = [await get("trust"), await get("status")];
    this.trust = trust && (await openTrustList(trust.bytes, this.root).catch(() => undefined));
    if (this.trust === undefined) return;
    this.trustCheckedAt = trust.checkedAt;
    this.#tags.trust = trust.tag;
    if (status === undefined) return;
    this.#statusBytes = status.bytes;
    this.statusCheckedAt = status.checkedAt;
    this.#tags.status = status.tag;
    await this.#reopenStatus();
  }

  /** How long to wait until the next `refresh`, in seconds. */
  get ttlSeconds() {
    return Math.max(1, Math.min(this.trust?.ttlSeconds ?? TTL_SECONDS_DEFAULT, this.status?.ttlSeconds ?? TTL_SECONDS_DEFAULT));
  }

  /** Asks the city whether there is something newer, unless that was done within `ttl`. Never throws: what is held stays. */
  refresh({ force = false } = {}) {
    if (!force && performance.now() - this.#askedAt < this.ttlSeconds * 1000) return this.#running ?? Promise.resolve();
    this.#askedAt = performance.now();
    this.#running ??= this.#ask().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Believes the root key that the city shows now: whoever calls this has compared it elsewhere. What the old one signed is forgotten. */
  async repin() {
    await forget();
    this.root = this.otherRoot;
    this.otherRoot = this.trust = this.status = this.trustCheckedAt = this.statusCheckedAt = this.#statusBytes = undefined;
    this.#tags = {};
    await put("root", { bytes: this.root });
    await this.refresh({ force: true });
  }

  async #ask() {
    try {
      if (this.root === undefined) await this.#pin();
      await this.#refreshTrust();
      await this.#refreshStatus();
      this.aheadSeconds = ahead;
      this.trouble = undefined;
    } catch (error) {
      this.trouble = error.name === "Fault" ? "refused" : "offline";
    }
  }

  /** The first root key that is seen is the one that counts from then on. */
  async #pin() {
    this.root = await publishedRoot();
    await put("root", { bytes: this.root });
  }

  async #refreshTrust() {
    const answer = await ask(TRUST_PATH, "application/cose", this.#tags.trust);
    if (answer !== null) {
      const newer = await openTrustList(answer.bytes, this.root).catch(async (fault) => {
        const root = await publishedRoot();
        this.otherRoot = root.every((byte, at) => byte === this.root[at]) ? undefined : root;
        throw fault;
      });
      const isRollback = this.trust !== undefined && newer.version < this.trust.version;
      const isSame = newer.version === this.trust?.version;
      // Two lists under one version, or an older one: somebody stands between, or the city has made a mistake. What is held counts.
      if (isRollback || (isSame && answer.tag !== this.#tags.trust)) throw new Fault("rollback");
      await put("trust", { bytes: answer.bytes, tag: answer.tag, order: newer.version });
      this.trust = newer;
      this.#tags.trust = answer.tag;
      this.otherRoot = undefined;
      await this.#reopenStatus();
    }
    this.trustCheckedAt = now();
    await confirm("trust", this.trustCheckedAt);
  }

  async #refreshStatus() {
    const answer = await ask(BUNDLE_PATH, "application/cose", this.#tags.status);
    if (answer !== null) {
      const order = this.status?.issuedAt;
      const newer = await openBundle(answer.bytes, this.trust);
      if (order !== undefined && newer.issuedAt < order) throw new Fault("rollback");
      await put("status", { bytes: answer.bytes, tag: answer.tag, order: newer.issuedAt });
      this.status = newer;
      this.#statusBytes = answer.bytes;
      this.#tags.status = answer.tag;
    }
    this.statusCheckedAt = now();
    await confirm("status", this.statusCheckedAt);
  }

  /** Under another trust list a bundle may not hold any more; then it is fetched anew. */
  async #reopenStatus() {
    this.status = this.#statusBytes && (await openBundle(this.#statusBytes, this.trust).catch(() => undefined));
    if (this.status === undefined) this.#tags.status = undefined;
  }
}

export const now = () => Math.floor(Date.now() / 1000);

/** By the `Date` of the last answer: to the second, and as exact as the answer was quick. */
let ahead = 0;

/** An answer's bytes and entity tag; `null` where the caller has them. */
async function ask(path, accept, tag) {
  const headers = tag === undefined ? { accept } : { accept, "if-none-match": tag };
  const answer = await fetch(path, { headers, cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS_MAX) });
  const date = Date.parse(answer.headers.get("date"));
  if (!Number.isNaN(date)) ahead = Math.round((Date.now() - date) / 1000);
  if (answer.status === 304) return null;
  if (!answer.ok) throw new Error(`${path} answers ${answer.status}`);
  return { bytes: new Uint8Array(await answer.arrayBuffer()), tag: answer.headers.get("etag") ?? undefined };
}

async function publishedRoot() {
  const { bytes } = await ask(TRUST_PATH, "application/json");
  const { root_public: hex } = JSON.parse(new TextDecoder().decode(bytes));
  return Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
}

let opened;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

/** Where the browser keeps nothing (a private window), the lists are held for as long as the page is open. */
async function within(mode, work) {
  try {
    const transaction = (await database()).transaction(STORE, mode);
    const request = work(transaction.objectStore(STORE));
    return await new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } catch {
    return undefined;
  }
}

const get = (name) => within("readonly", (store) => store.get(name));
const forget = () => within("readwrite", (store) => store.clear());

/** Keeps a value, unless another window of this page has kept a newer one meanwhile. */
function put(name, value) {
  return within("readwrite", (store) => {
    const held = store.get(name);
    held.onsuccess = () => {
      if (held.result?.order === undefined || held.result.order <= value.order) store.put(value, name);
    };
  });
}

function confirm(name, checkedAt) {
  return within("readwrite", (store) => {
    const held = store.get(name);
    held.onsuccess = () => held.result && store.put({ ...held.result, checkedAt }, name);
  });
}
