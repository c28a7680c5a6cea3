"use strict";

function sortBy(header) {
  const row = header.parentElement;
  const body = header.closest("table").tBodies[0];
  const column = [...row.cells].indexOf(header);
  const up = header.getAttribute("aria-sort") !== "ascending";
  for (const other of row.cells) other.setAttribute("aria-sort", "none");
  header.setAttribute("aria-sort", up ? "ascending" : "descending");
  const numeric = header.classList.contains("number");
  const key = (line) => {
    const cell = line.cells[column];
    if (!numeric) return cell.textContent;
    return "value" in cell.dataset ? Number(cell.dataset.value) : null;
  };
  const lines = [...body.rows].map((line) => [key(line), line]);
  lines.sort(([a], [b]) => {
    // What is missing stays at the end, whichever way.
    if (a === null || b === null) return (a === null) - (b === null);
    const order = numeric ? a - b : a.localeCompare(b, "en", { numeric: true });
    return up ? order : -order;
  });
  body.append(...lines.map(([, line]) => line));
}

for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => sortBy(button.parentElement));
}

const large = document.getElementById("large");
for (const button of document.querySelectorAll(".enlarge")) {
  button.addEventListener("click", () => {
    const small = button.querySelector("img");
    large.querySelector("img").src = small.src;
    large.querySelector("img").alt = small.alt;
    large.querySelector("p").textContent = small.alt;
    large.showModal();
  });
}
large.addEventListener("click", (event) => {
  if (event.target === large || event.target.tagName === "BUTTON") large.close();
});

document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const now = root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  root.dataset.theme = now === "dark" ? "light" : "dark";
});
