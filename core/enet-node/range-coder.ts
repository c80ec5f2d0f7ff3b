/**
 * ENet's range coder: an adaptive order-2 model (predict the next byte from the two before, escape to a shorter
 * context when it is new) over a 32-bit range coder. Model sizes and increments are part of the wire format: one
 * different rounding and the other side reads rubbish. The model starts afresh for every datagram.
 */

const TOP = 1 << 24;
const BOTTOM = 1 << 16;
const ORDER = 2;
const ROOT_DELTA = 3;
const ROOT_MINIMUM = 1;
const ROOT_ESCAPE = 1;
const CONTEXT_DELTA = 2;
const CONTEXT_ESCAPE_DELTA = 5;
const SYMBOLS = 4096;
const ROOT = 0;

/**
 * One coder holds the scratch memory of the model (about 60 KB) and may be used for any number of datagrams, in both
 * directions, one after the other. It keeps no state between calls.
 */
export class RangeCoder {
  // One node is both a symbol in the binary tree of its parent context and a context of its own (`symbols` is the
  // root of its tree). Links are node numbers; 0 means none, since node 0 is the root context and nobody's child.
  readonly #value = new Uint8Array(SYMBOLS);
  readonly #count = new Uint8Array(SYMBOLS);
  readonly #under = new Uint16Array(SYMBOLS);
  readonly #left = new Uint16Array(SYMBOLS);
  readonly #right = new Uint16Array(SYMBOLS);
  readonly #symbols = new Uint16Array(SYMBOLS);
  readonly #escapes = new Uint16Array(SYMBOLS);
  readonly #total = new Uint16Array(SYMBOLS);
  readonly #parent = new Uint16Array(SYMBOLS);
  #next = 0;

  // Results of the tree walks, which would otherwise need an object per byte.
  #symbol = 0;
  #foundUnder = 0;
  #foundCount = 0;
  #foundValue = 0;

  // The coder proper.
  #low = 0;
  #range = 0;
  #code = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #position = 0;
  #end = 0;

