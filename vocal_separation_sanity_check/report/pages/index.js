"use strict";
// A heading sorts by its column; once more, the other way round.

const table = document.getElementById("songs");
const headings = [...table.querySelectorAll("th")];

function keyOf(row, column) {
  const cell = row.cells[column];
  return cell.dataset.value === undefined ? cell.textContent.trim() : Number(cell.dataset.value);
}

headings.forEach((heading, column) => {
  heading.querySelector("button").addEventListener("click", () => {
    const direction = heading.ariaSort === "ascending" ? "descending" : "ascending";
    for (const other of headings) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", direction);
    const sign = direction === "ascending" ? 1 : -1;
    const rows = [...table.tBodies[0].rows].sort((a, b) => {
      const [x, y] = [keyOf(a, column), keyOf(b, column)];
      return sign * (typeof x === "number" ? x - y : x.localeCompare(y));
    });
    table.tBodies[0].append(...rows);
  });
});
