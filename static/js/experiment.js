/**
 * The page of one experiment: while it runs, its standing is fetched anew every second; at its end the page is. A point
 * or a seed leads to its run, where one may open it; the form below does the same for the keyboard.
 */

const EVERY_MS = 1000;

async function look() {
  const shown = document.querySelector('#standing[data-state="running"]');
  if (!shown) return;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.querySelector("#standing");
    if (now && now.getAttribute("data-state") !== "running") {
      location.reload();
      return;
    }
    if (now) shown.replaceWith(now);
    const cells = page.querySelector("#so-far");
    if (cells) document.querySelector("#so-far")?.replaceWith(cells);
  } catch {
    // The server is away for a moment; the next look asks again.
  }
  setTimeout(look, EVERY_MS);
}

/** @param {Event} event */
function openRun(event) {
  const form = document.querySelector("#open-seed");
  const point = event.target instanceof Element ? event.target.closest("[data-seed]") : null;
  const row = point?.closest("[data-position]");
  if (!point || !row || !(form instanceof HTMLFormElement)) return;
  const [cell, seed] = ["cell", "seed"].map((name) => form.elements.namedItem(name));
  if (!(cell instanceof HTMLSelectElement) || !(seed instanceof HTMLInputElement)) return;
  cell.value = row.getAttribute("data-position") ?? "";
  seed.value = point.getAttribute("data-seed") ?? "";
  form.requestSubmit();
}

document.querySelector("#results[data-opens]")?.addEventListener("click", openRun);
setTimeout(look, EVERY_MS);