  /**
   * Compresses `input[start, end)` into `output` from `at`, writing at most up to `limit`.
   * @returns the number of bytes written; 0 when they would not fit or there is nothing to compress.
   */
  compress(input: Uint8Array, start: number, end: number, output: Uint8Array, at: number, limit: number): number {
    if (start >= end) return 0;
    this.#low = 0;
    this.#range = 0xffffffff;
    this.#bytes = output;
    this.#position = at;
    this.#end = Math.min(limit, output.length);
    this.#startModel();
    let predicted = 0;
    let order = 0;
    for (let i = start; i < end; i++) {
      const value = input[i]!;
      let context = predicted;
      let above = -1; // the node whose parent link still has to be set; -1 stands for `predicted`
      let found = false;
      while (context !== ROOT) {
        this.#insert(context, value, CONTEXT_DELTA, 0);
        const symbol = this.#symbol;
        const count = this.#foundCount;
        if (above < 0) predicted = symbol;
        else this.#parent[above] = symbol;
        above = symbol;
        const total = this.#total[context]!;
        const escapes = this.#escapes[context]!;
        if (count > 0) {
          if (!this.#encode(escapes + this.#foundUnder, count, total)) return 0;
        } else {
          if (escapes > 0 && escapes < total && !this.#encode(0, escapes, total)) return 0;
          this.#escapes[context] = escapes + CONTEXT_ESCAPE_DELTA;
          this.#total[context] = total + CONTEXT_ESCAPE_DELTA;
        }
        this.#grow(context, CONTEXT_DELTA, 0, count, 0xff - 2 * CONTEXT_DELTA);
        if (count > 0) {
          found = true;
          break;
        }
        context = this.#parent[context]!;
      }
      if (!found) {
        this.#insert(ROOT, value, ROOT_DELTA, ROOT_MINIMUM);
        const count = this.#foundCount;
        if (above < 0) predicted = this.#symbol;
        else this.#parent[above] = this.#symbol;
        if (!this.#encode(this.#escapes[ROOT]! + this.#foundUnder, count, this.#total[ROOT]!)) return 0;
        this.#grow(ROOT, ROOT_DELTA, ROOT_MINIMUM, count, 0xff - 2 * ROOT_DELTA + ROOT_MINIMUM);
      }
      if (order >= ORDER) predicted = this.#parent[predicted]!;
      else order++;
      if (this.#next >= SYMBOLS - ORDER) {
        this.#startModel();
        predicted = 0;
        order = 0;
      }
    }
    while (this.#low !== 0) {
      if (this.#position >= this.#end) return 0;
      output[this.#position++] = this.#low >>> 24;
      this.#low = (this.#low << 8) >>> 0;
    }
    return this.#position - at;
  }

  /**
   * Decompresses `input[start, end)` into `output` from `at`, writing at most up to `limit`.
   * @returns the number of bytes written; 0 when the input is not this coder's, or the result would not fit.
   */
  decompress(input: Uint8Array, start: number, end: number, output: Uint8Array, at: number, limit: number): number {
    if (start >= end) return 0;
    this.#low = 0;
    this.#range = 0xffffffff;
    this.#bytes = input;
    this.#position = start;
    this.#end = Math.min(end, input.length);
    this.#code = 0;
    for (let i = 0; i < 4; i++) this.#code = ((this.#code << 8) | this.#read()) >>> 0;
    this.#startModel();
    const outputEnd = Math.min(limit, output.length);
    let written = at;
    let predicted = 0;
    let order = 0;
    for (;;) {
      let context = predicted;
      let bottom = 0;
      while (context !== ROOT) {
        const escapes = this.#escapes[context]!;
        const total = this.#total[context]!;
        if (escapes > 0 && escapes < total) {
          const code = this.#peek(total);
          if (code >= escapes) {
            if (!this.#find(context, code - escapes)) return 0;
            bottom = this.#symbol;
            this.#consume(escapes + this.#foundUnder, this.#foundCount);
            this.#grow(context, CONTEXT_DELTA, 0, this.#foundCount, 0xff - 2 * CONTEXT_DELTA);
            break;
          }
          this.#consume(0, escapes);
        }
        context = this.#parent[context]!;
      }
      if (context === ROOT) {
        const escapes = this.#escapes[ROOT]!;
        const code = this.#peek(this.#total[ROOT]!);
        if (code < escapes) return written - at; // the end mark: the encoder never escapes from the root
        this.#findInRoot(code - escapes);
        bottom = this.#symbol;
        this.#consume(escapes + this.#foundUnder, this.#foundCount);
        this.#grow(ROOT, ROOT_DELTA, ROOT_MINIMUM, this.#foundCount, 0xff - 2 * ROOT_DELTA + ROOT_MINIMUM);
      }
      const value = this.#foundValue;

      // The longer contexts that did not know this byte learn it now.
      let above = -1;
      for (let patch = predicted; patch !== context; patch = this.#parent[patch]!) {
        this.#insert(patch, value, CONTEXT_DELTA, 0);
        const count = this.#foundCount;
        if (above < 0) predicted = this.#symbol;
        else this.#parent[above] = this.#symbol;
        above = this.#symbol;
        if (count <= 0) {
          this.#escapes[patch] = this.#escapes[patch]! + CONTEXT_ESCAPE_DELTA;
          this.#total[patch] = this.#total[patch]! + CONTEXT_ESCAPE_DELTA;
        }
        this.#grow(patch, CONTEXT_DELTA, 0, count, 0xff - 2 * CONTEXT_DELTA);
      }
      if (above < 0) predicted = bottom;
      else this.#parent[above] = bottom;

      if (written >= outputEnd) return 0;
      output[written++] = value;
      if (order >= ORDER) predicted = this.#parent[predicted]!;
      else order++;
      if (this.#next >= SYMBOLS - ORDER) {
        this.#startModel();
        predicted = 0;
        order = 0;
      }
    }
  }

  #startModel(): void {
    this.#next = 0;
    this.#create(0, 0);
    this.#escapes[ROOT] = ROOT_ESCAPE;
    this.#total[ROOT] = ROOT_ESCAPE + 256 * ROOT_MINIMUM;
  }

  #create(value: number, count: number): number {
    const node = this.#next++; // never past the end: a byte makes at most ORDER + 1 nodes, and the model restarts in time
    this.#value[node] = value;
    this.#count[node] = count;
    this.#under[node] = count;
    this.#left[node] = 0;
    this.#right[node] = 0;
    this.#symbols[node] = 0;
    this.#escapes[node] = 0;
    this.#total[node] = 0;
    this.#parent[node] = 0;
    return node;
  }

  /** Adds `update` to `value` in the tree of `context`, making the node if it is new (then the count is `minimum`). */
  #insert(context: number, value: number, update: number, minimum: number): void {
    let under = value * minimum;
    let count = minimum;
    let node = this.#symbols[context]!;
    if (node === 0) {
      node = this.#create(value, update);
      this.#symbols[context] = node;
    } else {
      for (;;) {
        const here = this.#value[node]!;
        if (value < here) {
          this.#under[node] = this.#under[node]! + update;
          const left = this.#left[node]!;
          if (left !== 0) {
            node = left;
            continue;
          }
          const made = this.#create(value, update);
          this.#left[node] = made;
          node = made;
        } else if (value > here) {
          under += this.#under[node]!;
          const right = this.#right[node]!;
          if (right !== 0) {
            node = right;
            continue;
          }
          const made = this.#create(value, update);
          this.#right[node] = made;
          node = made;
        } else {
          count += this.#count[node]!;
          under += this.#under[node]! - this.#count[node]!;
          this.#under[node] = this.#under[node]! + update;
          this.#count[node] = this.#count[node]! + update;
        }
        break;
      }
    }
    this.#symbol = node;
    this.#foundUnder = under;
    this.#foundCount = count;
  }

  /** Finds the symbol of a context that covers `code`, and counts it; false when none does (rubbish input). */
  #find(context: number, code: number): boolean {
    let under = 0;
    let node = this.#symbols[context]!;
    if (node === 0) return false;
    for (;;) {
      const after = under + this.#under[node]!;
      const before = this.#count[node]!;
      if (code >= after) {
        under += this.#under[node]!;
        node = this.#right[node]!;
        if (node === 0) return false;
      } else if (code < after - before) {
        this.#under[node] = this.#under[node]! + CONTEXT_DELTA;
        node = this.#left[node]!;
        if (node === 0) return false;
      } else {
        this.#foundValue = this.#value[node]!;
        this.#foundCount = before;
        this.#foundUnder = after - before;
        this.#under[node] = this.#under[node]! + CONTEXT_DELTA;
        this.#count[node] = this.#count[node]! + CONTEXT_DELTA;
        this.#symbol = node;
        return true;
      }
    }
  }

  /** As `#find`, in the root, which knows every byte: those not yet seen have the count 1 and get their node here. */
  #findInRoot(code: number): void {
    let under = 0;
    let node = this.#symbols[ROOT]!;
    if (node === 0) {
      this.#foundValue = code & 0xff;
      this.#foundUnder = code;
      this.#foundCount = ROOT_MINIMUM;
      this.#symbol = this.#create(this.#foundValue, ROOT_DELTA);
      this.#symbols[ROOT] = this.#symbol;
      return;
    }
    for (;;) {
      const here = this.#value[node]!;
      const after = under + this.#under[node]! + (here + 1) * ROOT_MINIMUM;
      const before = this.#count[node]! + ROOT_MINIMUM;
      if (code >= after) {
        under += this.#under[node]!;
        const right = this.#right[node]!;
        if (right !== 0) {
          node = right;
          continue;
        }
        this.#foundValue = (here + 1 + (code - after)) & 0xff;
        this.#foundUnder = code;
        this.#foundCount = ROOT_MINIMUM;
        this.#symbol = this.#create(this.#foundValue, ROOT_DELTA);
        this.#right[node] = this.#symbol;
      } else if (code < after - before) {
        this.#under[node] = this.#under[node]! + ROOT_DELTA;
        const left = this.#left[node]!;
        if (left !== 0) {
          node = left;
          continue;
        }
        this.#foundValue = (here - 1 - (after - before - code - 1)) & 0xff;
        this.#foundUnder = code;
        this.#foundCount = ROOT_MINIMUM;
        this.#symbol = this.#create(this.#foundValue, ROOT_DELTA);
        this.#left[node] = this.#symbol;
      } else {
        this.#foundValue = here;
        this.#foundCount = before;
        this.#foundUnder = after - before;
        this.#under[node] = this.#under[node]! + ROOT_DELTA;
        this.#count[node] = this.#count[node]! + ROOT_DELTA;
        this.#symbol = node;
      }
      return;
    }
  }

  /** After a symbol was coded: adds to the context's total, and halves all counts before anything can overflow. */
  #grow(context: number, delta: number, minimum: number, count: number, countLimit: number): void {
    const total = this.#total[context]! + delta;
    this.#total[context] = total;
    if (count <= countLimit && total <= BOTTOM - 0x100) return;
    const symbols = this.#symbols[context]!;
    const escapes = this.#escapes[context]!;
    this.#escapes[context] = escapes - (escapes >> 1);
    this.#total[context] = (symbols === 0 ? 0 : this.#halve(symbols)) + this.#escapes[context]! + 256 * minimum;
  }

