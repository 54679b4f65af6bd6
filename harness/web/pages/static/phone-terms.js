// Tells the server whether the terms were seen to their end. Without this file whoever reaches the buttons,
// which stand at the end, counts as somebody who has.
"use strict";

for (const told of document.querySelectorAll("[data-scrolled]")) {
  const terms = told.closest(".scrolled");
  const buttons = told.form.offsetHeight;           // whoever sees the first of them has seen the whole text
  const look = () => {
    if (terms.scrollTop + terms.clientHeight >= terms.scrollHeight - buttons) {
      told.value = "yes";
      terms.removeEventListener("scroll", look);
    }
  };
  told.value = "no";
  terms.addEventListener("scroll", look);
  told.form.addEventListener("submit", look);       // a scroll is told with the next frame, which may come too late
  look();
}
