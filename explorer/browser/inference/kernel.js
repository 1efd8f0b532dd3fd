// The arithmetic of a batched decoder: WebAssembly where the browser has its vectors, plain JavaScript elsewhere.

import { FUSED_KERNEL, KERNEL } from "./kernel_bytes.js";
import { PlainKernel } from "./plain_kernel.js";

/** The functions of kernel.wat, which describes them, over one memory. Addresses are in bytes.
 * @typedef {{
 *   memory: {buffer: ArrayBuffer, grow: (pages: number) => number},
 *   multiply: (a: number, aRow: number, aStep: number, w: number, b: number, bRow: number, c: number, cRow: number,
 *     rows: number, inputs: number, outputs: number) => void,
 *   sigmoid: (at: number, end: number) => void,
 *   silu: (at: number, end: number) => void,
 *   softplus: (at: number, row: number, rows: number, to: number) => void,
 * }} Kernel */

export const PANEL = 8; // outputs
export const ROWS = 4; // a number of rows is a multiple of this
const PAGE = 65536; // bytes

/** The fastest kernel that this browser has. @returns {Promise<Kernel>} */
export async function loadKernel() {
  for (const code of [FUSED_KERNEL, KERNEL]) {
    try {
      return await instantiated(code);
    } catch {
      // No WebAssembly, or without these vectors.
    }
  }
  return new PlainKernel();
}

/** @param {string} code base64 @returns {Promise<Kernel>} */
export async function instantiated(code) {
  const bytes = Uint8Array.from(atob(code), (letter) => letter.charCodeAt(0));
  const { instance } = await WebAssembly.instantiate(bytes);
  return /** @type {any} */ (instance.exports);
}

/** Parts of a kernel's memory, one after another, each at a multiple of 16 bytes. */
export class Arena {
  /** @param {Kernel} kernel */
  constructor(kernel) {
    this.kernel = kernel;
    this.end = 0;
  }

  /** The address of space for ``count`` float32. Arrays made of the memory before are then of no use.
   * @param {number} count */
  take(count) {
    const { memory } = this.kernel;
    const at = this.end;
    this.end += 16 * Math.ceil(count / 4);
    const missing = this.end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    return at;
  }

  /** @param {number} at @param {number} count */
  floats(at, count) {
    return new Float32Array(this.kernel.memory.buffer, at, count);
  }
}

/** A count, rounded up to whole panels. @param {number} outputs */
export function padded(outputs) {
  return PANEL * Math.ceil(outputs / PANEL);
}

/** Write W into panels. @param {Float32Array} weight of a layer, [outputs, inputs] row by row
 * @param {number} outputs @param {Float32Array} into [panels, inputs, PANEL] */
export function pack(weight, outputs, into) {
  const inputs = weight.length / outputs;
  for (let output = 0; output < outputs; output++) {
    const panel = Math.floor(output / PANEL) * inputs * PANEL + (output % PANEL);
    for (let input = 0; input < inputs; input++) into[panel + PANEL * input] = weight[output * inputs + input];
  }
}
