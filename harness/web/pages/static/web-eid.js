// The page's side of Web eID: asks the extension, or what stands in its place, by messages on this window.
// Source: web-eid.js 2.x, the messages and their times. Who answers, and which origin gets signed, is not the page's to say.
"use strict";

(() => {
  const LIBRARY = "2.1.0";                           // the version of the messages that we speak
  const LOADING = 1000, ACKNOWLEDGED = 1000, STARTING = 1000, ANSWERING = 5000, PERSON = 120_000;  // ms
  const pending = new Set();

  class WebEidError extends Error {
    constructor(code, message) {
      super(message || code);
      this.code = code;
    }
  }

  // The extension may come later than the page; nothing is sent before it had its second.
  const loaded = new Promise((done) => setTimeout(done, LOADING));

  // One message and its answer. `patience`: how long a person may take, 0 if nobody is asked.
  const ask = async (name, patience, needed = {}, more = {}) => {
    const action = `web-eid:${name}`;
    const missing = Object.keys(needed).find((one) => !needed[one]);
    if (!window.isSecureContext) {
      throw new WebEidError("ERR_WEBEID_CONTEXT_INSECURE");
    }
    if (missing) {
      throw new WebEidError("ERR_WEBEID_MISSING_PARAMETER", `${action} needs ${missing}`);
    }
    if (pending.has(action)) {
      throw new WebEidError("ERR_WEBEID_ACTION_PENDING");
    }
    pending.add(action);
    await loaded;
    return converse(action, patience, { ...needed, ...more }).finally(() => pending.delete(action));
  };

  const converse = (action, patience, content) => new Promise((answered, failed) => {
    let timer;
    const end = (finish, value) => {
      clearTimeout(timer);
      removeEventListener("message", listen);
      finish(value);
    };
    const limit = (ms, code) => {
      clearTimeout(timer);
      timer = setTimeout(() => end(failed, new WebEidError(code)), ms);
    };
    const listen = ({ source, data }) => {
      if (source !== window || typeof data?.action !== "string") {
        return;
      }
      if (data.action === `${action}-ack`) {
        limit(STARTING + ANSWERING + patience, "ERR_WEBEID_ACTION_TIMEOUT");
      } else if (data.action === `${action}-success`) {
        end(answered, data);
      } else if (data.action === `${action}-failure`) {
        end(failed, new WebEidError(data.error?.code ?? "ERR_WEBEID_UNKNOWN_ERROR", data.error?.message));
      }
    };
    addEventListener("message", listen);
    limit(ACKNOWLEDGED, "ERR_WEBEID_EXTENSION_UNAVAILABLE");
    window.postMessage({ action, libraryVersion: LIBRARY, ...content }, "*");
  });

  // A warning is for whoever looks after the page; it may come at any time and stops nothing.
  addEventListener("message", ({ source, data }) => {
    if (source === window && data?.action === "web-eid:warning") {
      for (const one of data.warnings ?? []) {
        console.warn(one);
      }
    }
  });

  const options = () => ({ lang: document.documentElement.lang, userInteractionTimeout: PERSON });

  const webEid = {
    status: () => ask("status", 0),
    authenticate: (challengeNonce) => ask("authenticate", PERSON, { challengeNonce }, { options: options() }),
    getSigningCertificate: () => ask("get-signing-certificate", 2 * PERSON, {}, { options: options() }),
    sign: (certificate, hash, hashFunction) =>
      ask("sign", PERSON, { certificate, hash, hashFunction }, { options: options() }),
  };

  const json = async (address, request) => {
    const answer = await fetch(address, { credentials: "same-origin", ...request });
    const body = await answer.json().catch(() => ({}));
    return answer.ok ? body : Promise.reject(new WebEidError(body.code ?? "ERR_WEBEID_UNKNOWN_ERROR", body.title));
  };

  // RFC 7518's name of what Web eID calls a signature algorithm, as the token has it: ES384, RS256, PS256.
  const named = ({ cryptoAlgorithm, hashFunction, paddingScheme }) =>
    (cryptoAlgorithm === "ECC" ? "ES" : paddingScheme === "PSS" ? "PS" : "RS") + hashFunction.slice(-3);

  // What each kind of button fills its form with.
  const deeds = {
    async authenticate({ challenge }) {
      const { nonce } = await json(challenge);
      const { unverifiedCertificate, algorithm, signature, format, appVersion } = await webEid.authenticate(nonce);
      return { token: JSON.stringify({ unverifiedCertificate, algorithm, signature, format, appVersion }) };
    },
    async sign({ hash, hashFunction }) {
      const { certificate } = await webEid.getSigningCertificate();
      const { signature, signatureAlgorithm } = await webEid.sign(certificate, hash, hashFunction);
      return { certificate, signature, algorithm: named(signatureAlgorithm) };
    },
  };

  const problem = document.querySelector("[data-web-eid-problem]");
  const words = new Map([...document.querySelectorAll("[data-web-eid-text]")]
    .map((one) => [one.dataset.webEidText, one.content.textContent]));

  const tell = (code, message) => {
    problem.querySelector("[data-web-eid-told]").textContent =
      words.get(code) ?? message ?? words.get("ERR_WEBEID_UNKNOWN_ERROR");
    problem.querySelector("[data-web-eid-code]").textContent = code;
    problem.hidden = false;
    problem.focus();
    document.body.dataset.error = code;
  };

  // The portal is told what did not come about. It may have a code of its own for it, and another page to go on.
  const report = async (form, address, code) => {
    const answer = await fetch(address, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": form.elements.csrf.value },
      body: JSON.stringify({ code }),
    }).then((got) => got.json()).catch(() => ({}));
    if (answer.code) {
      document.body.dataset.error = answer.code;
    }
    if (answer.next) {
      location.assign(answer.next);
    }
  };

  const press = async (button) => {
    const { form } = button;
    const busy = form.querySelector("[data-web-eid-busy]");
    button.disabled = true;
    problem.hidden = true;
    for (const old of document.querySelectorAll(".problem:not([data-web-eid-problem])")) {
      old.remove();                                  // the server's, of the attempt before
    }
    document.body.dataset.error = "";
    busy.textContent = button.dataset.busy;
    try {
      const filled = await deeds[button.dataset.webEid](button.dataset);
      for (const [name, value] of Object.entries(filled)) {
        form.elements[name].value = value;
      }
      form.submit();
    } catch (error) {
      busy.textContent = "";
      button.disabled = false;
      const code = error.code ?? "ERR_WEBEID_UNKNOWN_ERROR";
      tell(code, error.message);
      if (button.dataset.aborted) {
        await report(form, button.dataset.aborted, code);
      }
    }
  };

  const buttons = document.querySelectorAll("[data-web-eid]");
  for (const button of buttons) {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      press(button);
    });
  }

  // Also when the page comes back from the browser's memory, as it was left: busy.
  addEventListener("pageshow", () => {
    for (const button of buttons) {
      button.disabled = false;
      button.form.querySelector("[data-web-eid-busy]").textContent = "";
    }
  });

  // Who would answer, for whoever looks at the page: `data-web-eid-status` of the root element.
  webEid.status().then(
    ({ extension, nativeApp }) => `${extension} ${nativeApp}`,
    (error) => error.code,
  ).then((status) => {
    document.documentElement.dataset.webEidStatus = status;
  });
})();
