// CBOR (RFC 8949): a reader with limits on the tokens of cborg, and a writer of the core deterministic form.
//
// Integers are read as BigInt, byte strings as Uint8Array, texts as strings, arrays as arrays, null and undefined as null,
// floats as numbers. Maps keep every pair in its order, so that what is said twice is seen.

import { Tokeniser } from "../vendor/cborg-6.1.5/lib/decode.js";

/** How deep arrays, maps and tags may nest in what is read. */
export const DEPTH_MAX = 16;

const OPTIONS = { allowIndefinite: true, allowUndefined: true, allowBigInt: true, retainStringBytes: true };
const BREAK = Symbol("break");
const BIG_POSITIVE = 2n;
const BIG_NEGATIVE = 3n;
const BIG_BYTES_MAX = 16;
const U64_MAX = (1n << 64n) - 1n;
const I128_MAX = (1n << 127n) - 1n;

/** A map: pairs of key and value. */
export class Pairs {
  constructor(pairs) {
    this.pairs = pairs;
  }

  /** The value of the first pair with this key, a BigInt or a string. */
  get(key) {
    return this.pairs.find(([name]) => name === key)?.[1];
  }
}

/** A tagged item. */
export class Tag {
  constructor(tag, value) {
    this.tag = tag;
    this.value = value;
  }
}

/** The one item that `bytes` hold; `undefined` for anything malformed, too deep, or followed by more. */
export function read(bytes) {
  try {
    const reader = new Reader(bytes);
    const value = reader.inner(DEPTH_MAX);
    return reader.at === bytes.length ? value : undefined;
  } catch {
    return undefined;
  }
}

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  get head() {
    return this.bytes[this.at];
  }

  token() {
    const tokens = new Tokeniser(this.bytes.subarray(this.at), OPTIONS);
    const token = tokens.next();
    this.at += tokens.pos();
    return token;
  }

  item(depth) {
    // What cborg leaves out: strings of unknown length, and simple values in two bytes.
    if (this.head === 0x5f || this.head === 0x7f) return this.segments(this.head >> 5);
    if (this.head === 0xf8) return this.simple();
    const token = this.token();
    switch (token.type.name) {
      case "uint":
      case "negint":
        return BigInt(token.value);
      case "bytes":
        return token.value;
      case "string":
        return text(token.byteValue ?? new Uint8Array(0));
      case "array":
        return this.array(token.value, below(depth));
      case "map":
        return this.map(token.value, below(depth));
      case "tag":
        return this.tagged(BigInt(token.value), depth);
      case "break":
        return BREAK;
      case "undefined":
        return null;
      default:
        return token.value;
    }
  }

  /** An item that is no break. */
  inner(depth) {
    const value = this.item(depth);
    if (value === BREAK) throw new Error("a break in the wrong place");
    return value;
  }

  array(length, depth) {
    const items = [];
    while (items.length < length) {
      const item = this.item(depth);
      if (item === BREAK && length === Infinity) break;
      if (item === BREAK) throw new Error("a break in the wrong place");
      items.push(item);
    }
    return items;
  }

  map(length, depth) {
    const pairs = [];
    while (pairs.length < length) {
      const key = this.item(depth);
      if (key === BREAK && length === Infinity) break;
      if (key === BREAK) throw new Error("a break in the wrong place");
      pairs.push([key, this.inner(depth)]);
    }
    return new Pairs(pairs);
  }

  /** Of the big integers those that fit 16 bytes are integers. */
  tagged(tag, depth) {
    const definite = this.head >> 5 === 2 && this.head !== 0x5f;
    if ((tag === BIG_POSITIVE || tag === BIG_NEGATIVE) && definite) {
      const bytes = this.token().value;
      if (bytes.length <= BIG_BYTES_MAX) return big(tag, bytes);
      below(depth);
      return new Tag(tag, bytes);
    }
    return new Tag(tag, this.inner(below(depth)));
  }

  /** A string of unknown length: strings of the same kind up to a break. Each segment of a text is text by itself. */
  segments(major) {
    const whole = [];
    let nested = 0;
    do {
      if (this.head === ((major << 5) | 31)) {
        nested += 1;
        this.at += 1;
      } else if (this.head === 0xff) {
        nested -= 1;
        this.at += 1;
      } else if (this.head >> 5 === major) {
        whole.push(this.inner(0));
      } else {
        throw new Error("a segment of another kind");
      }
    } while (nested > 0);
    return major === 3 ? whole.join("") : concat(whole);
  }

  simple() {
    const value = [false, true, null, null][this.bytes[this.at + 1] - 20];
    if (value === undefined) throw new Error("a simple value that has no meaning");
    this.at += 2;
    return value;
  }
}

function below(depth) {
  if (depth === 0) throw new Error("too deep");
  return depth - 1;
}

function big(tag, bytes) {
  const magnitude = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  if (tag === BIG_NEGATIVE && magnitude > I128_MAX) throw new Error("too large");
  if (magnitude > U64_MAX) return new Tag(tag, bytes);
  return tag === BIG_NEGATIVE ? -1n - magnitude : magnitude;
}

/** cborg puts another character where bytes are no UTF-8; here they are refused, and a byte order mark is kept. */
function text(bytes) {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** Writes shortest heads and definite lengths. The order of map keys is the caller's. */
export class Writer {
  #parts = [];

  #head(major, value) {
    value = BigInt(value);
    const [minor, length] = value < 24n ? [Number(value), 0] : value < 1n << 8n ? [24, 1] : value < 1n << 16n ? [25, 2] : value < 1n << 32n ? [26, 4] : [27, 8];
    const head = Uint8Array.of((major << 5) | minor, ...new Uint8Array(length));
    for (let at = length; at > 0; at -= 1, value >>= 8n) head[at] = Number(value & 0xffn);
    this.#parts.push(head);
    return this;
  }

  integer(value) {
    value = BigInt(value);
    return value < 0n ? this.#head(1, -1n - value) : this.#head(0, value);
  }

  bytes(value) {
    this.#head(2, value.length);
    this.#parts.push(value);
    return this;
  }

  text(value) {
    const bytes = new TextEncoder().encode(value);
    this.#head(3, bytes.length);
    this.#parts.push(bytes);
    return this;
  }

  boolean(value) {
    this.#parts.push(Uint8Array.of(value ? 0xf5 : 0xf4));
    return this;
  }

  /** A byte string, a text, an integer (a BigInt) or a boolean. */
  any(value) {
    const forms = { object: this.bytes, string: this.text, bigint: this.integer, boolean: this.boolean };
    return forms[typeof value].call(this, value);
  }

  array(items) {
    return this.#head(4, items);
  }

  map(pairs) {
    return this.#head(5, pairs);
  }

  finish() {
    return concat(this.#parts);
  }
}

export function concat(parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Whether two byte strings are the same. None of them is secret. */
export function same(a, b) {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** The value where it is an integer of 64 bits, with or without sign; else `undefined`. */
export const signed64 = (value) => (typeof value === "bigint" && BigInt.asIntN(64, value) === value ? value : undefined);
export const unsigned64 = (value) => (typeof value === "bigint" && BigInt.asUintN(64, value) === value ? value : undefined);
