// Which words have room for a label at a scale: greedy, the most important first, so zooming in shows more.

const CELL = 64; // pixels; boxes are looked up by the cells of a grid that they touch

class LabelGrid {
  constructor() {
    this.cells = new Map();
  }

  cellsOf([left, top, right, bottom]) {
    const keys = [];
    for (let x = Math.floor(left / CELL); x <= Math.floor(right / CELL); x++) {
      for (let y = Math.floor(top / CELL); y <= Math.floor(bottom / CELL); y++) keys.push(x * 1e6 + y);
    }
    return keys;
  }

  isFree(box) {
    return !this.cellsOf(box).some((key) => (this.cells.get(key) || []).some((other) =>
      box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3]));
  }

  add(box) {
    for (const key of this.cellsOf(box)) {
      if (!this.cells.has(key)) this.cells.set(key, []);
      this.cells.get(key).push(box);
    }
  }
}

// Boxes [left, top, right, bottom] beside each word's dot, null where there is no room.
// order: rows, the most important first; at(row): [x, y]; measure(row): [width, height].
// The rows of always have a label, further from the dot if need be, and if all is taken over another.
function placeLabels(order, at, measure, always) {
  const grid = new LabelGrid();
  const boxes = new Map();
  for (const row of order) {
    const [x, y] = at(row);
    const [width, height] = measure(row);
    const places = (always.has(row) ? [6, 16, 28, 42] : [6]).flatMap((gap) => [
      [x + gap, y - height / 2], [x - gap - width, y - height / 2],
      [x - width / 2, y - gap - height], [x - width / 2, y + gap],
    ]).map(([left, top]) => [left, top, left + width, top + height]);
    const box = places.find((place) => grid.isFree(place)) || (always.has(row) ? places[0] : null);
    if (box) {
      grid.add(box);
      boxes.set(row, box);
    }
  }
  return boxes;
}
