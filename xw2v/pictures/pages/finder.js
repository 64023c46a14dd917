// The field that finds a word, with the list of those that match.

const FOUND_WORDS = 8;

class Finder {
  /**
   * @param {HTMLElement} root - of the map
   * @param {Vocabulary} vocabulary
   * @param {object} options
   * @param {(row: number) => void} options.onChoose
   * @param {() => void} options.onEscape - Escape in a field without a list
   */
  constructor(root, vocabulary, { onChoose, onEscape }) {
    this.field = /** @type {HTMLInputElement} */ (get(root, ".search"));
    this.list = get(root, ".found");
    this.vocabulary = vocabulary;
    this.onChoose = onChoose;
    this.onEscape = onEscape;
    /** @type {number[]} */
    this.rows = [];
    this.active = 0;
    this.field.addEventListener("input", () => this.search());
    this.field.addEventListener("blur", () => this.open(false));
    this.field.addEventListener("keydown", (event) => this.key(event));
  }

  focus() {
    this.field.focus();
  }

  search() {
    this.rows = this.vocabulary.find(this.field.value, FOUND_WORDS);
    this.active = 0;
    this.list.replaceChildren(...this.rows.map((row) => this.item(row)));
    const nothing = this.rows.length === 0 && this.field.value.trim() !== "";
    if (nothing) {
      this.list.append(
        element("li", { className: "nothing", textContent: "not among the words of this map" }),
      );
    }
    this.open(this.rows.length > 0 || nothing);
    this.markActive();
  }

  /** @param {number} row */
  item(row) {
    const item = element(
      "li",
      { role: "option" },
      element("span", { textContent: this.vocabulary.text(row) }),
      element("span", { textContent: this.vocabulary.countText(row) }),
    );
    item.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the field keeps the focus
      this.choose(row);
    });
    return item;
  }

  /** @param {boolean} open */
  open(open) {
    this.list.hidden = !open;
    this.field.setAttribute("aria-expanded", String(open));
  }

  markActive() {
    this.rows.forEach((_, i) => {
      this.list.children[i].classList.toggle("active", i === this.active);
      this.list.children[i].setAttribute("aria-selected", String(i === this.active));
    });
  }

  /** @param {number} row */
  choose(row) {
    this.field.value = this.vocabulary.text(row);
    this.open(false);
    this.onChoose(row);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key === "ArrowDown") this.step(1);
    else if (event.key === "ArrowUp") this.step(-1);
    else if (event.key === "Enter") this.enter();
    else if (event.key === "Escape") this.escape();
    else return;
    event.preventDefault();
  }

  /** @param {number} by */
  step(by) {
    if (this.list.hidden) this.search();
    else if (this.rows.length)
      this.active = (this.active + by + this.rows.length) % this.rows.length;
    this.markActive();
  }

  enter() {
    if (this.list.hidden) this.search();
    if (this.rows.length) this.choose(this.rows[this.active]);
  }

  escape() {
    if (this.list.hidden) this.onEscape();
    this.open(false);
    this.field.value = "";
  }
}
