// Safetensors in the browser: the same file format as the checkpoints in Python.

/** @typedef {Object<string, Float32Array | Uint8Array>} Tensors flat arrays by name, C order */

/** The tensors of a gzipped safetensors file. Rejects with an Error if it cannot be fetched.
 * @param {string} url
 * @returns {Promise<Tensors>} */
export async function fetchTensors(url) {
  return readTensors(await (await fetchInflated(url)).arrayBuffer());
}

/** A gzipped file, decompressed. Rejects with an Error if it cannot be fetched.
 * @param {string} url
 * @returns {Promise<Response>} */
async function fetchInflated(url) {
  const response = await fetch(url);
  if (!response.ok || !response.body) throw new Error(`${url}: HTTP ${response.status}`);
  return new Response(response.body.pipeThrough(new DecompressionStream("gzip")));
}

/** @param {ArrayBuffer} buffer a complete safetensors file
 * @returns {Tensors} float16 arrives as float32 */
export function readTensors(buffer) {
  const start = 8 + Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, start - 8)));
  delete header.__metadata__;
  /** @type {Tensors} */
  const tensors = {};
  for (const [name, { dtype, data_offsets }] of Object.entries(header)) {
    // A copy, because typed arrays must start at a multiple of their element size.
    const bytes = buffer.slice(start + data_offsets[0], start + data_offsets[1]);
    if (dtype === "F16") tensors[name] = halvesToFloats(new Uint16Array(bytes));
    else tensors[name] = dtype === "F32" ? new Float32Array(bytes) : new Uint8Array(bytes);
  }
  return tensors;
}

/** @param {Uint16Array} halves IEEE 754 binary16 bit patterns */
export function halvesToFloats(halves) {
  const floats = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) {
    const sign = halves[i] & 0x8000 ? -1 : 1;
    const exponent = (halves[i] >> 10) & 0x1f;
    const fraction = halves[i] & 0x3ff;
    if (exponent === 0) floats[i] = sign * fraction * 2 ** -24;
    else if (exponent === 31) floats[i] = fraction ? NaN : sign * Infinity;
    else floats[i] = sign * (1024 + fraction) * HALF_POWERS[exponent];
  }
  return floats;
}

const HALF_POWERS = Float64Array.from({ length: 31 }, (_, exponent) => 2 ** (exponent - 25));

const CACHE_SIZE = 16; // files in the cache, each of a few MB; a run may have a hundred frames

/** @type {Map<string, Promise<any>>} a cache, least recently used first */
const fetched = new Map();

/** @template T @param {string} url @param {(tensors: Tensors) => T} make @returns {Promise<T>} */
export function fetchOnce(url, make) {
  const found = fetched.get(url) ?? fetchTensors(url).then(make);
  fetched.delete(url);
  fetched.set(url, found);
  if (fetched.size > CACHE_SIZE) fetched.delete(fetched.keys().next().value ?? "");
  found.catch(() => fetched.delete(url)); // a failed fetch may be tried again
  return found;
}
