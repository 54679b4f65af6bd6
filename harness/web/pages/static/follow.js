// Follows the phone: asks the portal every other second where it stands, and brings the page again when that has changed.
// Without this file there is the link "Look again".
"use strict";

(() => {
  const EVERY = 2000;                                // ms
  const box = document.querySelector("[data-follow]");
  const shown = JSON.stringify([document.body.dataset.state, box.dataset.phone]);

  const look = async () => {
    const answer = await fetch(box.dataset.follow, { credentials: "same-origin" });
    if (answer.ok) {
      const { state, phone = box.dataset.phone } = await answer.json();
      if (JSON.stringify([state, phone]) !== shown) {
        location.reload();
        return;
      }
    }
    setTimeout(patiently, EVERY);
  };

  const patiently = () => look().catch(() => setTimeout(patiently, EVERY));   // the portal may be away for a while
  setTimeout(patiently, EVERY);
})();
