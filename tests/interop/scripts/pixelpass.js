// PixelPass reads codes, wraps their messages anew and draws them. stdin: {"codes": [text]}; stdout: for each {message, code, picture}.
const pixelpass = require("@mosip/pixelpass");
const base45 = require("base45-web");
const pako = require("pako");

let input = "";
process.stdin.on("data", (part) => (input += part));
process.stdin.on("end", async () => {
  const answers = [];
  // It says on the console that a message is no JSON, which it is not meant to be.
  console.error = () => {};
  for (const code of JSON.parse(input).codes) {
    const read = JSON.parse(pixelpass.decode(code));
    const [header, , payload, signature] = read.value.map((part) => Buffer.from(part.data ?? []).toString("hex"));
    const message = pako.inflate(Uint8Array.from(base45.decode(code)));
    answers.push({
      tag: read.tag,
      header,
      payload,
      signature,
      code: pixelpass.generateQRData(message),
      picture: await pixelpass.generateQRCode(message, "M"),
    });
  }
  process.stdout.write(JSON.stringify(answers));
});
