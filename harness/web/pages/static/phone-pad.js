// Lets a keyboard's digits reach the PIN: they go into the field that is made for keyboards, or on with what was
// tapped on the pad already. Without this file the field is opened by hand.
"use strict";

{
  const pad = document.querySelector("#pad");
  const field = document.querySelector("#pin");
  const tapped = pad?.querySelector(".pins .on");    // some digits are on the pad: it goes on there
  const keys = { Backspace: "delete", Enter: "ok" };

  const typed = (event) => {
    const { key, target } = event;
    const busy = target.matches("input, textarea, select") || (key === "Enter" && target.matches("button, a, summary"));
    if (busy || event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat) {
      return;
    }
    if (!tapped && /^[0-9]$/.test(key)) {
      field.closest("details").open = true;
      field.focus();                                 // the digit falls into it
    } else if (tapped && /^([0-9]|Backspace|Enter)$/.test(key)) {
      event.preventDefault();
      pad.querySelector(`button[value="${keys[key] ?? key}"]`).click();
    }
  };

  if (pad && field) {
    addEventListener("keydown", typed);
  }
}
