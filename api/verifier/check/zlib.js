// zlib (RFC 1950) around what is signed.

import { concat } from "./cbor.js";
import { Fault } from "./fault.js";

/** The head of a last block of fixed codes, and what follows the blocks. */
const LAST_FIXED = 0b011;
const SUM_BYTES = 4;

/** The most that a code may inflate to. */
export const CODE_BYTES_MAX = 64 * 1024;

/**
 * The contents of exactly one zlib stream of at most `limit` bytes. Throws a fault: `not_ours` where the first two bytes are no
 * zlib header, `bad_encoding` where the rest is damaged, cut short, followed by something, or too large.
 */
export async function unwrap(bytes, limit) {
  if (bytes.length < 2) throw new Fault("not_ours");
  const [cmf, flags, block] = bytes;
  const presetDictionary = (flags & 0x20) !== 0;
  if ((cmf & 0x0f) !== 8 || cmf >> 4 > 7 || presetDictionary || ((cmf << 8) | flags) % 31 !== 0) throw new Fault("not_ours");
  // Deflate ignores the unused bits of a stored block, and those behind the end of a last one of fixed codes, but a code has one spelling. That end
  // is seven zeroes, so that with zeroes behind it at least the seven highest bits of the byte before the sum are zero, and else they are not.
  const stored = (block & 0b110) === 0;
  const respelt = stored ? (block & 0b11111000) !== 0 : (block & 0b111) === LAST_FIXED && (bytes.at(-1 - SUM_BYTES) & 0b11111110) !== 0;
  if (bytes.length === 2 || respelt) throw new Fault("bad_encoding");
  try {
    return await inflate(bytes, limit);
  } catch {
    throw new Fault("bad_encoding");
  }
}

/** `DecompressionStream` checks the sum at the end, and refuses what is cut short or followed by more. */
async function inflate(bytes, limit) {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  const parts = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concat(parts);
    length += value.length;
    if (length > limit) {
      await reader.cancel();
      throw new Error("too large");
    }
    parts.push(value);
  }
}
