// Reads a QR symbol out of a picture, away from the page's own thread.

import { prepareZXingModule, readBarcodes } from "./vendor/zxing-wasm-3.1.4/es/reader/index.js";

const WASM = "/verify/vendor/zxing-wasm-3.1.4/reader/zxing_reader.wasm";
const OPTIONS = { formats: ["QRCode"], maxNumberOfSymbols: 1, tryHarder: true };

// Without this it would be loaded from a stranger's server.
prepareZXingModule({ overrides: { locateFile: () => WASM } });

addEventListener("message", async ({ data: { id, image } }) => {
  try {
    const [found] = await readBarcodes(image, OPTIONS);
    // The bytes are UTF-8; the library's own text would be a guess.
    postMessage({ id, text: found?.isValid ? new TextDecoder().decode(found.bytes) : null });
  } catch (error) {
    postMessage({ id, error: String(error) });
  }
});
