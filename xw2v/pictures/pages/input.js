// What pointer, wheel and keyboard do to the camera, and which words they point at.

/** @typedef {[x: number, y: number]} Pixel */

const WHEEL_LINE = 16; // pixels of a wheel that counts lines
const WHEEL_MAX = 120; // pixels of one event
const WHEEL_ZOOM = 0.003; // logarithm of the factor for a pixel
const CLICK_TRAVEL = 4; // pixels that a click may move
const KEY_STEP = 60; // pixels
const KEY_ZOOM = 1.4;
const DOUBLE_CLICK_ZOOM = 2;
/** @type {Record<string, Pixel>} */
const ARROW_KEYS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

class MapInput {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Camera} camera
   * @param {object} options
   * @param {boolean} options.wheelNeedsCtrl
   * @param {(at: Pixel | null) => void} options.onHover - null: the pointer is over no word
   * @param {(at: Pixel) => void} options.onPick
   */
  constructor(canvas, camera, { wheelNeedsCtrl, onHover, onPick }) {
    this.canvas = canvas;
    this.camera = camera;
    this.wheelNeedsCtrl = wheelNeedsCtrl;
    this.onHover = onHover;
    this.onPick = onPick;
    /** @type {Map<number, Pixel>} */
    this.pressed = new Map(); // pointer -> where it was last
    this.travelled = 0; // pixels since a lone pointer was pressed
    this.listen();
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => {
      if (this.pressed.size === 1 && this.travelled <= CLICK_TRAVEL)
        this.onPick(this.pixelOf(event));
      this.release(event);
    });
    canvas.addEventListener("pointercancel", (event) => this.release(event));
    canvas.addEventListener("pointerleave", () => this.onHover(null));
    canvas.addEventListener("dblclick", (event) =>
      this.camera.zoom(DOUBLE_CLICK_ZOOM, ...this.pixelOf(event)),
    );
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  /** @param {MouseEvent} event @returns {Pixel} */
  pixelOf(event) {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    if (this.wheelNeedsCtrl && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? WHEEL_LINE : 1);
    this.camera.zoom(
      Math.exp(-clamp(pixels, -WHEEL_MAX, WHEEL_MAX) * WHEEL_ZOOM),
      ...this.pixelOf(event),
    );
  }

  /** @param {PointerEvent} event */
  press(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.pressed.set(event.pointerId, this.pixelOf(event));
    this.travelled = this.pressed.size > 1 ? Infinity : 0; // two fingers never click
  }

  /** @param {PointerEvent} event */
  move(event) {
    const now = this.pixelOf(event);
    const before = this.pressed.get(event.pointerId);
    if (!before) {
      this.onHover(now);
      return;
    }
    const other = [...this.pressed].find(([id]) => id !== event.pointerId)?.[1];
    if (other) this.pinch(before, now, other);
    else this.drag(before, now);
    this.pressed.set(event.pointerId, now);
  }

  /**
   * One of two fingers moves: zoom about their middle, and move with it.
   * @param {Pixel} before
   * @param {Pixel} now
   * @param {Pixel} other
   */
  pinch(before, now, other) {
    const factor = (distance(now, other) || 1) / (distance(before, other) || 1);
    this.camera.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    this.camera.zoom(factor, (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
  }

  /** @param {Pixel} before @param {Pixel} now */
  drag(before, now) {
    this.travelled += distance(before, now);
    if (this.travelled <= CLICK_TRAVEL) return;
    this.canvas.classList.add("dragging");
    this.onHover(null);
    this.camera.pan(now[0] - before[0], now[1] - before[1]);
  }

  /** @param {PointerEvent} event */
  release(event) {
    this.pressed.delete(event.pointerId);
    this.canvas.classList.remove("dragging");
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const arrow = ARROW_KEYS[event.key];
    if (event.key === "+" || event.key === "=") this.camera.zoom(KEY_ZOOM);
    else if (event.key === "-") this.camera.zoom(1 / KEY_ZOOM);
    else if (event.key === "0") this.camera.showAll();
    else if (arrow) this.camera.pan(arrow[0] * KEY_STEP, arrow[1] * KEY_STEP);
    else return;
    event.preventDefault();
  }
}

/** @param {Pixel} a @param {Pixel} b */
function distance(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
