// Pictures and webcam frames to the API, and its answers back onto the page.
"use strict";

const by = id => document.getElementById(id);
const main = by("main"), canvas = by("canvas"), drop = by("drop"), webcam = by("webcam"), crop = by("crop");

/** A colour for each class in turn, those of `ferrofuse predict`. */
const COLOURS = ["#f06e46", "#96c83c", "#c88ce6", "#ffcd32", "#64b4f5", "#ff96be", "#bec4cd", "#3cd2b4"];
/** Frames of a webcam are sent no wider than this. */
const FRAME_WIDTH = 960;

/** What is on the canvas: `{ image, answer }`; image is null where the browser cannot show the format. */
let shown = null;
/** The request for a picture, to be given up when another one comes. */
let asking = null;
/** The webcam that runs: `{ stream, video, abort }`. */
let watching = null;

/** What the server said instead of an answer. */
class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// --- The API ---------------------------------------------------------------------------------------------------

async function ask(picture, signal) {
  if (picture.size > Number(main.dataset.mostBytes)) {
    throw new Refused(413, `the picture has ${(picture.size / 1e6).toFixed(1)} MB; at most ${main.dataset.megabytes} MB are taken`);
  }
  const type = picture.type.startsWith("image/") ? picture.type : "application/octet-stream";
  const query = crop?.checked ? "?face_crop=true" : "";
  let response;
  try {
    response = await fetch("/api/predict" + query, { method: "POST", headers: { "Content-Type": type }, body: picture, signal });
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    throw new Refused(0, "the server does not answer; is `ferrofuse serve` still running?");
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok || answer === null) {
    throw new Refused(response.status, answer?.error ?? `the server answered with status ${response.status}`);
  }
  return answer;
}

// --- Words -----------------------------------------------------------------------------------------------------

const percent = p => (100 * p).toFixed(p > 0.0995 ? 0 : 1) + " %";
const faces = n => n === 0 ? "no face" : n === 1 ? "1 face" : `${n} faces`;

function say(text) {
  by("status").textContent = text;
}

function complain(text) {
  const place = by("error");
  place.hidden = text === "";
  place.textContent = text === "" ? "" : text[0].toUpperCase() + text.slice(1).replace(/\.?$/, ".");
}

function describe({ faces: found }) {
  const each = found.map((face, i) => `${i + 1} ${face.class} ${percent(face.probability)}`);
  return `Picture with ${faces(found.length)}${each.length ? ": " + each.join(", ") : ""}`;
}

// --- The picture with boxes ------------------------------------------------------------------------------------

function show(image, answer) {
  shown = { image, answer };
  by("invite").hidden = true;
  canvas.hidden = false;
  drop.classList.add("full");
  canvas.setAttribute("aria-label", describe(answer));
  draw();
  list(answer);
}

