// The map on its canvas: a camera, a painter and the input, and which word is where.

const REACH = 14; // pixels from a dot at which the pointer still means its word
const ON_DOT = 6; // pixels at which a dot counts before a label

class MapView {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Vocabulary} vocabulary
   * @param {MapData["palette"]} palette
   * @param {object} options
   * @param {boolean} options.wheelNeedsCtrl
   * @param {(row: number) => void} options.onHover - row, or -1
   * @param {(row: number) => void} options.onPick - row, or -1
   */
  constructor(canvas, vocabulary, palette, { wheelNeedsCtrl, onHover, onPick }) {
    this.canvas = canvas;
    this.vocabulary = vocabulary;
    this.onHover = onHover;
    /** @type {Scene} */
    this.scene = { roles: new Map(), lines: [], hovered: -1 };
    this.camera = new Camera(vocabulary, () => this.draw());
    this.painter = new Painter(canvas, vocabulary, palette, this.camera, this.scene);
    this.drawing = false;
    new MapInput(canvas, this.camera, {
      wheelNeedsCtrl,
      onHover: (at) => this.hover(at ? this.rowAt(at) : -1),
      onPick: (at) => onPick(this.rowAt(at)),
    });
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.resize();
  }

  resize() {
    const { width, height } = this.canvas.getBoundingClientRect();
    if (!width || !height) return;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.painter.forgetLabels();
    this.camera.resize(width, height);
  }

  /** @param {Scene["roles"]} roles @param {Line[]} lines */
  mark(roles, lines) {
    this.scene.roles = roles;
    this.scene.lines = lines;
    this.painter.forgetLabels();
    this.draw();
  }

  /** Paint with the next frame. */
  draw() {
    if (this.drawing || !this.camera.width) return;
    this.drawing = true;
    requestAnimationFrame(() => {
      this.drawing = false;
      this.painter.paint();
    });
  }

  /**
   * The row of the word at a pixel, or -1: a dot under it, a label under it, or a dot that is near.
   * @param {Pixel} at
   */
  rowAt(at) {
    const [dot, away] = this.nearestDot(at);
    if (away < ON_DOT) return dot;
    const [dx, dy] = this.camera.offset();
    const [x, y] = [at[0] - dx, at[1] - dy];
    for (const [row, [left, top, right, bottom]] of this.painter.labelBoxes()) {
      if (x >= left && x <= right && y >= top && y <= bottom) return row;
    }
    return dot;
  }

  /**
   * The nearest dot within reach, or -1, and how far it is.
   * @param {Pixel} at
   * @returns {[number, number]}
   */
  nearestDot(at) {
    let best = -1;
    let least = REACH;
    for (let row = 0; row < this.vocabulary.size; row++) {
      const away = distance(this.camera.pixel(row), at);
      if (away < least) [best, least] = [row, away];
    }
    return [best, least];
  }

  /** @param {number} row - or -1 */
  hover(row) {
    this.canvas.classList.toggle("over-word", row >= 0);
    if (row === this.scene.hovered) return;
    this.scene.hovered = row;
    this.onHover(row);
    this.draw();
  }
}
