/** The page of one experiment: while it runs, its standing is fetched anew every second; at its end the page is. */

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
  } catch {
    // The server is away for a moment; the next look asks again.
  }
  setTimeout(look, EVERY_MS);
}

setTimeout(look, EVERY_MS);