function draw() {
  if (shown === null) return;
  const { image, answer } = shown;
  const ratio = window.devicePixelRatio || 1;
  // As large as there is room, but small pictures are not blown up without end.
  const room = Math.min(drop.clientWidth, 0.72 * window.innerHeight * answer.width / answer.height);
  const width = Math.max(1, Math.min(room, Math.max(answer.width, 420)));
  const scale = width / answer.width, height = answer.height * scale;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.fillStyle = "#3c404a";
  pen.fillRect(0, 0, width, height);
  if (image) pen.drawImage(image, 0, 0, width, height);
  const size = width < 500 ? 12 : 14;
  answer.faces.forEach((face, i) => {
    const [x, y, w, h] = [face.box.x, face.box.y, face.box.width, face.box.height].map(v => v * scale);
    pen.lineJoin = "round";
    for (const [colour, thick] of [["#12141a", 5], [COLOURS[answer.classes.indexOf(face.class) % COLOURS.length], 2.5]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = thick;
      pen.strokeRect(x, y, w, h);
    }
    const { text, letters } = label(pen, size, Math.max(w + 3, 30), face, i);
    const [plate, tall] = [pen.measureText(text).width + 8, letters + 7];
    const left = Math.max(0, Math.min(x - 1.5, width - plate));
    const top = y - tall >= 0 ? y - tall : Math.min(y, height - tall);
    pen.fillStyle = "rgba(18, 20, 26, 0.85)";
    pen.fillRect(left, top, plate, tall);
    pen.fillStyle = "#f5f6fa";
    pen.fillText(text, left + 4, top + letters + 1);
  });
}

/** What fits above a box: number, class and probability; number and class, in smaller letters if need be; the number. */
function label(pen, size, room, face, i) {
  const [most, less, least] = [`${i + 1} ${face.class} ${percent(face.probability)}`, `${i + 1} ${face.class}`, `${i + 1}`];
  const tries = [[most, size], [less, size], [less, size - 1.5], [less, size - 3]];
  const fits = ([text, letters]) => {
    pen.font = `600 ${letters}px system-ui, sans-serif`;
    return pen.measureText(text).width + 8 <= room;
  };
  const [text, letters] = tries.find(fits) ?? [least, size];
  pen.font = `600 ${letters}px system-ui, sans-serif`;
  return { text, letters };
}

/** Forgets the picture, so that a complaint about the next one does not stand beside the last one's faces. */
function clear() {
  shown = null;
  canvas.hidden = true;
  canvas.setAttribute("aria-label", "No picture yet");
  drop.classList.remove("full");
  by("invite").hidden = false;
  by("none").hidden = true;
  by("faces").replaceChildren();
}

// --- The list of faces -----------------------------------------------------------------------------------------

/** An element with properties and children. */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function list(answer) {
  by("none").hidden = answer.faces.length > 0;
  by("none").textContent = "No face was found. If the picture is nothing but a face, tick the box below it.";
  by("faces").replaceChildren(...answer.faces.map((face, i) => item(face, i, answer)));
}

function item(face, i, answer) {
  const best = answer.classes.indexOf(face.class);
  const element = make("li", { className: "face" },
    make("h3", {}, make("span", { textContent: `${i + 1} · ${face.class}` }), make("span", { textContent: percent(face.probability) })),
    bars(face, best, answer, i));
  if (face.models.length > 1) element.append(opinions(face, answer, i));
  element.style.setProperty("--class", COLOURS[best % COLOURS.length]);
  return element;
}

function bars(face, best, { classes }, i) {
  const rows = classes.map((name, c) => {
    const bar = make("span"), groove = make("span", { className: "groove" }, bar);
    bar.style.width = `${100 * face.probabilities[c]}%`;
    bar.style.setProperty("--class", COLOURS[c % COLOURS.length]);
    groove.setAttribute("aria-hidden", "true");
    return make("tr", { className: c === best ? "top-class" : "" },
      make("th", { scope: "row", textContent: name }), make("td", {}, groove),
      make("td", { textContent: percent(face.probabilities[c]) }));
  });
  const table = make("table", { className: "bars" }, make("tbody", {}, ...rows));
  table.setAttribute("aria-label", `Probabilities of face ${i + 1}`);
  return table;
}

function opinions(face, { classes, aggregate }, i) {
  const heading = make("tr", {}, make("th", { scope: "col", textContent: "Class" }),
    ...face.models.map(m => make("th", { scope: "col", textContent: m.model })));
  const rows = classes.map((name, c) => make("tr", {}, make("th", { scope: "row", textContent: name }),
    ...face.models.map(m => make("td", { className: m.class === name ? "best" : "", textContent: percent(m.probabilities[c]) }))));
  const table = make("table", { className: "opinions" },
    make("caption", { textContent: `Each model; above: their ${aggregate === "vote" ? "vote" : aggregate + (aggregate === "mean" ? "" : " mean")}` }),
    make("thead", {}, heading), make("tbody", {}, ...rows));
  const region = make("div", { className: "scroll", tabIndex: 0 }, table);
  region.setAttribute("role", "region");
  region.setAttribute("aria-label", `What each model says of face ${i + 1}`);
  return region;
}

// --- One picture -----------------------------------------------------------------------------------------------

async function look(file) {
  stop("");
  asking?.abort();
  const abort = asking = new AbortController();
  complain("");
  say("Looking …");
  drop.setAttribute("aria-busy", "true");
  try {
    const [answer, image] = await Promise.all([ask(file, abort.signal), createImageBitmap(file).catch(() => null)]);
    if (abort.signal.aborted) return;
    show(image, answer);
    const unseen = image === null ? " The browser cannot show this format, so its boxes stand alone." : "";
    say(`Found ${faces(answer.faces.length)} in ${answer.milliseconds} ms.${unseen}`);
  } catch (fault) {
    if (fault.name === "AbortError") return;
    say("");
    clear();
    complain(fault.message);
  } finally {
    if (asking === abort) {
      asking = null;
      drop.removeAttribute("aria-busy");
    }
  }
}

function first(transfer) {
  return [...(transfer?.files ?? [])][0];
}

if (drop) {
  by("file").addEventListener("change", event => {
    const file = event.target.files[0];
    if (file) look(file);
    // The same file can then be chosen again.
    event.target.value = "";
  });
  // Anywhere on the page: a picture that misses the frame must not replace the page.
  for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
    document.addEventListener(name, event => {
      event.preventDefault();
      drop.classList.toggle("over", name === "dragenter" || name === "dragover");
    });
  }
  document.addEventListener("drop", event => {
    const file = first(event.dataTransfer);
    if (file) look(file);
    else complain("that is no file; drop a picture file");
  });
  document.addEventListener("paste", event => {
    const file = first(event.clipboardData);
    if (file) look(file);
  });
  webcam.addEventListener("click", () => watching ? stop("The webcam is off.") : start());
  document.addEventListener("visibilitychange", () => document.hidden && stop("The webcam is off: the page was hidden."));
  new ResizeObserver(() => draw()).observe(drop);
}

