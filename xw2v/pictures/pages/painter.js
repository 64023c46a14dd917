// Drawing the map on its canvas.

/**
 * What the map shows besides its words.
 * @typedef {object} Scene
 * @property {Map<number, Role>} roles - of marked rows
 * @property {Line[]} lines
 * @property {number} hovered - row under the pointer, or -1
 */
/** @typedef {"question" | "answer" | "group"} Role - of a group, not every word needs a label */
/** @typedef {{from: number, to: number, dashed?: boolean, arrow?: boolean}} Line - between rows */

const FONT =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif';
const [MIN_FONT, MAX_FONT] = [11, 19]; // pixels, of the least and the most frequent word
const [MIN_GROWTH, MAX_GROWTH, GROWTH_POWER] = [0.9, 1.35, 0.12]; // of the letters as one zooms
const QUESTION_EXTRA_FONT = 2;
const LINE_HEIGHT = 1.15;
const LABEL_GAP = 3; // pixels between labels
const OUTLINE = 3; // pixels of paper around letters

const [MIN_RADIUS, MAX_RADIUS, RADIUS_PER_DOUBLING] = [2, 5, 0.6]; // of dots, in pixels
const EXTRA_RADIUS = { question: 2.5, answer: 1, group: 0 };
const HOVER_RING = 4; // pixels between dot and ring
const CROWDED = 1500; // words; on a map of more, dots without a label are smaller
const OPACITY = { marked: 1, labelled: 0.9, unlabelled: 0.4, faded: 0.22 };
const OFF_CANVAS = 9; // pixels beyond the edge at which a dot is out of sight

const ARROW = { length: 9, halfAngle: 0.4, gap: 7, width: 1.6, opacity: 0.75 };
const PLAIN_LINE = { width: 1, opacity: 0.3 };
const DASHES = [5, 4];
const FULL_CIRCLE = 2 * Math.PI;
const DARK_BELOW = 128; // brightness of a dark ground, of 255

