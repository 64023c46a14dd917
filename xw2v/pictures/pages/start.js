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
  const neighbourPanel = new NeighbourPanel(get(root, ".near"), vocabulary, {
    invitation: invitation(get(root, ".hint.touch").textContent ?? ""),
    onPick: pickAndShow,
  });
  new AnalogyPanel(get(root, ".analogy"), vocabulary, {
    onAnswer: showAnalogy,
    onPick: pickAndShow,
  });
  const finder = new Finder(root, vocabulary, { onChoose: pickAndShow, onEscape: clear });
  for (const button of root.querySelectorAll("[data-group]")) {
    const group = Number(/** @type {HTMLElement} */ (button).dataset.group);
    button.addEventListener("click", () => showGroup(group));
  }
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

  /** @param {number} group */
  function showGroup(group) {
    const rows = vocabulary.rowsOfGroup(group);
    neighbourPanel.clear();
    view.mark(new Map(rows.map((row) => [row, "group"])), []);
    view.camera.showRows(rows);
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

/**
 * What to do with the map. Where there is no room for the hint on it, this says that, too.
 * @param {string} touchHint
 */
function invitation(touchHint) {
  const touch = matchMedia("(pointer: coarse)").matches;
  return touch
    ? `Find a word, or tap one on the map; ${touchHint}.`
    : "Find a word, or click one on the map.";
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
