// Which words have room for a label at a scale: greedy, the most important first, so zooming in
// shows more.

/** @typedef {[left: number, top: number, right: number, bottom: number]} Box - in pixels */

const CELL = 64; // pixels; boxes are looked up by the cells of a grid that they touch
const NEAR_GAPS = [6]; // pixels between a dot and its label
const FAR_GAPS = [6, 16, 28, 42]; // tried in this order for a word that must have a label

class LabelGrid {
  constructor() {
    /** @type {Map<number, Map<number, Box[]>>} */
    this.columns = new Map(); // column -> line -> boxes
  }

  /**
   * The lists of boxes of the cells that a box touches.
   * @param {Box} box
   * @returns {Box[][]}
   */
  cellsOf([left, top, right, bottom]) {
    const cells = [];
    for (let x = Math.floor(left / CELL); x <= Math.floor(right / CELL); x++) {
      const column = getOrAdd(this.columns, x, () => /** @type {Map<number, Box[]>} */ (new Map()));
      for (let y = Math.floor(top / CELL); y <= Math.floor(bottom / CELL); y++) {
        cells.push(getOrAdd(column, y, () => /** @type {Box[]} */ ([])));
      }
    }
    return cells;
  }

  /** @param {Box} box */
  isFree(box) {
    return !this.cellsOf(box).some((cell) => cell.some((other) => overlap(box, other)));
  }

  /** @param {Box} box */
  add(box) {
    for (const cell of this.cellsOf(box)) cell.push(box);
  }
}

/**
 * Boxes beside the words' dots, within bounds; a word without room has none.
 *
 * The rows of `required` have a label in any case: further from the dot if need be, beyond the
 * bounds, and over another label where all places are taken.
 * @param {number[]} order - rows, the most important first
 * @param {(row: number) => [number, number]} position - of the dot
 * @param {(row: number) => [number, number]} measure - width and height of the label
 * @param {Set<number>} required - rows
 * @param {Box} bounds
 * @returns {Map<number, Box>}
 */
function placeLabels(order, position, measure, required, bounds) {
  const grid = new LabelGrid();
  const boxes = new Map();
  for (const row of order) {
    const gaps = required.has(row) ? FAR_GAPS : NEAR_GAPS;
    const candidates = boxesBeside(position(row), measure(row), gaps);
    const free = candidates.filter((candidate) => grid.isFree(candidate));
    const inside = free.find((candidate) => contains(bounds, candidate));
    const box = inside ?? (required.has(row) ? (free[0] ?? candidates[0]) : null);
    if (box) {
      grid.add(box);
      boxes.set(row, box);
    }
  }
  return boxes;
}

/**
 * Right of a dot, left of it, above and below, the nearest first.
 * @param {[number, number]} dot @param {[number, number]} size @param {number[]} gaps
 * @returns {Box[]}
 */
function boxesBeside([x, y], [width, height], gaps) {
  const corners = gaps.flatMap((gap) => [
    [x + gap, y - height / 2],
    [x - gap - width, y - height / 2],
    [x - width / 2, y - gap - height],
    [x - width / 2, y + gap],
  ]);
  return corners.map(([left, top]) => [left, top, left + width, top + height]);
}

/** @param {Box} a @param {Box} b */
function overlap(a, b) {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

/** @param {Box} outer @param {Box} inner */
function contains(outer, inner) {
  return (
    outer[0] <= inner[0] && outer[1] <= inner[1] && outer[2] >= inner[2] && outer[3] >= inner[3]
  );
}

/**
 * @template K, V
 * @param {Map<K, V>} map @param {K} key @param {() => V} make
 * @returns {V}
 */
function getOrAdd(map, key, make) {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