class Painter {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Vocabulary} vocabulary
   * @param {MapData["palette"]} palette
   * @param {Camera} camera
   * @param {Scene} scene
   */
  constructor(canvas, vocabulary, palette, camera, scene) {
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.vocabulary = vocabulary;
    this.palette = palette;
    this.camera = camera;
    this.scene = scene;
    this.labelScale = 0; // at which the labels were placed
    /** @type {Map<number, Box>} */
    this.boxes = new Map();
    this.paper = "";
    this.ink = "";
    this.colours = palette.light;
  }

  /** Place the labels anew: their words or their room have changed. */
  forgetLabels() {
    this.labelScale = 0;
  }

  paint() {
    const { context, camera, scene } = this;
    this.takeTheme();
    const ratio = this.canvas.width / camera.width; // device pixels to one of CSS
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = this.paper;
    context.fillRect(0, 0, camera.width, camera.height);
    this.paintDots();
    for (const line of scene.lines) this.paintLine(line);
    this.paintLabels();
    if (scene.hovered >= 0) this.paintRing(scene.hovered);
  }

  takeTheme() {
    this.ink = getComputedStyle(this.canvas).color;
    this.paper = getComputedStyle(
      /** @type {HTMLElement} */ (this.canvas.parentElement),
    ).backgroundColor;
    this.colours = brightness(this.paper) < DARK_BELOW ? this.palette.dark : this.palette.light;
  }

  /** @param {number} row */
  colour(row) {
    return this.colours[this.vocabulary.groups[row] % this.colours.length];
  }

  paintDots() {
    const { context, camera } = this;
    const boxes = this.labelBoxes();
    for (let row = this.vocabulary.size - 1; row >= 0; row--) {
      // the most frequent words on top
      const [x, y] = camera.pixel(row);
      const outside =
        x < -OFF_CANVAS ||
        y < -OFF_CANVAS ||
        x > camera.width + OFF_CANVAS ||
        y > camera.height + OFF_CANVAS;
      if (outside) continue;
      context.globalAlpha = this.dotOpacity(row, boxes.has(row));
      context.fillStyle = this.colour(row);
      context.beginPath();
      context.arc(x, y, this.dotRadius(row, boxes.has(row)), 0, FULL_CIRCLE);
      context.fill();
    }
    context.globalAlpha = 1;
  }

  /** @param {number} row @param {boolean} labelled */
  dotOpacity(row, labelled) {
    if (this.scene.roles.has(row)) return OPACITY.marked;
    if (this.scene.roles.size > 0) return OPACITY.faded;
    return labelled ? OPACITY.labelled : OPACITY.unlabelled;
  }

  /** @param {number} row @param {boolean} labelled */
  dotRadius(row, labelled) {
    const doublings = Math.log2(Math.max(1, this.camera.magnification));
    const radius = Math.min(MAX_RADIUS, MIN_RADIUS + RADIUS_PER_DOUBLING * doublings);
    const role = this.scene.roles.get(row);
    if (role) return radius + EXTRA_RADIUS[role];
    if (labelled) return radius;
    return radius * clamp(Math.sqrt(CROWDED / this.vocabulary.size), 0.5, 1);
  }

  paintLabels() {
    const { context, camera, scene, vocabulary } = this;
    const [dx, dy] = camera.offset();
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.strokeStyle = this.paper;
    context.lineWidth = OUTLINE;
    for (const [row, [left, top, right, bottom]] of this.labelBoxes()) {
      const outside =
        left + dx > camera.width || top + dy > camera.height || right + dx < 0 || bottom + dy < 0;
      if (outside) continue;
      const faded = scene.roles.size > 0 && !scene.roles.has(row) && row !== scene.hovered;
      const strong = scene.roles.get(row) === "question" || row === scene.hovered;
      const middle = (top + bottom) / 2 + dy;
      context.font = this.font(row);
      context.globalAlpha = faded ? OPACITY.faded : 1;
      context.strokeText(vocabulary.text(row), left + dx, middle);
      context.fillStyle = strong ? this.ink : this.colour(row);
      context.fillText(vocabulary.text(row), left + dx, middle);
    }
    context.globalAlpha = 1;
  }

  /** @param {number} row */
  paintRing(row) {
    const { context } = this;
    const [x, y] = this.camera.pixel(row);
    context.strokeStyle = this.ink;
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(x, y, this.dotRadius(row, true) + HOVER_RING, 0, FULL_CIRCLE);
    context.stroke();
  }

  /** @param {Line} line */
  paintLine({ from, to, dashed, arrow }) {
    const { context, camera } = this;
    const [[x0, y0], [x1, y1]] = [camera.pixel(from), camera.pixel(to)];
    const style = arrow ? ARROW : PLAIN_LINE;
    context.strokeStyle = context.fillStyle = this.ink;
    context.globalAlpha = style.opacity;
    context.lineWidth = style.width;
    context.setLineDash(dashed ? DASHES : []);
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
    context.stroke();
    context.setLineDash([]);
    if (arrow) this.paintArrowHead(x1, y1, Math.atan2(y1 - y0, x1 - x0));
    context.globalAlpha = 1;
  }

  /** @param {number} x @param {number} y @param {number} angle */
  paintArrowHead(x, y, angle) {
    const { context } = this;
    const [tipX, tipY] = [x - ARROW.gap * Math.cos(angle), y - ARROW.gap * Math.sin(angle)];
    context.beginPath();
    context.moveTo(tipX, tipY);
    for (const side of [angle - ARROW.halfAngle, angle + ARROW.halfAngle]) {
      context.lineTo(tipX - ARROW.length * Math.cos(side), tipY - ARROW.length * Math.sin(side));
    }
    context.fill();
  }

  /** @param {number} row */
  fontSize(row) {
    const share = 1 - Math.log(row + 10) / Math.log(this.vocabulary.size + 10);
    const growth = clamp(this.camera.magnification ** GROWTH_POWER, MIN_GROWTH, MAX_GROWTH);
    const extra = this.scene.roles.get(row) === "question" ? QUESTION_EXTRA_FONT : 0;
    return (MIN_FONT + (MAX_FONT - MIN_FONT) * share) * growth + extra;
  }

  /** @param {number} row */
  font(row) {
    const weight = this.scene.roles.get(row) === "question" ? "600 " : "";
    return `${weight}${this.fontSize(row).toFixed(1)}px ${FONT}`;
  }

  /**
   * Boxes of the labels, in pixels from the map's origin: panning keeps them, only zooming changes
   * them.
   */
  labelBoxes() {
    const { camera } = this;
    if (this.labelScale !== camera.scale) {
      const marked = [...this.scene.roles.keys()];
      const others = this.vocabulary.words
        .map((_, row) => row)
        .filter((row) => !this.scene.roles.has(row));
      this.boxes = placeLabels(
        [...marked, ...others],
        (row) => {
          const [x, y] = camera.position(row);
          return [x * camera.scale, y * camera.scale];
        },
        (row) => this.measure(row),
        new Set(marked.filter((row) => this.scene.roles.get(row) !== "group")),
        camera.labelBounds(),
      );
      this.labelScale = camera.scale;
    }
    return this.boxes;
  }

  /**
   * Width and height of a label.
   * @param {number} row
   * @returns {[number, number]}
   */
  measure(row) {
    this.context.font = this.font(row);
    return [
      this.context.measureText(this.vocabulary.text(row)).width + LABEL_GAP,
      this.fontSize(row) * LINE_HEIGHT,
    ];
  }
}

/**
 * Of a CSS colour, 0 to 255.
 * @param {string} colour
 */
function brightness(colour) {
  const [r, g, b] = (colour.match(/[\d.]+/g) ?? [255, 255, 255]).map(Number);
  return 0.3 * r + 0.59 * g + 0.11 * b;
}
