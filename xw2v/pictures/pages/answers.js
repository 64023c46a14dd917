// Lists of words with their cosines: the neighbours of a word, and the answers to an analogy.

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

class NeighbourPanel {
  /**
   * @param {HTMLElement} section
   * @param {Vocabulary} vocabulary
   * @param {(row: number) => void} onPick
   */
  constructor(section, vocabulary, onPick) {
    this.heading = get(section, "h2");
    this.note = get(section, ".note");
    this.list = get(section, ".answers");
    this.vocabulary = vocabulary;
    this.onPick = onPick;
  }

  /** @param {number} row @param {Neighbour[]} neighbours */
  show(row, neighbours) {
    this.heading.replaceChildren(
      "Nearest to ",
      element("em", { textContent: this.vocabulary.text(row) }),
    );
    this.note.textContent = this.vocabulary.counts
      ? `${this.vocabulary.countText(row)} times in the text`
      : "";
    fillAnswers(this.list, this.vocabulary, neighbours, this.onPick);
  }

  clear() {
    this.heading.textContent = "Nearest words";
    this.note.textContent = "Find a word, or click one on the map.";
    this.list.replaceChildren();
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
    const complete = rows.every((row) => row >= 0);
    const [a, b, c] = rows;
    const answers = complete ? this.vocabulary.analogy(a, b, c, ANSWERS) : [];
    fillAnswers(this.list, this.vocabulary, answers, this.onPick);
    this.result.textContent = this.resultText(
      rows,
      unknown.map((field) => field.value.trim()),
      complete,
    );
    if (answers.length) this.onAnswer(a, b, c, answers);
  }

  /** @param {number[]} rows @param {string[]} unknown @param {boolean} complete */
  resultText(rows, unknown, complete) {
    if (unknown.length) return `not among the words of this map: ${unknown.join(", ")}`;
    if (!complete) return "";
    const [a, b, c] = rows.map((row) => this.vocabulary.text(row));
    return `${b} − ${a} + ${c} is nearest to`;
  }
}
