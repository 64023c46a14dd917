// Lists of words with their cosines: the neighbours of a word, and the answers to an analogy.

const REVEAL_MARGIN = 12; // pixels around a section that is brought into sight
const NEIGHBOURS = 12;
const SHOWN_NEIGHBOURS = 6; // that the map zooms to
const ANSWERS = 5;
const EXAMPLES = [
  // offered where the map has the words
  ["man", "woman", "king"],
  ["man", "woman", "father"],
  ["he", "his", "she"],
  ["france", "paris", "japan"],
  ["day", "days", "year"],
  ["go", "went", "come"],
  ["see", "saw", "give"],
  ["good", "better", "great"],
  ["one", "first", "two"],
  ["file", "files", "line"],
];
const MOST_EXAMPLES = 4;

/**
 * Fill a list with words that can be clicked.
 * @param {HTMLElement} list @param {Vocabulary} vocabulary @param {Neighbour[]} answers
 * @param {(row: number) => void} onPick
 */
function fillAnswers(list, vocabulary, answers, onPick) {
  list.replaceChildren(
    ...answers.map(({ row, cosine }) => {
      const button = element(
        "button",
        { type: "button" },
        element("span", { textContent: vocabulary.text(row) }),
        element("span", { textContent: cosine.toFixed(3) }),
      );
      button.style.setProperty("--share", `${Math.max(0, cosine * 100)}%`);
      button.addEventListener("click", () => onPick(row));
      return element("li", {}, button);
    }),
  );
}

/**
 * The line above such a list.
 * @param {HTMLElement} line @param {string} text
 */
function captionAnswers(line, text) {
  line.replaceChildren(
    element("span", { textContent: text }),
    element("span", { textContent: "cosine" }),
  );
}

/**
 * Scroll the panel until a section is in sight, or at the panel's top where it is larger.
 * @param {HTMLElement} section
 */
function reveal(section) {
  const panel = section.closest(".panel");
  if (!panel) return;
  const [inner, outer] = [section.getBoundingClientRect(), panel.getBoundingClientRect()];
  const above = inner.top - outer.top - REVEAL_MARGIN;
  const below = inner.bottom - outer.bottom + REVEAL_MARGIN;
  const top = Math.min(above, Math.max(below, 0));
  if (top !== 0) panel.scrollBy({ top, behavior: "smooth" });
}

class NeighbourPanel {
  /**
   * @param {HTMLElement} section
   * @param {Vocabulary} vocabulary
   * @param {object} options
   * @param {string} options.invitation - shown where no word is picked
   * @param {(row: number) => void} options.onPick
   */
  constructor(section, vocabulary, { invitation, onPick }) {
    this.section = section;
    this.heading = get(section, "h2");
    this.note = get(section, ".note");
    this.list = get(section, ".answers");
    this.ngrams = get(section, ".ngrams");
    this.vocabulary = vocabulary;
    this.invitation = invitation;
    this.onPick = onPick;
    this.clear();
  }

  /** @param {number} row @param {Neighbour[]} neighbours */
  show(row, neighbours) {
    this.heading.replaceChildren(
      "Nearest to ",
      element("em", { textContent: this.vocabulary.text(row) }),
    );
    captionAnswers(this.note, this.vocabulary.countText(row));
    fillAnswers(this.list, this.vocabulary, neighbours, this.onPick);
    this.ngrams.textContent = this.vocabulary.ngramText(row);
    reveal(this.section);
  }

  clear() {
    this.heading.textContent = "Nearest words";
    this.note.textContent = this.invitation;
    this.list.replaceChildren();
    this.ngrams.textContent = "";
  }
}

class AnalogyPanel {
  /**
   * @param {HTMLElement} section
   * @param {Vocabulary} vocabulary
   * @param {object} options
   * @param {(a: number, b: number, c: number, answers: Neighbour[]) => void} options.onAnswer
   * @param {(row: number) => void} options.onPick
   */
  constructor(section, vocabulary, { onAnswer, onPick }) {
    this.fields = ["a", "b", "c"].map(
      (name) => /** @type {HTMLInputElement} */ (get(section, `input[name=${name}]`)),
    );
    this.section = section;
    this.best = get(section, "form button");
    this.result = get(section, ".result");
    this.list = get(section, ".answers");
    this.vocabulary = vocabulary;
    this.onAnswer = onAnswer;
    this.onPick = onPick;
    const form = get(section, "form");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.answer();
    });
    form.addEventListener("change", () => this.answer());
    const known = EXAMPLES.filter((example) => example.every((word) => vocabulary.rows.has(word)));
    get(section, ".examples").append(
      ...known.slice(0, MOST_EXAMPLES).map((example) => this.exampleButton(example)),
    );
  }

  /** @param {string[]} example */
  exampleButton(example) {
    const [a, b, c] = example;
    const button = element("button", { type: "button", textContent: `${a} : ${b} = ${c} : ?` });
    button.addEventListener("click", () => {
      this.fields.forEach((field, i) => {
        field.value = example[i];
      });
      this.answer();
    });
    return button;
  }

  answer() {
    const rows = this.fields.map((field) => this.vocabulary.rowOf(field.value));
    const unknown = this.fields.filter((field, i) => field.value.trim() !== "" && rows[i] < 0);
    for (const field of this.fields) field.classList.toggle("unknown", unknown.includes(field));
    const [a, b, c] = rows;
    const complete = rows.every((row) => row >= 0);
    const answers = complete ? this.vocabulary.analogy(a, b, c, ANSWERS) : [];
    fillAnswers(this.list, this.vocabulary, answers, this.onPick);
    this.showBest(answers);
    if (answers.length) {
      const [first, second, third] = rows.map((row) => this.vocabulary.text(row));
      captionAnswers(this.result, `${second} − ${first} + ${third} is nearest to`);
      this.onAnswer(a, b, c, answers);
      reveal(this.section);
    } else {
      const words = unknown.map((field) => field.value.trim()).join(", ");
      this.result.textContent = words ? `not among the words of this map: ${words}` : "";
    }
  }

  /**
   * The first answer in place of the question mark.
   * @param {Neighbour[]} answers
   */
  showBest(answers) {
    this.best.textContent = answers.length ? this.vocabulary.text(answers[0].row) : "?";
    this.best.classList.toggle("answered", answers.length > 0);
  }
}
