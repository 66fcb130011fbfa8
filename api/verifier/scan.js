// From the camera or a picture to the text of a code.

/** The longest side of a picture that is looked at, in pixels: more costs time and reads no better. */
const SIDE_PX_MAX = 1600;

let worker;
let last = 0;
const waiting = new Map();

function reader() {
  if (worker === undefined) {
    worker = new Worker("/verify/reader.js", { type: "module" });
    worker.onmessage = ({ data: { id, text, error } }) => {
      const { resolve, reject } = waiting.get(id);
      waiting.delete(id);
      if (error === undefined) resolve(text);
      else reject(new Error(error));
    };
    worker.onerror = () => {
      waiting.forEach(({ reject }) => reject(new Error("the reader cannot be loaded")));
      waiting.clear();
      worker = undefined;
    };
  }
  return worker;
}

/** The text of the symbol in a canvas source of this size, or `null`. */
function read(source, width, height) {
  const scale = Math.min(1, SIDE_PX_MAX / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  // A picture with clear parts stands on white.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  const image = context.getImageData(0, 0, canvas.width, canvas.height);
  const id = (last += 1);
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    reader().postMessage({ id, image }, [image.data.buffer]);
  });
}

/** The text of the symbol in a picture file; `null` where there is none. Throws where the file is no picture. */
export async function readFile(file) {
  const url = URL.createObjectURL(file);
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    return await read(image, image.naturalWidth || SIDE_PX_MAX, image.naturalHeight || SIDE_PX_MAX);
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** A running camera. */
export class Camera {
  #stream;
  #video;

  /** Asks for the camera that looks away from the user, and shows it. Throws as `getUserMedia` does. */
  async start(video) {
    if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("no camera", "NotFoundError");
    this.#stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } },
    });
    this.#video = video;
    video.srcObject = this.#stream;
    await video.play();
  }

  /** The text of the first symbol that is seen; `null` once the camera has been stopped. */
  async next() {
    while (this.#stream !== undefined) {
      const text = await read(this.#video, this.#video.videoWidth, this.#video.videoHeight);
      if (text !== null && this.#stream !== undefined) return text;
      await new Promise(requestAnimationFrame);
    }
    return null;
  }

  stop() {
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = undefined;
    if (this.#video) this.#video.srcObject = null;
  }
}
