// The words of a map and their vectors: who is near whom, computed here, among the words shown.

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

class Words {
  // data: words, counts or null, points (n pairs of 16 bits), groups (n bytes), vectors (n x size signed bytes)
  constructor(data) {
    this.words = data.words;
    this.counts = data.counts;
    this.groups = bytesOf(data.groups);
    this.points = Float64Array.from(new Uint16Array(bytesOf(data.points).buffer), (p) => p / 65535);
    this.size = data.size;
    this.unit = Float32Array.from(new Int8Array(bytesOf(data.vectors).buffer)); // (n, size), length 1 below
    this.rows = new Map(this.words.map((word, row) => [word, row]));
    for (let row = 0; row < this.words.length; row++) toUnit(this.vector(row));
  }

  vector(row) {
    return this.unit.subarray(row * this.size, (row + 1) * this.size);
  }

  // The count words nearest to a direction: [{row, cosine}], best first.
  nearest(direction, count, without) {
    const found = [];
    for (let row = 0; row < this.words.length; row++) {
      if (without.includes(row)) continue;
      const cosine = dot(this.vector(row), direction);
      if (found.length === count && cosine <= found[count - 1].cosine) continue;
      let place = found.length;
      while (place > 0 && found[place - 1].cosine < cosine) place--;
      found.splice(place, 0, { row, cosine });
      if (found.length > count) found.pop();
    }
    return found;
  }

  neighbours(row, count) {
    return this.nearest(this.vector(row), count, [row]);
  }

  // a is to b as c is to what? The words nearest to b - a + c, other than these (3CosAdd).
  analogy(a, b, c, count) {
    const [va, vb, vc] = [a, b, c].map((row) => this.vector(row));
    return this.nearest(toUnit(vb.map((x, i) => x - va[i] + vc[i])), count, [a, b, c]);
  }

  // The row of a typed word: as it is written, or in another case.
  rowOf(text) {
    const typed = text.trim();
    if (this.rows.has(typed)) return this.rows.get(typed);
    const lower = typed.toLowerCase();
    return this.words.findIndex((word) => word.toLowerCase() === lower);
  }

  // Rows of words that are, start with, or contain what was typed, in this order.
  find(text, count) {
    const typed = text.trim().toLowerCase();
    if (!typed) return [];
    const ranked = [[], [], []];
    this.words.forEach((word, row) => {
      const at = word.toLowerCase().indexOf(typed);
      if (at >= 0) ranked[at > 0 ? 2 : word.length === typed.length ? 0 : 1].push(row);
    });
    return ranked.flat().slice(0, count);
  }
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function toUnit(vector) {
  const length = Math.sqrt(dot(vector, vector)) || 1;
  for (let i = 0; i < vector.length; i++) vector[i] /= length;
  return vector;
}
