// The words of a map and their vectors. Neighbours and analogies are computed here, among the words
// shown.

/**
 * What the page's JSON holds; numbers are base64 of little-endian bytes.
 * @typedef {object} MapData
 * @property {string[]} words - the most important first
 * @property {number[] | null} counts - occurrences of each word
 * @property {number[]} composed - rows of words that were never seen
 * @property {string[] | null} ngrams - of each word, those that contribute most to its vector
 * @property {string} points - n pairs of 16-bit numbers, shares of the map's width and height
 * @property {string} groups - n bytes
 * @property {number} dimensions
 * @property {string} vectors - n x dimensions signed bytes
 * @property {{light: string[], dark: string[]}} palette - a colour for each group
 */

/** @typedef {{row: number, cosine: number}} Neighbour */

const MAX_UINT16 = 65535;

class Vocabulary {
  /** @param {MapData} data */
  constructor(data) {
    this.words = data.words;
    this.counts = data.counts;
    this.composed = new Set(data.composed);
    this.ngrams = data.ngrams;
    this.groups = decodeBase64(data.groups);
    this.points = Float64Array.from(
      new Uint16Array(decodeBase64(data.points).buffer),
      (share) => share / MAX_UINT16,
    ); // (n, 2)
    this.dimensions = data.dimensions;
    // (n, D), scaled to norm 1
    this.vectors = Float32Array.from(new Int8Array(decodeBase64(data.vectors).buffer));
    for (let row = 0; row < this.size; row++) normalise(this.vector(row));
    /** @type {Map<string, number>} */
    this.rows = new Map(this.words.map((word, row) => [word, row]));
  }

  get size() {
    return this.words.length;
  }

  /** @param {number} row */
  text(row) {
    return this.words[row];
  }

  /**
   * How often a word occurs, "" where that is not known.
   * @param {number} row
   */
  countText(row) {
    if (this.composed.has(row)) return "not in the text, composed of n-grams";
    return this.counts ? `${this.counts[row].toLocaleString("en")} times in the text` : "";
  }

  /**
   * The n-grams that contribute most to a word, "" where there are none.
   * @param {number} row
   */
  ngramText(row) {
    return this.ngrams && this.ngrams[row] ? `n-grams: ${this.ngrams[row]}` : "";
  }

  /** @param {number} group @returns {number[]} */
  rowsOfGroup(group) {
    return [...this.groups.keys()].filter((row) => this.groups[row] === group);
  }

  /** @param {number} row */
  vector(row) {
    return this.vectors.subarray(row * this.dimensions, (row + 1) * this.dimensions);
  }

  /**
   * The `count` words nearest to a direction, best first.
   * @param {Float32Array} direction - of norm 1
   * @param {number} count
   * @param {number[]} excluded - rows
   * @returns {Neighbour[]}
   */
  nearest(direction, count, excluded) {
    /** @type {Neighbour[]} */
    const best = [];
    for (let row = 0; row < this.size; row++) {
      if (excluded.includes(row)) continue;
      const cosine = dot(this.vector(row), direction);
      if (best.length === count && cosine <= best[count - 1].cosine) continue;
      let rank = best.length;
      while (rank > 0 && best[rank - 1].cosine < cosine) rank--;
      best.splice(rank, 0, { row, cosine });
      if (best.length > count) best.pop();
    }
    return best;
  }

  /** @param {number} row @param {number} count */
  neighbours(row, count) {
    return this.nearest(this.vector(row), count, [row]);
  }

  /**
   * a is to b as c is to what? The words nearest to b - a + c, other than these (3CosAdd).
   * @param {number} a @param {number} b @param {number} c @param {number} count
   */
  analogy(a, b, c, count) {
    const [va, vb, vc] = [a, b, c].map((row) => this.vector(row));
    return this.nearest(normalise(vb.map((x, i) => x - va[i] + vc[i])), count, [a, b, c]);
  }

  /**
   * The row of a typed word, as it is written or in another case; -1 if there is none.
   * @param {string} typed
   */
  rowOf(typed) {
    const text = typed.trim();
    const lower = text.toLowerCase();
    return this.rows.get(text) ?? this.words.findIndex((word) => word.toLowerCase() === lower);
  }

  /**
   * Rows of words that are, start with, or contain what was typed, in this order.
   * @param {string} typed @param {number} count
   */
  find(typed, count) {
    const text = typed.trim().toLowerCase();
    if (!text) return [];
    /** @type {number[]} */ const equal = [];
    /** @type {number[]} */ const starting = [];
    /** @type {number[]} */ const containing = [];
    this.words.forEach((word, row) => {
      const lower = word.toLowerCase();
      if (lower === text) equal.push(row);
      else if (lower.startsWith(text)) starting.push(row);
      else if (lower.includes(text)) containing.push(row);
    });
    return [...equal, ...starting, ...containing].slice(0, count);
  }
}

/** @param {string} base64 */
function decodeBase64(base64) {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

/** @param {Float32Array} a @param {Float32Array} b */
function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/**
 * Scale a vector to norm 1 in place; zeros stay zeros.
 * @param {Float32Array} vector
 */
function normalise(vector) {
  const norm = Math.sqrt(dot(vector, vector)) || 1;
  for (let i = 0; i < vector.length; i++) vector[i] /= norm;
  return vector;
}
