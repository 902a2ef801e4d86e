/* Runs before the first paint, as a plain blocking script: the stored colour scheme must not flash in later. */
(function () {
  try {
    const stored = localStorage.getItem("theme");
    if (stored === "dark" || stored === "light") document.documentElement.dataset.theme = stored;
  } catch {
    /* Storage is switched off: the system's scheme it is. */
  }
})();
