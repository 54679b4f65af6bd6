// Answers a page's Web eID window messages in the extension's place: the card desk's window asks for the PIN.
// The portal's page loads this file from the desk's origin. Which origin gets signed is told to the desk by the
// browser (the request's Origin header); nothing that this script says counts.
// Source of the messages: web-eid.js and the Web eID extension.
"use strict";

{
  const DESK = new URL(document.currentScript.src).origin;
  const VERSION = "2.0.0";
  const POLL_MS = 500;
  const INTERACTION_MS = 120000;                     // web-eid.js's own limit
  const HELD_MS = 5000;                              // the window stays for the signature after the certificate
  const KINDS = { authenticate: "authenticate", "get-signing-certificate": "certificate", sign: "sign" };
  const pending = new Set();
  let held = null;
  let unblocking = false;                            // a person who unblocks a PIN in the window keeps it
  let letGo;

  class Failure extends Error {
    constructor(code, message) {
      super(message);
      this.name = "WebEidDeskError";
      this.code = `ERR_WEBEID_${code}`;
    }
  }

  const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

  const ask = async (method, path, body) => {
    let answer;
    try {
      answer = await fetch(DESK + path, {
        method, mode: "cors", credentials: "omit", cache: "no-store", keepalive: method === "DELETE",
        headers: body ? { "Content-Type": "application/json" } : {}, body: body && JSON.stringify(body),
      });
    } catch {
      throw new Failure("NATIVE_UNAVAILABLE", `The card desk at ${DESK} cannot be reached`);
    }
    if (answer.status === 204) {
      return {};
    }
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) {
      const failure = new Failure("NATIVE_FATAL", told.error?.message ?? `The card desk answered ${answer.status}`);
      failure.code = told.error?.code ?? failure.code;
      throw failure;
    }
    return told;
  };

  // A browser that lets no window open gets a link in the page, which a person can follow.
  const link = (url) => {
    const notice = document.createElement("p");
    const anchor = document.createElement("a");
    notice.className = "notice softeid-desk";
    notice.setAttribute("role", "status");
    anchor.href = url;
    anchor.target = "_blank";
    anchor.rel = "noreferrer";
    anchor.textContent = `TEST: ${new URL(url).host}`;
    notice.append(anchor);
    (document.querySelector("main") ?? document.body).prepend(notice);
    return notice;
  };

  const outcome = async (kind, message, windowOfDesk) => {
    const { lang } = message.options ?? {};
    const prompt = await ask("POST", "/api/prompts", {
      kind, lang, challengeNonce: message.challengeNonce, certificate: message.certificate,
      hash: message.hash, hashFunction: message.hashFunction,
    });
    const url = new URL(prompt.url, DESK);
    if (url.origin !== DESK) {
      throw new Failure("NATIVE_FATAL", "The card desk named a page that is not its own");
    }
    const path = `/api/prompts/${encodeURIComponent(prompt.id)}`;
    const end = performance.now() + (message.options?.userInteractionTimeout ?? INTERACTION_MS);
    const away = () => { ask("DELETE", path).catch(() => {}); };
    let notice;
    window.addEventListener("pagehide", away);
    try {
      if (windowOfDesk) {
        windowOfDesk.location.replace(url);
      } else {
        notice = link(url);
      }
      for (;;) {
        const closed = windowOfDesk?.closed;         // asked before the desk, which may have the answer already
        const told = await ask("GET", path);
        unblocking = told.blocked === true;
        if (told.state === "done") {
          return told.result;
        }
        if (told.state === "failed") {
          const failure = new Failure("UNKNOWN_ERROR", told.error?.message ?? "The card desk gave up");
          failure.code = told.error?.code ?? failure.code;
          throw failure;
        }
        if (closed) {
          await ask("DELETE", path);
          throw new Failure("USER_CANCELLED", "The card desk's window was closed");
        }
        if (performance.now() > end) {
          await ask("DELETE", path);
          throw new Failure("USER_TIMEOUT", "Nobody answered at the card desk");
        }
        await pause(POLL_MS);
      }
    } finally {
      window.removeEventListener("pagehide", away);
      notice?.remove();
    }
  };

  const answerTo = (action, origin) => (ending, fields = {}) => {
    window.postMessage({ action: `${action}-${ending}`, ...fields }, origin);
  };

  // The desk's window; null where the browser lets none open.
  const opened = () => {
    clearTimeout(letGo);
    const url = `${DESK}/prompts/wait`;
    if (held && !held.closed) {
      held.location.replace(url);
    } else {
      held = window.open(url, "softeid-desk", "popup,width=1040,height=820");
    }
    return held;
  };

  const serve = async (kind, message, reply) => {
    if (pending.has(message.action)) {
      throw new Failure("ACTION_PENDING", "The same is being asked already");
    }
    if (!window.isSecureContext) {
      throw new Failure("CONTEXT_INSECURE", "The page is not in a secure context");
    }
    pending.add(message.action);
    unblocking = false;
    let stays = 0;
    try {
      // Opened before anything is waited for: browsers open windows only while a click is fresh.
      const result = await outcome(kind, message, opened());
      stays = kind === "certificate" ? HELD_MS : 0;
      reply("success", result);
    } finally {
      pending.delete(message.action);
      const done = unblocking ? null : held;
      letGo = setTimeout(() => done?.close(), stays);
    }
  };

  window.addEventListener("message", async (event) => {
    const action = event.data?.action;
    if (event.source !== window || event.origin !== window.location.origin || typeof action !== "string") {
      return;
    }
    const name = action.startsWith("web-eid:") ? action.slice("web-eid:".length) : "";
    const reply = answerTo(action, event.origin);
    if (name === "status") {
      reply("ack");
      reply("success", { library: event.data.libraryVersion ?? VERSION, extension: VERSION, nativeApp: VERSION });
    } else if (Object.hasOwn(KINDS, name)) {
      reply("ack");
      try {
        await serve(KINDS[name], event.data, reply);
      } catch (error) {
        const code = error instanceof Failure ? error.code : "ERR_WEBEID_UNKNOWN_ERROR";
        reply("failure", { error: { code, message: error.message, name: error.name, stack: error.stack } });
      }
    }
  });
}
