// COSE_Sign1 (RFC 9052) with EdDSA: what stands around a token's claims, a trust list's keys and a status bundle.

import { Fault } from "./fault.js";
import { Pairs, Tag, Writer, read, signed64 } from "./cbor.js";
import { verify } from "./ed25519.js";
import { trim } from "./text.js";

const TAG_SIGN1 = 18n;
/** RFC 8392, section 6. */
const TAG_CWT = 61n;
const TAGS_ENCRYPTED = [16n, 96n];
const ALGORITHM_EDDSA = -8n;
const [ALGORITHM, CRITICAL, CONTENT_TYPE, KID, IV, PARTIAL_IV, COUNTER_SIGNATURE] = [1n, 2n, 3n, 4n, 5n, 6n, 7n];
/** RFC 9596. */
const TYPE = 16n;

/** The numbers that IANA has given out, as ranges: of algorithms, below which the private ones begin, and of CoAP content formats. */
const ALGORITHMS = [[-65535, -65529], [-268, -265], [-260, -257], [-53, -25], [-19, -3], [0, 7], [10, 15], [24, 26], [30, 34]];
const ALGORITHMS_PRIVATE_BELOW = -65536n;
const CONTENT_FORMATS = [
  [0, 0], [16, 19], [21, 23], [40, 42], [47, 47], [50, 52], [60, 65], [96, 98], [101, 102], [110, 115], [140, 140], [256, 268], [271, 272],
  [280, 287], [290, 291], [310, 311], [320, 320], [322, 322], [340, 341], [432, 433], [601, 601], [10000, 10004], [11050, 11050],
  [11060, 11060], [11542, 11544], [20000, 20000], [30000, 30000],
];

/** A signed message whose signature has not been checked. Its payload is to be had from `verified` alone. */
export class Sign1 {
  #protected;
  #payload;
  #signature;

  /** Reads one message under the tags 61 and 18, under 18, or under none. Throws `bad_encoding`, `not_ours` or `encrypted`. */
  constructor(bytes) {
    const value = read(bytes);
    if (value === undefined) throw new Fault("bad_encoding");
    const items = untagged(value);
    if (!Array.isArray(items)) throw new Fault("not_ours");
    const [head, unprotected, payload, signature] = items;
    const headed = isBytes(head) && unprotected instanceof Pairs;
    if (headed && items.length === 3 && (isBytes(payload) || payload === null)) throw new Fault("encrypted");
    if (!headed || items.length !== 4 || !isBytes(payload) || !isBytes(signature)) throw new Fault("bad_encoding");
    const outer = headers(unprotected);
    const inner = protectedHeaders(head);
    const critical = inner.has(CRITICAL) || outer.has(CRITICAL);
    if (critical || (inner.has(KID) && outer.has(KID)) || outer.has(ALGORITHM)) throw new Fault("bad_encoding");
    if (inner.get(ALGORITHM) !== ALGORITHM_EDDSA) throw new Fault("not_ours");
    /** Empty when the message names no key. */
    this.kid = inner.get(KID) ?? outer.get(KID) ?? new Uint8Array(0);
    const type = inner.get(TYPE);
    /** The `typ` of the protected header; `null` where there is none, empty where it is no text. */
    this.type = inner.has(TYPE) ? (typeof type === "string" ? type : "") : null;
    this.#protected = head;
    this.#payload = payload;
    this.#signature = signature;
  }

  /** The payload, if this key signed it; else `null`. */
  async verified(key) {
    // The Sig_structure of RFC 9052, section 4.4, without external data.
    const signed = new Writer().array(4).text("Signature1").bytes(this.#protected).bytes(new Uint8Array(0)).bytes(this.#payload);
    return (await verify(key, signed.finish(), this.#signature)) ? this.#payload : null;
  }
}

/** A message that can be nothing else: whatever is wrong with it is `bad_encoding`. */
export function readSign1(bytes) {
  try {
    return new Sign1(bytes);
  } catch {
    throw new Fault("bad_encoding");
  }
}

const isBytes = (value) => value instanceof Uint8Array;

function untagged(value) {
  const inner = value instanceof Tag && value.tag === TAG_CWT && value.value instanceof Tag ? value.value : value;
  if (!(inner instanceof Tag)) return inner;
  if (inner.tag === TAG_SIGN1) return inner.value;
  throw new Fault(TAGS_ENCRYPTED.includes(inner.tag) ? "encrypted" : "not_ours");
}

function require(holds) {
  if (!holds) throw new Fault("bad_encoding");
}

function protectedHeaders(bytes) {
  if (bytes.length === 0) return new Map();
  const value = read(bytes);
  require(value instanceof Pairs);
  return headers(value);
}

/** The headers by label, each of the form that RFC 9052, section 3.1, gives it, none named twice. */
function headers({ pairs }) {
  const found = new Map();
  for (const [label, value] of pairs) {
    require((typeof label === "string" || signed64(label) !== undefined) && !found.has(label));
    found.set(label, value);
    if (label === ALGORITHM) require(isAlgorithm(value));
    if (label === CONTENT_TYPE) require(isContentType(value));
    if ([KID, IV, PARTIAL_IV].includes(label)) require(isBytes(value) && value.length > 0);
    if (label === COUNTER_SIGNATURE) counterSignatures(value);
  }
  require(!(found.has(IV) && found.has(PARTIAL_IV)));
  return found;
}

const isWithin = (ranges, value) => ranges.some(([first, last]) => value >= first && value <= last);

function isAlgorithm(value) {
  if (typeof value !== "bigint") return typeof value === "string";
  return isWithin(ALGORITHMS, value) || (value < ALGORITHMS_PRIVATE_BELOW && signed64(value) !== undefined);
}

function isContentType(value) {
  if (typeof value !== "string") return typeof value === "bigint" && isWithin(CONTENT_FORMATS, value);
  return value.split("/").length === 2 && trim(value) === value;
}

function counterSignatures(value) {
  require(Array.isArray(value) && value.length > 0);
  for (const items of isBytes(value[0]) ? [value] : value) {
    require(Array.isArray(items) && items.length === 3);
    const [head, unprotected, signature] = items;
    require(isBytes(head) && unprotected instanceof Pairs && isBytes(signature));
    headers(unprotected);
    protectedHeaders(head);
  }
}