// --- The webcam ------------------------------------------------------------------------------------------------

async function start() {
  asking?.abort();
  complain("");
  if (!navigator.mediaDevices) {
    complain("browsers give the webcam to secure pages only: open this one as http://localhost, or behind https");
    return;
  }
  const own = watching = { stream: null, video: make("video", { muted: true, playsInline: true }), abort: new AbortController() };
  webcam.setAttribute("aria-pressed", "true");
  webcam.textContent = "Stop the webcam";
  say("Waiting for the webcam …");
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 }, facingMode: "user" } });
    if (watching !== own) {
      stream.getTracks().forEach(track => track.stop());
      return;
    }
    own.stream = stream;
    stream.getVideoTracks()[0].addEventListener("ended", () => watching === own && stop("The webcam was switched off."));
    own.video.srcObject = stream;
    await own.video.play();
    say("The webcam is on.");
    await watch(own);
  } catch (fault) {
    if (watching !== own || fault.name === "AbortError") return;
    stop("");
    const known = { NotAllowedError: "the browser was not allowed to use the webcam", NotFoundError: "there is no webcam",
      NotReadableError: "another program has the webcam" };
    complain(known[fault.name] ?? fault.message);
  }
}

/** Sends a frame, waits for its answer, sends the next: the server sets the pace. */
async function watch(own) {
  while (watching === own) {
    const { videoWidth: wide, videoHeight: high } = own.video;
    const scale = Math.min(1, FRAME_WIDTH / wide);
    const frame = make("canvas", { width: Math.round(wide * scale), height: Math.round(high * scale) });
    frame.getContext("2d").drawImage(own.video, 0, 0, frame.width, frame.height);
    const picture = await new Promise(done => frame.toBlob(done, "image/jpeg", 0.85));
    const began = performance.now();
    try {
      const answer = await ask(picture, own.abort.signal);
      if (watching !== own) return;
      show(frame, answer);
      by("rate").textContent = `${faces(answer.faces.length)}, ${Math.round(performance.now() - began)} ms a frame`;
    } catch (fault) {
      if (fault.status !== 503) throw fault;
      await new Promise(done => setTimeout(done, 1000));
    }
  }
}

function stop(text) {
  if (watching === null) return;
  watching.abort.abort();
  watching.stream?.getTracks().forEach(track => track.stop());
  watching = null;
  webcam.setAttribute("aria-pressed", "false");
  webcam.textContent = "Use the webcam";
  by("rate").textContent = "";
  say(text);
}
