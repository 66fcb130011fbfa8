// The status bundle: all lists of a city of codes that were taken back, in one signed message. What it does not say is valid.

import { Fault } from "./fault.js";
import { Pairs, Writer, read, same, signed64, unsigned64 } from "./cbor.js";
import { readSign1 } from "./cose.js";
import { issueFault, keyOf } from "./trust.js";
import { unwrap } from "./zlib.js";

const TYPE = "application/vnd.congdanso.status-bundle+cbor";
const BYTES_MAX = 16 * 1024 * 1024;
const LISTS_MAX = 4096;
const INFLATED_BYTES_MAX = 64 * 1024 * 1024;
/** Codes that one list speaks of, each in two bits. */
const BLOCK_ENTRIES = 1n << 20n;
const BLOCK_BYTES = Number(BLOCK_ENTRIES / 4n);
const CLOCK_SLACK_SECONDS = 300n;
const [BASE_URI, LISTS, EXPIRES_AT, ISSUED_AT, TTL] = [1n, 2n, 4n, 6n, 65534n];
const [VALID, SUSPENDED] = [0, 2];

/** How old the knowledge of a status may be, in seconds, by what a code is checked for. */
export const AGE_SECONDS_MAX = { gate: 15 * 60, desk: 4 * 3600, audit: 24 * 3600 };

/** Reads a bundle and checks it against the keys of the trust list. Throws a fault: nothing in it may be believed. */
export async function openBundle(bytes, trust) {
  if (bytes.length > BYTES_MAX) throw new Fault("bad_encoding");
  const message = readSign1(bytes);
  need(message.type === TYPE);
  const key = keyOf(trust, message.kid);
  if (key === undefined) throw new Fault("unknown_key");
  if (key.purpose !== "status") throw new Fault("wrong_purpose");
  const payload = await message.verified(key.public);
  if (payload === null) throw new Fault("bad_signature");
  const bundle = decode(read(payload));
  need(bundle.issuedAt <= bundle.expiresAt);
  const fault = issueFault(key, bundle.issuedAt);
  if (fault !== null) throw new Fault(fault);
  need(same(encode(bundle), payload) && bundle.packed.length <= LISTS_MAX);
  need(bundle.packed.every((list, at) => at === 0 || rises(bundle.packed[at - 1].id, list.id)));
  const lists = new Map();
  let inflated = 0;
  for (const { id, short } of bundle.packed) {
    const entries = await unwrap(short, BLOCK_BYTES).catch(() => need(false));
    const end = entries.findLastIndex((byte) => byte !== 0) + 1;
    inflated += end;
    need(end > 0 && inflated <= INFLATED_BYTES_MAX);
    lists.set(id.join("/"), entries.slice(0, end));
  }
  return { ...bundle, packed: undefined, lists };
}

/**
 * What a bundle says of the code with this reference, at `now`, a BigInt of seconds since 1970. `confirmedAt` is when its publisher last said that there
 * is nothing newer, `ageMax` how old it may be in seconds; either may be left out.
 */
export function known(bundle, reference, now, { ageMax, confirmedAt } = {}) {
  const id = /(?:^|\/)(0|[1-9][0-9]*)\/(0|[1-9][0-9]*)\/(0|[1-9][0-9]*)$/.exec(reference.uri)?.slice(1).map(BigInt);
  const isList = id !== undefined && id[0] < 1n << 32n && id[1] < 1n << 16n && id[2] < 1n << 64n;
  if (!isList || reference.index >= BLOCK_ENTRIES) return { known: "unknown" };
  const index = Number(reference.index);
  const status = ((bundle.lists.get(id.join("/"))?.[index >> 2] ?? 0) >> (2 * (index & 3))) & 3;
  // What was taken back for good stays so, however old the list. Statuses that are not known here are taken for that.
  if (status !== VALID && status !== SUSPENDED) return { known: "revoked" };
  const age = ageOf(bundle, now, confirmedAt);
  const tooOld = ageMax !== undefined && age > BigInt(ageMax);
  if (tooOld || now >= bundle.expiresAt || age < -CLOCK_SLACK_SECONDS) return { known: "stale", age };
  return { known: status === SUSPENDED ? "suspended" : "valid" };
}

/** How old what a bundle says is, in seconds: since it was signed, or since its publisher last confirmed it. */
export function ageOf(bundle, now, confirmedAt) {
  const at = confirmedAt !== undefined && confirmedAt > bundle.issuedAt ? confirmedAt : bundle.issuedAt;
  return now - at;
}

function need(value) {
  if (value === undefined || value === false) throw new Fault("bad_encoding");
  return value;
}

function rises(before, after) {
  const at = before.findIndex((number, place) => number !== after[place]);
  return at >= 0 && before[at] < after[at];
}

function decode(value) {
  need(value instanceof Pairs);
  const [baseUri, lists] = [value.get(BASE_URI), value.get(LISTS)];
  need(typeof baseUri === "string" && Array.isArray(lists));
  const ttl = need(unsigned64(value.get(TTL)));
  need(ttl < 1n << 32n);
  return {
    baseUri,
    packed: lists.map(packed),
    expiresAt: need(signed64(value.get(EXPIRES_AT))),
    issuedAt: need(signed64(value.get(ISSUED_AT))),
    ttlSeconds: Number(ttl),
  };
}

function packed(value) {
  need(Array.isArray(value) && value.length === 4 && value[3] instanceof Uint8Array);
  const id = value.slice(0, 3).map((number) => need(unsigned64(number)));
  need(id[0] < 1n << 32n && id[1] < 1n << 16n);
  return { id, short: value[3] };
}

function encode(bundle) {
  const cbor = new Writer().map(5).integer(BASE_URI).text(bundle.baseUri).integer(LISTS).array(bundle.packed.length);
  for (const { id, short } of bundle.packed) {
    cbor.array(4);
    id.forEach((number) => cbor.integer(number));
    cbor.bytes(short);
  }
  cbor.integer(EXPIRES_AT).integer(bundle.expiresAt).integer(ISSUED_AT).integer(bundle.issuedAt);
  return cbor.integer(TTL).integer(bundle.ttlSeconds).finish();
}
