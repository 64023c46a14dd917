// What part of the map is seen: the point of it at the middle of the canvas, and how large.
//
// In the map's own coordinates its height is 1 and its width `aspect`: its axes have no unit, so
// the map takes the shape of the canvas. `scale` is pixels per unit; `fit` is the scale at which
// the whole map is seen.

const MARGIN = 45; // pixels around the whole map
const BUTTONS = 24; // pixels more below it
const MIN_ROOM = 50; // pixels
const [MIN_ASPECT, MAX_ASPECT] = [0.6, 2];
const [MIN_ZOOM, MAX_ZOOM] = [0.5, 80]; // relative to the whole map
const [MIN_SHOW_ZOOM, MAX_SHOW_ZOOM] = [0.9, 3]; // of a few words shown together
const SHOW_PADDING = [200, 160]; // pixels left free beside and above such words, for their labels
const MOVE_MS = 350;

class Camera {
  /**
   * @param {Vocabulary} vocabulary
   * @param {() => void} onChange
   */
  constructor(vocabulary, onChange) {
    this.points = vocabulary.points;
    this.onChange = onChange;
    this.width = 0; // of the canvas, in pixels
    this.height = 0;
    this.aspect = 1;
    this.fit = 0;
    this.x = 0;
    this.y = 0;
    this.scale = 0;
    this.animation = 0;
  }

  /** How much larger than the whole map. */
  get magnification() {
    return this.scale / this.fit;
  }

  /**
   * Take a canvas of another size, and keep what is seen.
   * @param {number} width
   * @param {number} height
   */
  resize(width, height) {
    const [oldFit, oldAspect] = [this.fit, this.aspect];
    const room = [
      Math.max(width - 2 * MARGIN, MIN_ROOM),
      Math.max(height - 2 * MARGIN - BUTTONS, MIN_ROOM),
    ];
    this.width = width;
    this.height = height;
    this.aspect = clamp(room[0] / room[1], MIN_ASPECT, MAX_ASPECT);
    this.fit = Math.min(room[0] / this.aspect, room[1]);
    if (oldFit) {
      this.scale *= this.fit / oldFit;
      this.x *= this.aspect / oldAspect;
      this.onChange();
    } else {
      this.showAll(false);
    }
  }

  /**
   * A word in the map's coordinates.
   * @param {number} row
   * @returns {[number, number]}
   */
  position(row) {
    return [this.points[2 * row] * this.aspect, this.points[2 * row + 1]];
  }

  /**
   * A word in pixels of the canvas.
   * @param {number} row
   * @returns {[number, number]}
   */
  pixel(row) {
    const [x, y] = this.position(row);
    const [dx, dy] = this.offset();
    return [x * this.scale + dx, y * this.scale + dy];
  }

  /**
   * Pixels of the canvas at which the map's origin lies.
   * @returns {[number, number]}
   */
  offset() {
    return [this.width / 2 - this.x * this.scale, this.height / 2 - this.y * this.scale];
  }

  /**
   * Pixels from the map's origin within which labels keep: all that is seen of the whole map.
   * @returns {Box}
   */
  labelBounds() {
    const beside = (this.width - this.aspect * this.fit) / 2;
    const above = (this.height - BUTTONS - this.fit) / 2;
    return [-beside, -above, this.aspect * this.scale + beside, this.scale + above + BUTTONS];
  }

  showAll(smoothly = true) {
    const y = 0.5 + BUTTONS / 2 / this.fit;
    this.moveTo({ x: this.aspect / 2, y, scale: this.fit }, smoothly);
  }

  /**
   * Show these words, as large as they fit within limits.
   * @param {number[]} rows
   */
  showRows(rows) {
    const xs = rows.map((row) => this.position(row)[0]);
    const ys = rows.map((row) => this.position(row)[1]);
    const [left, right, top, bottom] = [
      Math.min(...xs),
      Math.max(...xs),
      Math.min(...ys),
      Math.max(...ys),
    ];
    const tiny = 1e-9; // words at one point
    const room = Math.min(
      (this.width - SHOW_PADDING[0]) / (right - left + tiny),
      (this.height - SHOW_PADDING[1]) / (bottom - top + tiny),
    );
    const scale = clamp(room, MIN_SHOW_ZOOM * this.fit, MAX_SHOW_ZOOM * this.fit);
    this.moveTo({ x: (left + right) / 2, y: (top + bottom) / 2, scale });
  }

  /** @param {{x: number, y: number, scale: number}} goal @param {boolean} smoothly */
  moveTo(goal, smoothly = true) {
    this.stop();
    if (!smoothly || matchMedia("(prefers-reduced-motion: reduce)").matches) {
      Object.assign(this, goal);
      this.onChange();
      return;
    }
    const start = { x: this.x, y: this.y, scale: this.scale };
    const startTime = performance.now();
    /** @param {number} now */
    const frame = (now) => {
      const share = clamp((now - startTime) / MOVE_MS, 0, 1);
      const eased = 1 - (1 - share) ** 3;
      this.scale = start.scale * (goal.scale / start.scale) ** eased;
      this.x = start.x + (goal.x - start.x) * eased;
      this.y = start.y + (goal.y - start.y) * eased;
      this.onChange();
      if (share < 1) this.animation = requestAnimationFrame(frame);
    };
    this.animation = requestAnimationFrame(frame);
  }

  /** End a movement. */
  stop() {
    cancelAnimationFrame(this.animation);
  }

  /**
   * Zoom about a pixel, which keeps its place.
   * @param {number} factor
   * @param {number} px
   * @param {number} py
   */
  zoom(factor, px = this.width / 2, py = this.height / 2) {
    this.stop();
    const scale = clamp(this.scale * factor, MIN_ZOOM * this.fit, MAX_ZOOM * this.fit);
    const shift = 1 / this.scale - 1 / scale;
    this.x += (px - this.width / 2) * shift;
    this.y += (py - this.height / 2) * shift;
    this.scale = scale;
    this.onChange();
  }

  /**
   * Move the map by so many pixels.
   * @param {number} dx
   * @param {number} dy
   */
  pan(dx, dy) {
    this.stop();
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
    this.onChange();
  }
}

/** @param {number} value @param {number} low @param {number} high */
function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}
