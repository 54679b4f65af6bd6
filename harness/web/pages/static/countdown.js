// Counts down what the server said is left. Without this file the page still says until when;
// whether time is up is the server's to judge, here it is only shown.
"use strict";

for (const box of document.querySelectorAll("[data-seconds-left]")) {
  const left = Number(box.dataset.secondsLeft);      // from the server: the device's own clock is not asked
  const clock = box.querySelector("[data-clock]");
  const spoken = box.querySelector("[data-spoken]");
  const bar = box.querySelector("progress");
  const over = box.querySelector("[data-over]");
  const start = performance.now();
  let timer;

  const tick = () => {
    const now = Math.max(0, Math.ceil(left - (performance.now() - start) / 1000));
    const minutes = Math.floor(now / 60);
    clock.textContent = `${minutes}:${String(now % 60).padStart(2, "0")}`;
    bar.value = now;

    // A screen reader hears the minutes, not the seconds: the text changes once a minute.
    const text = now === 0 ? box.dataset.sayOver : minutes === 0 ? box.dataset.sayLast
      : box.dataset.sayMinutes.replace("#", minutes);
    if (spoken.textContent !== text) {
      spoken.textContent = text;
    }
    if (now === 0) {
      over.hidden = false;
      clearInterval(timer);
    }
  };

  box.querySelector("[data-ticking]").hidden = false;
  if (box.dataset.runs === "yes") {                  // a lab clock may stand still
    timer = setInterval(tick, 1000);
    tick();
  }
}
