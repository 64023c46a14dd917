// The map and its panel, put together.

const BUTTON_ZOOM = 1.5;

/** @param {HTMLElement} root @param {MapData} data */
function startMap(root, data) {
  const vocabulary = new Vocabulary(data);
  const tip = new Tip(get(root, ".tip"), vocabulary);
  const view = new MapView(get(root, "canvas"), vocabulary, data.palette, {
    wheelNeedsCtrl: root.dataset.wheel === "ctrl",
    onHover: (row) => tip.show(row, view.camera),
    onPick: (row) => (row >= 0 ? pick(row) : clear()),
  });
  const neighbourPanel = new NeighbourPanel(get(root, ".near"), vocabulary, pickAndShow);
  new AnalogyPanel(get(root, ".analogy"), vocabulary, {
    onAnswer: showAnalogy,
    onPick: pickAndShow,
  });
  const finder = new Finder(root, vocabulary, { onChoose: pickAndShow, onEscape: clear });
  connectButtons(root, view);
  connectPage(view, finder, clear);

  /**
   * Mark a word and its neighbours, and return these.
   * @param {number} row
   */
  function pick(row) {
    const neighbours = vocabulary.neighbours(row, NEIGHBOURS);
    neighbourPanel.show(row, neighbours);
    view.mark(
      new Map([[row, "question"], ...answerRoles(neighbours)]),
      neighbours.map((each) => ({ from: row, to: each.row })),
    );
    return neighbours;
  }

  /** @param {number} row */
  function pickAndShow(row) {
    const neighbours = pick(row);
    view.camera.showRows([row, ...neighbours.slice(0, SHOWN_NEIGHBOURS).map((each) => each.row)]);
  }

  /** @param {number} a @param {number} b @param {number} c @param {Neighbour[]} answers */
  function showAnalogy(a, b, c, answers) {
    const [best, ...others] = answers;
    const asked = [a, b, c, best.row];
    neighbourPanel.clear();
    view.mark(
      new Map([
        ...asked.map((row) => /** @type {[number, "question"]} */ ([row, "question"])),
        ...answerRoles(others),
      ]),
      [
        { from: a, to: b, arrow: true },
        { from: c, to: best.row, arrow: true, dashed: true },
      ],
    );
    view.camera.showRows(asked);
  }

  function clear() {
    neighbourPanel.clear();
    view.mark(new Map(), []);
  }
}

/** @param {Neighbour[]} answers @returns {[number, "answer"][]} */
function answerRoles(answers) {
  return answers.map((each) => [each.row, "answer"]);
}

/** @param {HTMLElement} root @param {MapView} view */
function connectButtons(root, view) {
  get(root, "[data-zoom=in]").addEventListener("click", () => view.camera.zoom(BUTTON_ZOOM));
  get(root, "[data-zoom=out]").addEventListener("click", () => view.camera.zoom(1 / BUTTON_ZOOM));
  get(root, "[data-zoom=all]").addEventListener("click", () => view.camera.showAll());
}

/**
 * Keys and themes of the page around the map.
 * @param {MapView} view
 * @param {Finder} finder
 * @param {() => void} clear
 */
function connectPage(view, finder, clear) {
  document.addEventListener("keydown", (event) => {
    if (event.target instanceof HTMLInputElement) return;
    if (event.key === "/") {
      event.preventDefault();
      finder.focus();
    } else if (event.key === "Escape") {
      clear();
    }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => view.draw());
  window.addEventListener("themechange", () => view.draw());
}

startMap(get(document, ".wordmap"), JSON.parse(get(document, "#map-data").textContent ?? ""));
