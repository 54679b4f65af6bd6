// Looks every two seconds whether the page would look different by now, and loads it again when it would.
// Without this file there is a link that does the same.
"use strict";

for (const box of document.querySelectorAll("[data-follow]")) {
  const EVERY = 2000;                                // ms
  const shown = Object.entries(JSON.parse(box.dataset.shown));

  const look = async () => {
    try {
      const answer = await fetch(box.dataset.follow, {
        cache: "no-store", credentials: "same-origin", headers: { Accept: "application/json" },
      });
      if (answer.ok) {
        const told = await answer.json();
        if (shown.some(([word, value]) => word in told && told[word] !== value)) {
          window.location.reload();
          return;
        }
      }
    } catch {
      // no connection: the page stays as it is, and the next look may have one
    }
    setTimeout(look, EVERY);
  };
  setTimeout(look, EVERY);
}
