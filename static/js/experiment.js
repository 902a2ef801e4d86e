/**
 * The page of one experiment, and of one hunt: while it runs, its standing is fetched anew every second; at its end the
 * page is. A point or a seed leads to its run: to the one that is kept, or, for whoever may, to one that is played again.
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

const results = document.querySelector("#results");
const mayOpen = results?.hasAttribute("data-opens") ?? false;
/** @type {Record<string, string>} */
const kept = JSON.parse(document.querySelector("#opened")?.textContent ?? "{}");

/** @param {Element} point its cell's position and its seed; both empty if it has none */
function placeOf(point) {
  const position = point.closest("[data-position]")?.getAttribute("data-position") ?? "";
  return { position, seed: point.getAttribute("data-seed") ?? "" };
}

/** @param {Element} point */
function openRun(point) {
  const { position, seed } = placeOf(point);
  const there = kept[`${position}:${seed}`];
  if (there) {
    location.assign(there);
    return;
  }
  const form = document.querySelector("#open-seed");
  if (!mayOpen || !position || !(form instanceof HTMLFormElement)) return;
  const [cell, field] = ["cell", "seed"].map((name) => form.elements.namedItem(name));
  if (!(cell instanceof HTMLSelectElement) || !(field instanceof HTMLInputElement)) return;
  cell.value = position;
  field.value = seed;
  form.requestSubmit();
}

/** Seeds in words become links to runs that are kept and buttons for the others: for the keyboard, too. */
function nameSeeds() {
  for (const shown of results?.querySelectorAll(".seed") ?? []) {
    const { position, seed } = placeOf(shown);
    const there = kept[`${position}:${seed}`];
    if (!there && !mayOpen) continue;
    const way = document.createElement(there ? "a" : "button");
    way.className = there ? "seed is-kept" : "seed";
    way.textContent = shown.textContent;
    way.dataset.seed = seed;
    if (way instanceof HTMLAnchorElement) way.href = there;
    else way.type = "button";
    way.setAttribute("aria-label", there ? `Look at seed ${seed}` : `Play seed ${seed} again`);
    shown.replaceWith(way);
  }
  for (const point of results?.querySelectorAll("circle[data-seed], td[data-seed]") ?? []) {
    const { position, seed } = placeOf(point);
    if (mayOpen || kept[`${position}:${seed}`]) point.classList.add("is-open");
  }
}

results?.addEventListener("click", ({ target }) => {
  const point = target instanceof Element ? target.closest("[data-seed]") : null;
  if (point && !(point instanceof HTMLAnchorElement)) openRun(point);
});
nameSeeds();
setTimeout(look, EVERY_MS);
