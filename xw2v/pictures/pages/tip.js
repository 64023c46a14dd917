// What is shown beside the word under the pointer.

const TIP_NEIGHBOURS = 5;
const TIP_DISTANCE = [14, 16]; // pixels beside and below the dot
const TIP_MARGIN = 8; // pixels to the canvas's edge

class Tip {
  /** @param {HTMLElement} box @param {Vocabulary} vocabulary */
  constructor(box, vocabulary) {
    this.box = box;
    this.vocabulary = vocabulary;
  }

  /** @param {number} row - or -1 for none @param {Camera} camera */
  show(row, camera) {
    const { box, vocabulary } = this;
    box.hidden = row < 0;
    if (row < 0) return;
    const near = vocabulary
      .neighbours(row, TIP_NEIGHBOURS)
      .map((each) => vocabulary.text(each.row))
      .join(", ");
    box.replaceChildren(element("b", { textContent: vocabulary.text(row) }));
    const lines = [vocabulary.countText(row), `nearest: ${near}`, vocabulary.ngramText(row)];
    box.append(...lines.filter(Boolean).map((line) => element("p", { textContent: line })));
    const [x, y] = camera.pixel(row);
    const left = clamp(
      x + TIP_DISTANCE[0],
      TIP_MARGIN,
      Math.max(camera.width - box.offsetWidth - TIP_MARGIN, TIP_MARGIN),
    );
    const below = y + TIP_DISTANCE[1];
    const top =
      below + box.offsetHeight < camera.height ? below : y - TIP_DISTANCE[1] - box.offsetHeight;
    box.style.transform = `translate(${left}px, ${top}px)`;
  }
}
