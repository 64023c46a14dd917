// The panel beside a map: finding words, their neighbours, and analogies. Words only ever become text nodes.

const NEAREST = 12;
const ANSWERS = 5;
const EXAMPLES = [ // offered where the map has the words
  ["man", "woman", "king"], ["man", "woman", "father"], ["he", "his", "she"], ["france", "paris", "japan"],
  ["day", "days", "year"], ["go", "went", "come"], ["see", "saw", "give"], ["good", "better", "great"],
  ["one", "first", "two"], ["file", "files", "line"],
];

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function startMap(root, data) {
  const words = new Words(data);
  const get = (selector) => root.querySelector(selector);
  const tip = get(".tip");
  const search = get(".search");
  const found = get(".found");
  const form = get("form");

  const view = new MapView(get("canvas"), words, data.palette, {
    wheelNeedsCtrl: root.dataset.wheel === "ctrl",
    onHover: showTip,
    onPick: (row) => (row >= 0 ? pick(row, false) : clear()),
  });

  function countOf(row) {
    return words.counts ? words.counts[row].toLocaleString("en") : "";
  }

  // --- what is under the pointer ---

  function showTip(row) {
    tip.hidden = row < 0;
    if (row < 0) return;
    const near = words.neighbours(row, 5).map((each) => words.words[each.row]).join(", ");
    tip.replaceChildren(element("b", { textContent: words.words[row] }));
    if (words.counts) tip.append(element("p", { textContent: `${countOf(row)} times in the text` }));
    tip.append(element("p", { textContent: `near: ${near}` }));
    const [x, y] = view.pixel(row);
    const left = Math.max(8, Math.min(x + 14, view.width - tip.offsetWidth - 8));
    const below = y + 16 + tip.offsetHeight < view.height;
    tip.style.transform = `translate(${left}px, ${below ? y + 16 : y - 16 - tip.offsetHeight}px)`;
  }

  // --- one word and its neighbours ---

  function pick(row, fly) {
    const near = words.neighbours(row, NEAREST);
    get(".near h2").replaceChildren("Nearest to ", element("em", { textContent: words.words[row] }));
    get(".near .note").textContent = words.counts ? `${countOf(row)} times in the text` : "";
    list(get(".near .answers"), near);
    view.mark(new Map([[row, true], ...near.map((each) => [each.row, false])]),
      near.map((each) => ({ from: row, to: each.row })));
    if (fly) view.show([row, ...near.slice(0, 6).map((each) => each.row)]);
  }

  function emptyNear() {
    get(".near h2").textContent = "Nearest words";
    get(".near .note").textContent = "Find a word, or click one on the map.";
    get(".near .answers").replaceChildren();
  }

  function clear() {
    emptyNear();
    view.mark(new Map(), []);
  }

  function list(place, answers) {
    place.replaceChildren(...answers.map(({ row, cosine }) => {
      const button = element("button", { type: "button" },
        element("span", { textContent: words.words[row] }),
        element("span", { textContent: cosine.toFixed(3) }));
      button.style.setProperty("--share", `${Math.max(0, cosine * 100)}%`);
      button.addEventListener("click", () => pick(row, true));
      return element("li", {}, button);
    }));
  }

  // --- finding a word ---

  let active = 0;

  function showFound() {
    const rows = words.find(search.value, 8);
    active = 0;
    found.replaceChildren(...rows.map((row) => {
      const item = element("li", { role: "option" },
        element("span", { textContent: words.words[row] }), element("span", { textContent: countOf(row) }));
      item.dataset.row = row;
      item.addEventListener("pointerdown", (event) => {
        event.preventDefault(); // the field keeps the focus
        choose(row);
      });
      return item;
    }));
    if (!rows.length && search.value.trim()) {
      found.append(element("li", { className: "nothing", textContent: "not among the words of this map" }));
    }
    openFound(found.children.length > 0);
    markActive();
  }

  function openFound(open) {
    found.hidden = !open;
    search.setAttribute("aria-expanded", String(open));
  }

  function markActive() {
    [...found.children].forEach((item, i) => {
      item.classList.toggle("active", i === active && "row" in item.dataset);
      item.setAttribute("aria-selected", String(i === active));
    });
  }

  function choose(row) {
    search.value = words.words[row];
    openFound(false);
    pick(row, true);
  }

  search.addEventListener("input", showFound);
  search.addEventListener("blur", () => openFound(false));
  search.addEventListener("keydown", (event) => {
    const items = [...found.children].filter((item) => "row" in item.dataset);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (found.hidden) showFound();
      else active = (active + (event.key === "ArrowDown" ? 1 : items.length - 1)) % (items.length || 1);
      markActive();
    } else if (event.key === "Enter") {
      if (found.hidden) showFound();
      const item = [...found.children].filter((each) => "row" in each.dataset)[active];
      if (item) choose(Number(item.dataset.row));
    } else if (event.key === "Escape") {
      if (found.hidden) clear();
      openFound(false);
      search.value = "";
    } else return;
    event.preventDefault();
  });

  // --- analogies ---

  function answer() {
    const fields = [form.elements.a, form.elements.b, form.elements.c];
    const rows = fields.map((field) => words.rowOf(field.value));
    fields.forEach((field, i) => field.classList.toggle("unknown", field.value.trim() !== "" && rows[i] < 0));
    const result = get(".analogy .result");
    const missing = fields.filter((field, i) => field.value.trim() && rows[i] < 0).map((field) => field.value.trim());
    const complete = rows.every((row) => row >= 0);
    result.textContent = missing.length ? `not among the words of this map: ${missing.join(", ")}` : "";
    const answers = complete ? words.analogy(...rows, ANSWERS) : [];
    list(get(".analogy .answers"), answers);
    if (!complete) return;
    const [a, b, c] = rows;
    result.textContent = `${words.words[b]} − ${words.words[a]} + ${words.words[c]} is nearest to`;
    if (!answers.length) return;
    emptyNear(); // the map now shows the analogy
    const best = answers[0].row;
    view.mark(new Map([[a, true], [b, true], [c, true], [best, true],
      ...answers.slice(1).map((each) => [each.row, false])]),
    [{ from: a, to: b, arrow: true }, { from: c, to: best, arrow: true, dashed: true }]);
    view.show([a, b, c, best]);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    answer();
  });
  form.addEventListener("change", answer);
  const possible = EXAMPLES.filter((example) => example.every((word) => words.rows.has(word))).slice(0, 4);
  get(".examples").append(...possible.map((example) => {
    const [a, b, c] = example;
    const button = element("button", { type: "button", textContent: `${a} : ${b} = ${c} : ?` });
    button.addEventListener("click", () => {
      [form.elements.a.value, form.elements.b.value, form.elements.c.value] = example;
      answer();
    });
    return button;
  }));

  // --- the rest ---

  for (const button of root.querySelectorAll("[data-zoom]")) {
    const act = { in: () => view.zoom(1.5), out: () => view.zoom(1 / 1.5), all: () => view.showAll() };
    button.addEventListener("click", act[button.dataset.zoom]);
  }
  document.addEventListener("keydown", (event) => {
    if (event.target instanceof HTMLInputElement) return;
    if (event.key === "/") {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape") clear();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => view.draw());
  window.addEventListener("themechange", () => view.draw());
}

startMap(document.querySelector(".wordmap"), JSON.parse(document.getElementById("map-data").textContent));
