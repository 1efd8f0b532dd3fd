// The kernel in plain JavaScript, for browsers without the vectors of WebAssembly; see kernel.wat.

const PAGE = 65536; // bytes
const PANEL = 8;

export class PlainKernel {
  memory = new PlainMemory();

  /** One row by eight outputs in eight sums.
   * @param {number} a @param {number} aRow @param {number} aStep @param {number} w @param {number} b
   * @param {number} bRow @param {number} c @param {number} cRow @param {number} rows @param {number} inputs
   * @param {number} outputs */
  multiply(a, aRow, aStep, w, b, bRow, c, cRow, rows, inputs, outputs) {
    const { floats } = this.memory;
    for (let panel = 0; panel < outputs; panel += PANEL) {
      for (let row = 0; row < rows; row++) {
        const bias = (b + row * bRow) / 4 + panel;
        let [s0, s1, s2, s3] = [floats[bias], floats[bias + 1], floats[bias + 2], floats[bias + 3]];
        let [s4, s5, s6, s7] = [floats[bias + 4], floats[bias + 5], floats[bias + 6], floats[bias + 7]];
        let from = (a + row * aRow) / 4;
        for (let at = w / 4 + panel * inputs, end = at + PANEL * inputs; at < end; at += PANEL) {
          const input = floats[from];
          s0 += input * floats[at];
          s1 += input * floats[at + 1];
          s2 += input * floats[at + 2];
          s3 += input * floats[at + 3];
          s4 += input * floats[at + 4];
          s5 += input * floats[at + 5];
          s6 += input * floats[at + 6];
          s7 += input * floats[at + 7];
          from += aStep / 4;
        }
        floats.set([s0, s1, s2, s3, s4, s5, s6, s7], (c + row * cRow) / 4 + panel);
      }
    }
  }

  /** @param {number} at @param {number} end */
  sigmoid(at, end) {
    const { floats } = this.memory;
    for (let i = at / 4; i < end / 4; i++) floats[i] = 1 / (1 + Math.exp(-floats[i]));
  }

  /** @param {number} at @param {number} end */
  silu(at, end) {
    const { floats } = this.memory;
    for (let i = at / 4; i < end / 4; i++) floats[i] /= 1 + Math.exp(-floats[i]);
  }

  /** @param {number} at @param {number} row @param {number} rows @param {number} to */
  softplus(at, row, rows, to) {
    const { floats } = this.memory;
    const found = new Float64Array(this.memory.buffer, to, 2 * rows);
    for (let i = 0; i < rows; i++) {
      let [sum, product] = [0, 1];
      for (let j = (at + i * row) / 4; j < (at + (i + 1) * row) / 4; j++) {
        sum += Math.max(floats[j], 0);
        product *= 1 + Math.exp(-Math.abs(floats[j]));
      }
      found.set([sum, product], 2 * i);
    }
  }
}

/** A memory that grows, as WebAssembly's does. */
class PlainMemory {
  buffer = new ArrayBuffer(PAGE);
  floats = new Float32Array(this.buffer);

  /** @param {number} pages */
  grow(pages) {
    const before = this.buffer;
    this.buffer = new ArrayBuffer(before.byteLength + pages * PAGE);
    this.floats = new Float32Array(this.buffer);
    this.floats.set(new Float32Array(before));
    return before.byteLength / PAGE;
  }
}