  #halve(first: number): number {
    let total = 0;
    let node = first;
    for (;;) {
      const count = this.#count[node]!;
      const half = count - (count >> 1);
      this.#count[node] = half;
      const left = this.#left[node]!;
      this.#under[node] = left === 0 ? half : half + this.#halve(left);
      total += this.#under[node]!;
      node = this.#right[node]!;
      if (node === 0) return total & 0xffff;
    }
  }

  #encode(under: number, count: number, total: number): boolean {
    const range = Math.floor(this.#range / total);
    let low = (this.#low + under * range) >>> 0;
    let width = (range * count) >>> 0;
    for (;;) {
      if ((low ^ (low + width)) >>> 0 >= TOP) {
        if (width >= BOTTOM) break;
        width = -low & (BOTTOM - 1);
      }
      if (this.#position >= this.#end) return false;
      this.#bytes[this.#position++] = low >>> 24;
      width = (width << 8) >>> 0;
      low = (low << 8) >>> 0;
    }
    this.#low = low;
    this.#range = width;
    return true;
  }

  #read(): number {
    return this.#position < this.#end ? this.#bytes[this.#position++]! : 0;
  }

  #peek(total: number): number {
    this.#range = Math.floor(this.#range / total);
    return Math.floor(((this.#code - this.#low) >>> 0) / this.#range) & 0xffff;
  }

  #consume(under: number, count: number): void {
    let low = (this.#low + under * this.#range) >>> 0;
    let width = (this.#range * count) >>> 0;
    for (;;) {
      if ((low ^ (low + width)) >>> 0 >= TOP) {
        if (width >= BOTTOM) break;
        width = -low & (BOTTOM - 1);
      }
      this.#code = ((this.#code << 8) | this.#read()) >>> 0;
      width = (width << 8) >>> 0;
      low = (low << 8) >>> 0;
    }
    this.#low = low;
    this.#range = width;
  }
}
