// The map on its canvas: drawing, zooming, panning, and which word is under the pointer.

const MARGIN = 45; // pixels around the whole map
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif';
const REACH = 14; // pixels from a dot at which the pointer still means its word

class MapView {
  // onHover(row or -1, x, y) and onPick(row or -1) tell what the pointer does.
  constructor(canvas, words, palette, { wheelNeedsCtrl, onHover, onPick }) {
    Object.assign(this, { canvas, words, palette, wheelNeedsCtrl, onHover, onPick });
    this.context = canvas.getContext("2d");
    this.order = words.words.map((_, row) => row);
    this.hovered = -1;
    this.marked = new Map(); // row -> true where a word is one of those in question, false for an answer
    this.lines = []; // {from, to, dashed, arrow}
    this.labels = { scale: 0, boxes: new Map() };
    this.pointers = new Map();
    this.listen();
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.resize();
  }

  // --- the view: (x, y) of the world in the middle of the canvas, at so many pixels a unit ---

  resize() {
    const { width, height } = this.canvas.getBoundingClientRect();
    if (!width || !height) return;
    const before = { fit: this.fit, wide: this.wide };
    [this.width, this.height] = [width, height];
    const ratio = window.devicePixelRatio || 1;
    [this.canvas.width, this.canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    const room = [Math.max(width - 2 * MARGIN, 50), Math.max(height - 2 * MARGIN, 50)];
    // the map's width, its height being 1: its axes have no unit, so it takes the shape of the canvas
    this.wide = Math.max(0.6, Math.min(2, room[0] / room[1]));
    this.fit = Math.min(room[0] / this.wide, room[1]);
    if (before.fit) {
      this.scale *= this.fit / before.fit;
      this.x *= this.wide / before.wide;
    } else this.showAll(false);
    this.labels.scale = 0;
    this.draw();
  }

  showAll(smoothly = true) {
    this.moveTo({ x: this.wide / 2, y: 0.5, scale: this.fit }, smoothly);
  }

  // Show these rows, as large as they fit but not larger than three times the whole map.
  show(rows) {
    const xs = rows.map((row) => this.world(row)[0]);
    const ys = rows.map((row) => this.world(row)[1]);
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const room = Math.min((this.width - 200) / (right - left + 1e-9), (this.height - 160) / (bottom - top + 1e-9));
    const scale = Math.max(Math.min(room, 3 * this.fit), 0.9 * this.fit);
    this.moveTo({ x: (left + right) / 2, y: (top + bottom) / 2, scale });
  }

  moveTo(goal, smoothly = true) {
    cancelAnimationFrame(this.moving);
    if (!smoothly || matchMedia("(prefers-reduced-motion: reduce)").matches) {
      Object.assign(this, goal);
      this.draw();
      return;
    }
    const start = { x: this.x, y: this.y, scale: this.scale };
    const began = performance.now();
    const frame = (now) => {
      const share = Math.min(1, Math.max(0, now - began) / 350);
      const eased = 1 - (1 - share) ** 3;
      this.scale = start.scale * (goal.scale / start.scale) ** eased;
      this.x = start.x + (goal.x - start.x) * eased;
      this.y = start.y + (goal.y - start.y) * eased;
      this.draw();
      if (share < 1) this.moving = requestAnimationFrame(frame);
    };
    this.moving = requestAnimationFrame(frame);
  }

  zoom(factor, px = this.width / 2, py = this.height / 2) {
    cancelAnimationFrame(this.moving);
    const scale = Math.max(0.5 * this.fit, Math.min(80 * this.fit, this.scale * factor));
    const shift = 1 / this.scale - 1 / scale; // the world's point under (px, py) stays there
    this.x += (px - this.width / 2) * shift;
    this.y += (py - this.height / 2) * shift;
    this.scale = scale;
    this.draw();
  }

  world(row) {
    return [this.words.points[2 * row] * this.wide, this.words.points[2 * row + 1]];
  }

  pixel(row) {
    const [x, y] = this.world(row);
    return [(x - this.x) * this.scale + this.width / 2, (y - this.y) * this.scale + this.height / 2];
  }

  // --- drawing ---

  // Mark words (a Map as `marked`) and the lines between them.
  mark(marked, lines) {
    this.marked = marked;
    this.lines = lines;
    this.labels.scale = 0;
    this.draw();
  }

  draw() {
    if (this.waiting || !this.width) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.paint();
    });
  }

  paint() {
    const { context, width, height, marked } = this;
    const ratio = this.canvas.width / width;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const ink = getComputedStyle(this.canvas).color;
    const paper = getComputedStyle(this.canvas.parentElement).backgroundColor;
    const dark = brightness(paper) < 128;
    const colours = dark ? this.palette.dark : this.palette.light;
    const colour = (row) => colours[this.words.groups[row] % colours.length];
    context.fillStyle = paper;
    context.fillRect(0, 0, width, height);
    const boxes = this.placed();
    const quiet = marked.size > 0;
    const radius = Math.min(5, 2 + 0.6 * Math.log2(Math.max(1, this.scale / this.fit)));
    const quietRadius = radius * Math.max(0.5, Math.min(1, Math.sqrt(1500 / this.order.length)));
    for (const row of [...this.order].reverse()) { // the most frequent words on top
      const [x, y] = this.pixel(row);
      if (x < -9 || y < -9 || x > width + 9 || y > height + 9) continue;
      context.globalAlpha = marked.has(row) ? 1 : quiet ? 0.22 : boxes.has(row) ? 0.9 : 0.4;
      context.fillStyle = colour(row);
      context.beginPath();
      context.arc(x, y, marked.get(row) ? radius + 2.5 : marked.has(row) ? radius + 1 : boxes.has(row) ? radius : quietRadius, 0, 7);
      context.fill();
    }
    context.globalAlpha = 1;
    this.lines.forEach((line) => this.paintLine(line, ink));
    const dx = width / 2 - this.x * this.scale;
    const dy = height / 2 - this.y * this.scale;
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.strokeStyle = paper;
    for (const [row, box] of boxes) {
      const [left, top] = [box[0] + dx, box[1] + dy];
      if (left > width || top > height || box[2] + dx < 0 || box[3] + dy < 0) continue;
      context.font = this.font(row);
      context.globalAlpha = quiet && !marked.has(row) && row !== this.hovered ? 0.22 : 1;
      context.lineWidth = 3;
      const middle = (box[1] + box[3]) / 2 + dy;
      context.strokeText(this.words.words[row], left, middle);
      context.fillStyle = marked.get(row) || row === this.hovered ? ink : colour(row);
      context.fillText(this.words.words[row], left, middle);
    }
    context.globalAlpha = 1;
    if (this.hovered >= 0) {
      const [x, y] = this.pixel(this.hovered);
      context.strokeStyle = ink;
      context.lineWidth = 1.5;
      context.beginPath();
      context.arc(x, y, radius + 4, 0, 7);
      context.stroke();
    }
  }

  paintLine({ from, to, dashed, arrow }, ink) {
    const { context } = this;
    const [[x0, y0], [x1, y1]] = [this.pixel(from), this.pixel(to)];
    const angle = Math.atan2(y1 - y0, x1 - x0);
    context.strokeStyle = context.fillStyle = ink;
    context.globalAlpha = arrow ? 0.75 : 0.3;
    context.lineWidth = arrow ? 1.6 : 1;
    context.setLineDash(dashed ? [5, 4] : []);
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
    context.stroke();
    context.setLineDash([]);
    if (arrow) {
      const [tx, ty] = [x1 - 7 * Math.cos(angle), y1 - 7 * Math.sin(angle)];
      context.beginPath();
      context.moveTo(tx, ty);
      context.lineTo(tx - 9 * Math.cos(angle - 0.4), ty - 9 * Math.sin(angle - 0.4));
      context.lineTo(tx - 9 * Math.cos(angle + 0.4), ty - 9 * Math.sin(angle + 0.4));
      context.fill();
    }
    context.globalAlpha = 1;
  }

  fontSize(row) {
    const share = 1 - Math.log(row + 10) / Math.log(this.words.words.length + 10);
    const grown = Math.min(1.35, Math.max(0.9, (this.scale / this.fit) ** 0.12));
    return (11 + 8 * share) * grown + (this.marked.get(row) ? 2 : 0);
  }

  font(row) {
    return `${this.marked.get(row) ? "600 " : ""}${this.fontSize(row).toFixed(1)}px ${FONT}`;
  }

  // Boxes of the labels in pixels of the world at this scale, so that panning keeps them.
  placed() {
    if (this.labels.scale !== this.scale) {
      const measure = (row) => {
        this.context.font = this.font(row);
        return [this.context.measureText(this.words.words[row]).width + 3, this.fontSize(row) * 1.15];
      };
      const at = (row) => this.world(row).map((p) => p * this.scale);
      const first = [...this.marked.keys()];
      const order = [...first, ...this.order.filter((row) => !this.marked.has(row))];
      this.labels = { scale: this.scale, boxes: placeLabels(order, at, measure, new Set(first)) };
    }
    return this.labels.boxes;
  }

  // --- the pointer ---

  rowAt(px, py) {
    let best = -1;
    let least = REACH;
    for (const row of this.order) {
      const [x, y] = this.pixel(row);
      const distance = Math.hypot(x - px, y - py);
      if (distance < least) [best, least] = [row, distance];
    }
    if (least < 6) return best; // on a dot; otherwise a label counts before a dot that is merely near
    const [wx, wy] = [px - this.width / 2 + this.x * this.scale, py - this.height / 2 + this.y * this.scale];
    for (const [row, box] of this.placed()) {
      if (wx >= box[0] && wx <= box[2] && wy >= box[1] && wy <= box[3]) return row;
    }
    return best;
  }

  hover(px, py) {
    const row = px === null ? -1 : this.rowAt(px, py);
    this.canvas.classList.toggle("over-word", row >= 0);
    if (row !== this.hovered) {
      this.hovered = row;
      this.onHover(row);
      this.draw();
    }
  }

  listen() {
    const { canvas, pointers } = this;
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    canvas.addEventListener("wheel", (event) => {
      if (this.wheelNeedsCtrl && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 16 : 1;
      this.zoom(Math.exp(-Math.max(-120, Math.min(120, event.deltaY * lines)) * 0.003), ...place(event));
    }, { passive: false });
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, place(event));
      this.travelled = pointers.size > 1 ? Infinity : 0;
    });
    canvas.addEventListener("pointermove", (event) => {
      const [px, py] = place(event);
      const before = pointers.get(event.pointerId);
      if (!before) {
        this.hover(px, py);
        return;
      }
      if (pointers.size === 2) {
        const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
        const apart = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]) || 1;
        this.zoom(apart([px, py]) / apart(before), (px + other[0]) / 2, (py + other[1]) / 2);
      } else {
        this.travelled += Math.hypot(px - before[0], py - before[1]);
        if (this.travelled > 4) {
          cancelAnimationFrame(this.moving);
          canvas.classList.add("dragging");
          this.hover(null);
          this.x -= (px - before[0]) / this.scale;
          this.y -= (py - before[1]) / this.scale;
          this.draw();
        }
      }
      pointers.set(event.pointerId, [px, py]);
    });
    const release = (event) => {
      pointers.delete(event.pointerId);
      canvas.classList.remove("dragging");
    };
    canvas.addEventListener("pointerup", (event) => {
      if (pointers.size === 1 && this.travelled <= 4) this.onPick(this.rowAt(...place(event)));
      release(event);
    });
    canvas.addEventListener("pointercancel", release);
    canvas.addEventListener("pointerleave", () => this.hover(null));
    canvas.addEventListener("dblclick", (event) => this.zoom(2, ...place(event)));
    canvas.addEventListener("keydown", (event) => {
      const step = 60 / this.scale;
      const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      if (event.key === "+" || event.key === "=") this.zoom(1.4);
      else if (event.key === "-") this.zoom(1 / 1.4);
      else if (event.key === "0") this.showAll();
      else if (moves[event.key]) {
        this.x += moves[event.key][0] * step;
        this.y += moves[event.key][1] * step;
        this.draw();
      } else return;
      event.preventDefault();
    });
  }
}

function brightness(colour) {
  const [r, g, b] = (colour.match(/[\d.]+/g) || [255, 255, 255]).map(Number);
  return 0.3 * r + 0.59 * g + 0.11 * b;
}
