/** The admin's pages of experiments: while one runs, its progress is fetched anew, and at its end the page is. */

const EVERY_MS = 1000;

/** Look again at what runs; a page that cannot be fetched is tried again later. */
async function refresh() {
  const shown = document.querySelector('[data-cv-progress="running"]');
  if (!shown) return;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.querySelector("[data-cv-progress]");
    if (now && now.getAttribute("data-cv-progress") !== "running") {
      location.reload();
      return;
    }
    if (now) shown.replaceWith(now);
  } catch {
    // The server is away for a moment; the next round asks again.
  }
  setTimeout(refresh, EVERY_MS);
}

document.addEventListener("DOMContentLoaded", () => setTimeout(refresh, EVERY_MS));
