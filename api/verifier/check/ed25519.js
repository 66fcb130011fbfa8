// Ed25519 by WebCrypto, as strict as RFC 8032 allows.
//
// Browsers check the equation without its cofactor and refuse a scalar or a point R that is not in its shortest form; what they let pass are
// keys and points R of small order, under which a signature can hold for many messages. Those are found by their bytes first.

const P = (1n << 255n) - 19n;
/** The curve's constant: -121665 / 121666. */
const D = mod(-121665n * power(121666n, P - 2n));
const SQRT_MINUS_ONE = power(2n, (P - 1n) / 4n);
/** The group's order. */
const L = (1n << 252n) + 27742317777372353535851937790883648493n;
/** The y of the eight points of small order: of order 4, 1, 2, 8 and 8, each with both signs of x. */
const ORDER_8_Y = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
const SMALL_ORDER_Y = [0n, 1n, P - 1n, ORDER_8_Y, P - ORDER_8_Y];

function mod(value) {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

function power(base, exponent) {
  let result = 1n;
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % P;
    base = (base * base) % P;
  }
  return result;
}

/** Little-endian. */
function number(bytes) {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** y of an encoded point, the sign of x taken off. */
const yOf = (bytes) => mod(number(bytes) & ((1n << 255n) - 1n));

/** Whether the bytes name one of the eight points of small order, in whatever spelling. */
export const isSmallOrder = (bytes) => SMALL_ORDER_Y.includes(yOf(bytes));

/** Whether 32 bytes name a point of the curve: whether x² = (y² - 1) / (d y² + 1) has a root. */
export function isPoint(bytes) {
  const y2 = (yOf(bytes) ** 2n) % P;
  const [u, v] = [mod(y2 - 1n), mod(D * y2 + 1n)];
  const x2 = mod(u * power(v, P - 2n));
  const root = power(x2, (P + 3n) / 8n);
  return [root, mod(root * SQRT_MINUS_ONE)].some((x) => mod(x * x) === x2);
}

/** Whether `signature` is that of `key`, 32 bytes, over `message`. */
export async function verify(key, message, signature) {
  if (signature.length !== 64) return false;
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];
  if (isSmallOrder(key) || isSmallOrder(r) || number(s) >= L || number(r) % (1n << 255n) >= P) return false;
  try {
    const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", imported, signature, message);
  } catch (error) {
    if (error.name === "NotSupportedError") throw error;
    return false;
  }
}

/** Whether this browser has Ed25519, and WebCrypto at all: it is there on https and localhost alone. */
export async function isSupported() {
  try {
    await crypto.subtle.importKey("raw", Uint8Array.of(0x58, ...new Uint8Array(31).fill(0x66)), "Ed25519", false, ["verify"]);
    return typeof DecompressionStream === "function";
  } catch {
    return false;
  }
}
