// The trust list: which keys may have signed what, signed by the city's root key.

import { Fault } from "./fault.js";
import { Pairs, Writer, read, same, signed64, unsigned64 } from "./cbor.js";
import { readSign1 } from "./cose.js";
import { isPoint, isSmallOrder } from "./ed25519.js";
import { byteLength } from "./text.js";

const TYPE = "application/vnd.congdanso.trust-list+cbor";
const BYTES_MAX = 128 * 1024;
const KEYS_MAX = 512;
const HOLDER_BYTES_MAX = 64;
const PURPOSES = { 1: "identity", 2: "status", 3: "receipt", 4: "audit", 5: "presentation", 6: "papers" };
const STATES = { 1: "retired", 2: "revoked" };
const REASONS_MAX = 3n;
const U32_MAX = 0xffff_ffffn;
/** In a list's order of fields. */
const [VERSION, ISSUED_AT, KEYS, TTL] = [1n, 2n, 3n, 4n];
const [KID, PUBLIC, PURPOSE, NOT_BEFORE, NOT_AFTER, WITHDRAWN, SUCCESSOR, HOLDER] = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n];
const [STATE, AT, REASON] = [1n, 2n, 3n];

/** The name of a public key: the first 8 bytes of its SHA-256. */
export async function kidOf(key) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", key)).slice(0, 8);
}

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * Reads a list and checks it against the pinned root key, 32 bytes. The signature is checked before anything inside is read. Throws
 * `not_ours` where another key signed it, `bad_encoding` for anything that is no list in its one spelling.
 */
export async function openTrustList(bytes, root) {
  if (bytes.length > BYTES_MAX) throw new Fault("bad_encoding");
  const message = readSign1(bytes);
  need(message.type === TYPE);
  const payload = same(message.kid, await kidOf(root)) ? await message.verified(root) : null;
  if (payload === null) throw new Fault("not_ours");
  const list = decode(read(payload));
  // A verifier never passes over what it does not understand.
  need(same(encode(list), payload));
  await check(list);
  return list;
}

/** The key of this name, 8 bytes. */
export const keyOf = (list, kid) => list.keys.find((key) => same(key.kid, kid));

/**
 * Why this key cannot have issued what says to be issued at `issuedAt`, a BigInt of seconds since 1970; `null` where it can. To be asked once the
 * signature holds.
 */
export function issueFault(key, issuedAt) {
  if (isRevoked(key)) return "key_revoked";
  const at = key.withdrawn?.at;
  const last = at !== undefined && at < key.notAfter ? at : key.notAfter;
  return key.notBefore <= issuedAt && issuedAt <= last ? null : "key_not_in_force";
}

export const isRevoked = (key) => key.withdrawn?.state === "revoked";

function need(value) {
  if (value === undefined || value === null || value === false) throw new Fault("bad_encoding");
  return value;
}

const mapOf = (value) => need(value instanceof Pairs ? value : undefined);
const bytesOf = (value, length) => need(value instanceof Uint8Array && value.length === length ? value : undefined);
const instant = (value) => need(signed64(value));
const optional = (value, form) => (value === undefined ? undefined : form(value));

/** Reads what it needs and nothing else: that nothing else was there is seen by encoding again. */
function decode(value) {
  const map = mapOf(value);
  const keys = map.get(KEYS);
  need(Array.isArray(keys));
  const ttl = need(unsigned64(map.get(TTL)));
  need(ttl <= U32_MAX);
  return {
    version: need(unsigned64(map.get(VERSION))),
    issuedAt: instant(map.get(ISSUED_AT)),
    keys: keys.map(decodeKey),
    ttlSeconds: Number(ttl),
  };
}

function decodeKey(value) {
  const map = mapOf(value);
  return {
    kid: bytesOf(map.get(KID), 8),
    public: bytesOf(map.get(PUBLIC), 32),
    purpose: need(PURPOSES[need(unsigned64(map.get(PURPOSE)))]),
    notBefore: instant(map.get(NOT_BEFORE)),
    notAfter: instant(map.get(NOT_AFTER)),
    withdrawn: optional(map.get(WITHDRAWN), decodeWithdrawal),
    successor: optional(map.get(SUCCESSOR), (kid) => bytesOf(kid, 8)),
    holder: optional(map.get(HOLDER), (holder) => need(typeof holder === "string" ? holder : undefined)),
  };
}

function decodeWithdrawal(value) {
  const map = mapOf(value);
  const reason = need(unsigned64(map.get(REASON)));
  need(reason <= REASONS_MAX);
  return { state: need(STATES[need(unsigned64(map.get(STATE)))]), at: instant(map.get(AT)), reason };
}

const numberOf = (names, name) => Object.keys(names).find((number) => names[number] === name);

function encode(list) {
  const cbor = new Writer().map(4).integer(VERSION).integer(list.version).integer(ISSUED_AT).integer(list.issuedAt);
  cbor.integer(KEYS).array(list.keys.length);
  for (const key of list.keys) {
    const more = [key.withdrawn, key.successor, key.holder].filter((there) => there !== undefined);
    cbor.map(5 + more.length).integer(KID).bytes(key.kid).integer(PUBLIC).bytes(key.public);
    cbor.integer(PURPOSE).integer(numberOf(PURPOSES, key.purpose));
    cbor.integer(NOT_BEFORE).integer(key.notBefore).integer(NOT_AFTER).integer(key.notAfter);
    if (key.withdrawn !== undefined) {
      const { state, at, reason } = key.withdrawn;
      cbor.integer(WITHDRAWN).map(3).integer(STATE).integer(numberOf(STATES, state)).integer(AT).integer(at).integer(REASON).integer(reason);
    }
    if (key.successor !== undefined) cbor.integer(SUCCESSOR).bytes(key.successor);
    if (key.holder !== undefined) cbor.integer(HOLDER).text(key.holder);
  }
  return cbor.integer(TTL).integer(list.ttlSeconds).finish();
}

async function check(list) {
  need(list.keys.length <= KEYS_MAX);
  for (const [at, key] of list.keys.entries()) {
    need(at === 0 || hex(list.keys[at - 1].kid) < hex(key.kid));
    need(same(await kidOf(key.public), key.kid));
    need(isPoint(key.public) && !isSmallOrder(key.public));
    need(key.notBefore <= key.notAfter);
    need((key.holder !== undefined) === (key.purpose === "papers"));
    if (key.holder !== undefined) need(key.holder !== "" && byteLength(key.holder) <= HOLDER_BYTES_MAX);
    checkSuccessor(list, key);
  }
}

/** A successor is on the list, for the same purpose and holder, and no key succeeds itself by any way round. */
function checkSuccessor(list, key) {
  let at = key;
  for (let steps = 0; at.successor !== undefined; steps += 1) {
    need(steps < list.keys.length);
    at = need(keyOf(list, at.successor));
    need(at.purpose === key.purpose && at.holder === key.holder);
  }
}
