"use strict";
// Players that share one timeline. Every lane's sound runs all the time and only its gain changes, so
// that switching keeps the position to the sample.

const page = JSON.parse(document.getElementById("player").textContent);
const MOST_FADE_S = 0.012;
const MOST_LABELS = 11;
const HOUR_S = 3600;
const MOST_ZOOM = 32;
const LEAST_SHOWN_S = 0.25;

// A sound that the page holds, as it was encoded.
function bytesOf(i) {
  const text = atob(document.getElementById(`sound-${i + 1}`).textContent.trim());
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

// Sounds that the page holds: decoded into memory and played in step by Web Audio.
class Embedded {
  constructor(count, sampleRateHz) { Object.assign(this, { count, sampleRateHz, sources: [] }); }

  async load() {
    if (this.context) return;
    this.context = new AudioContext({ sampleRate: this.sampleRateHz });
    this.buffers = await Promise.all(Array.from({ length: this.count }, (_, i) => (
      this.context.decodeAudioData(bytesOf(i).buffer))));
    this.gains = this.buffers.map(() => {
      const gain = this.context.createGain();
      gain.gain.value = 0;
      gain.connect(this.context.destination);
      return gain;
    });
  }

  async play(from, loop) {
    await this.context.resume();
    this.stop();
    const at = this.context.currentTime + 0.03;
    this.sources = this.buffers.map((buffer, i) => {
      const source = this.context.createBufferSource();
      source.buffer = buffer;
      if (loop) { source.loop = true; source.loopStart = loop[0]; source.loopEnd = loop[1]; }
      source.connect(this.gains[i]);
      source.start(at, from);
      return source;
    });
    Object.assign(this, { at, from, loop });
  }

  stop() {
    for (const source of this.sources) source.stop();
    this.sources = [];
  }

  place() {
    const gone = Math.max(0, this.context.currentTime - this.at);
    const place = this.from + gone;
    if (!this.loop || place < this.loop[1]) return place;
    const [start, end] = this.loop;
    return start + (place - start) % (end - start);
  }

  mix(levels) {
    levels.forEach((level, i) => {
      this.gains[i].gain.setTargetAtTime(level, this.context.currentTime, MOST_FADE_S / 4);
    });
  }
}

// Files beside the page, long songs and full quality, streamed by the browser. Where a lane has no
// file, neither has it a player.
class Beside {
  constructor(files) { this.files = files; }

  async load() {
    if (this.players) return;
    this.players = this.files.map((file) => file && Object.assign(new Audio(file), { preload: "auto" }));
    this.all = this.players.filter(Boolean);
    await Promise.all(this.all.map((player) => new Promise((ready, failed) => {
      player.onloadedmetadata = ready;
      player.onerror = () => failed(new Error(
        `cannot play ${decodeURIComponent(player.src)}; does it lie beside this page?`));
    })));
    for (const player of this.all) player.preservesPitch = false;
  }

  async play(from, loop) {
    this.loop = loop;
    for (const player of this.all) player.currentTime = from;
    await Promise.all(this.all.map((player) => player.play()));
  }

  // Browsers start players some hundredths of a second apart: who is late runs a little faster. A
  // jump takes too long to be of use under a tenth of a second.
  keepTogether() {
    const [lead, ...others] = this.all;
    if (this.loop && lead.currentTime >= this.loop[1]) lead.currentTime = this.loop[0];
    for (const player of others) {
      const late = lead.currentTime - player.currentTime;
      if (Math.abs(late) > 0.1) player.currentTime = lead.currentTime;
      const hurry = Math.abs(late) < 0.002 ? 0 : Math.min(Math.max(3 * late, -0.08), 0.08);
      if (player.playbackRate !== 1 + hurry) player.playbackRate = 1 + hurry;
    }
  }

  stop() { for (const player of this.all) player.pause(); }
  place() { return this.all[0].currentTime; }
  mix(levels) { levels.forEach((level, i) => { if (this.players[i]) this.players[i].volume = level; }); }
}

const find = (name) => document.getElementById(name);
const lanes = [...document.querySelectorAll(".lane[data-lane]")];
const views = [...document.querySelectorAll(".view")];
const [usual, full] = page.sets;
const hasFiles = usual.files.some(Boolean);
const sounds = {
  usual: hasFiles ? new Beside(usual.files) : new Embedded(lanes.length, page.sampleRateHz),
  full: full && new Beside(full.files),
};
let sound = sounds.usual;
const state = {
  solo: 0, added: new Set(), muted: new Set(), volumes: lanes.map(() => 1), full: false,
  place: 0, loop: null, looping: false, playing: false, zoom: 1, from: 0,
};
window.listening = { state, get sound() { return sound; } };

function clock(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const start = hours ? `${hours}:${two(minutes % 60)}` : `${minutes}`;
  return `${start}:${two(Math.floor(seconds % 60))}.${Math.floor(seconds * 10 % 10)}`;
}

// What an axis says of a moment: minutes in songs from a minute on; tenths only between seconds.
function label(second, step) {
  const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
  if (page.duration < 60) return `${Number(second.toFixed(2))} s`;
  const rounded = Number(second.toFixed(digits));
  const [minutes, rest] = [Math.floor(rounded / 60), (rounded % 60).toFixed(digits)];
  const seconds = rest.padStart(digits ? digits + 3 : 2, "0");
  if (page.duration < HOUR_S) return `${minutes}:${seconds}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${seconds}`;
}

// Moments to label between two others, and what to call them.
function ticks(from, to) {
  const step = page.stepsS.find((length) => to - from < MOST_LABELS * length)
    ?? HOUR_S * Math.ceil((to - from) / (MOST_LABELS * HOUR_S));
  const first = Math.ceil(from / step - 1e-6);
  const count = Math.ceil((to - 1e-6) / step) - first;
  return Array.from({ length: Math.max(count, 0) }, (_, i) => (
    [(first + i) * step, label((first + i) * step, step)]));
}

const activeLoop = () => (state.looping && state.loop ? state.loop : null);
const chosenSet = () => (state.full ? full : usual);
const isThere = (i) => !state.full || full.files[i] !== null;
const isHeard = (i) => isThere(i) && (i === state.solo || state.added.has(i));

// All lanes have one gain, which keeps the sum of all of them under full scale.
function mix() {
  if (!sound.loaded) return;
  sound.mix(lanes.map((_, i) => (
    isHeard(i) && !state.muted.has(i) ? chosenSet().gain * state.volumes[i] : 0)));
}

// Pictures show `1 / zoom` of the song, from the share `from` of it on.
function look(zoom, from) {
  const most = Math.max(1, Math.min(MOST_ZOOM, page.duration / LEAST_SHOWN_S));
  state.zoom = Math.min(Math.max(zoom, 1), most);
  state.from = Math.min(Math.max(from, 0), 1 - 1 / state.zoom);
  find("lanes").style.setProperty("--zoom", state.zoom);
  find("lanes").style.setProperty("--from", state.from);
  find("farther").disabled = state.zoom === 1;
  find("nearer").disabled = state.zoom === most;
  const start = state.from * page.duration;
  const shown = page.duration / state.zoom;
  document.querySelector(".times").replaceChildren(...ticks(start, start + shown).map(
    ([second, text]) => {
      const span = Object.assign(document.createElement("span"), { textContent: text });
      const share = (second - start) / shown;
      span.style.left = `${100 * share}%`;
      if (share < 0.02) span.className = "first";
      return span;
    }));
}

// Around the region if there is one, else around the place.
function zoomBy(factor) {
  const [from, to] = state.loop ?? [state.place, state.place];
  const zoom = Math.max(1, state.zoom * factor);
  look(zoom, (from + to) / 2 / page.duration - 1 / zoom / 2);
}

// The place is always within what is shown.
function keepInSight(share) {
  const shown = 1 / state.zoom;
  if (share < state.from || share > state.from + shown) look(state.zoom, share - shown / 10);
}

function show() {
  const share = state.place / page.duration;
  keepInSight(share);
  for (const cursor of document.querySelectorAll(".cursor")) cursor.style.left = `${100 * share}%`;
  find("time").textContent = `${clock(state.place)} / ${clock(page.duration)}`;
  find("place").value = state.place;
  find("place").setAttribute("aria-valuetext", clock(state.place));
}

function showChoice() {
  lanes.forEach((lane, i) => {
    lane.classList.toggle("heard", isHeard(i));
    lane.classList.toggle("absent", !isThere(i));
    lane.querySelector(".choose").setAttribute("aria-pressed", String(i === state.solo));
    lane.querySelector(".mute").setAttribute("aria-pressed", String(state.muted.has(i)));
    lane.querySelector(".add").checked = isHeard(i);
    lane.querySelector(".add").disabled = i === state.solo || !isThere(i);
    for (const own of lane.querySelectorAll("button, .volume")) own.disabled = !isThere(i);
    const link = lane.querySelector(".download");
    link.hidden = !isThere(i);
    const file = chosenSet().files[i];
    const [href, download] = file
      ? [file, decodeURIComponent(file)] : ["#listen", `${page.names[i]}.${page.encoding}`];
    // Browsers open a file beside a page on the disk where they would save one from the network.
    Object.assign(link, { href, download, target: file ? "_blank" : "" });
  });
  find("play").textContent = state.playing ? "Pause" : "Play";
  find("loop").setAttribute("aria-pressed", String(state.looping));
  find("loop").disabled = !state.loop;
  for (const view of views) {
    let region = view.querySelector(".region");
    if (!state.loop) { region?.remove(); continue; }
    region ??= view.querySelector(".strip").appendChild(Object.assign(document.createElement("div"), { className: "region" }));
    region.style.left = `${100 * state.loop[0] / page.duration}%`;
    region.style.width = `${100 * (state.loop[1] - state.loop[0]) / page.duration}%`;
    region.style.opacity = state.looping ? 1 : 0.4;
  }
}

async function start(from) {
  try {
    if (!sound.loaded) {
      find("play").textContent = "Loading";
      await sound.load();
      sound.loaded = true;
    }
    const loop = activeLoop();
    if (loop && (from < loop[0] || from >= loop[1])) from = loop[0];
    if (from >= page.duration - 0.01) from = 0;
    mix();
    await sound.play(from, loop);
    Object.assign(state, { playing: true, place: from });
    requestAnimationFrame(follow);
  } catch (error) {
    find("problem").textContent = `The sounds could not be played: ${error.message}`;
  }
  showChoice();
}

function pause() {
  if (state.playing) { state.place = Math.min(sound.place(), page.duration); sound.stop(); }
  state.playing = false;
  showChoice();
  show();
}

function follow() {
  if (!state.playing) return;
  sound.keepTogether?.();
  state.place = sound.place();
  if (state.place >= page.duration) { state.place = page.duration; pause(); return; }
  show();
  requestAnimationFrame(follow);
}

function seek(place) {
  state.place = Math.min(Math.max(place, 0), page.duration);
  show();
  if (state.playing) start(state.place);
}

function listenTo(i) {
  if (!isThere(i)) return;
  state.solo = i;
  state.added.clear();
  mix();
  showChoice();
}

function setLoop(first, second) {
  const [from, to] = [Math.min(first, second), Math.max(first, second)];
  state.loop = to - from >= 0.05 ? [Math.max(0, from), Math.min(page.duration, to)] : null;
  state.looping = state.loop !== null;
  showChoice();
  if (state.playing) start(state.place);
}

function mute(i) {
  if (!state.muted.delete(i)) state.muted.add(i);
  mix();
  showChoice();
}

async function switchQuality(isFull) {
  const { playing } = state;
  pause();
  state.full = isFull;
  sound = isFull ? sounds.full : sounds.usual;
  if (!isThere(state.solo)) listenTo(full.files.findIndex(Boolean));
  showChoice();
  if (playing) await start(state.place);
}

lanes.forEach((lane, i) => {
  lane.querySelector(".choose").addEventListener("click", () => listenTo(i));
  lane.querySelector(".add").addEventListener("change", (event) => {
    if (event.target.checked) state.added.add(i); else state.added.delete(i);
    mix();
    showChoice();
  });
  lane.querySelector(".mute").addEventListener("click", () => mute(i));
  lane.querySelector(".volume").addEventListener("input", (event) => {
    state.volumes[i] = Number(event.target.value);
    mix();
  });
  lane.querySelector(".download").addEventListener("click", (event) => {
    if (chosenSet().files[i]) return;
    const blob = new Blob([bytesOf(i)], { type: `audio/${page.encoding}` });
    event.currentTarget.href = URL.createObjectURL(blob);
  });
});
find("play").addEventListener("click", () => (state.playing ? pause() : start(state.place)));
find("loop").addEventListener("click", () => toggleLoop());
find("nearer").addEventListener("click", () => zoomBy(2));
find("farther").addEventListener("click", () => zoomBy(1 / 2));
find("full")?.addEventListener("change", (event) => switchQuality(event.target.checked));
find("place").addEventListener("input", (event) => seek(Number(event.target.value)));

function toggleLoop() {
  if (!state.loop) return;
  state.looping = !state.looping;
  showChoice();
  if (state.playing) start(state.place);
}

for (const view of views) {
  let pressed = null;
  const placeOf = (event) => {
    const box = view.querySelector(".strip").getBoundingClientRect();
    return page.duration * Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
  };
  view.addEventListener("pointerdown", (event) => {
    pressed = { x: event.clientX, place: placeOf(event) };
    view.setPointerCapture(event.pointerId);
  });
  view.addEventListener("pointerup", (event) => {
    if (!pressed) return;
    if (Math.abs(event.clientX - pressed.x) < 5) seek(pressed.place);
    else setLoop(pressed.place, placeOf(event));
    pressed = null;
  });
  view.addEventListener("pointercancel", () => { pressed = null; });
}

// A button that was clicked must not keep the space bar to itself.
document.addEventListener("click", (event) => {
  if (event.detail > 0) event.target.closest?.("button, input")?.blur();
});

const KEYS = {
  " ": () => (state.playing ? pause() : start(state.place)),
  l: toggleLoop,
  "[": () => setLoop(state.place, state.loop ? state.loop[1] : page.duration),
  "]": () => setLoop(state.loop ? state.loop[0] : 0, state.place),
  Escape: () => setLoop(0, 0),
  ArrowLeft: () => seek(state.place - 1),
  ArrowRight: () => seek(state.place + 1),
  Home: () => seek(0),
  m: () => mute(state.solo),
  "+": () => zoomBy(2),
  "=": () => zoomBy(2),
  "-": () => zoomBy(1 / 2),
};
lanes.forEach((_, i) => { KEYS[String(i + 1)] = () => listenTo(i); });

document.addEventListener("keydown", (event) => {
  const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
  const own = event.target.closest?.("button, input, summary, a");
  const isKept = own && (event.key === " " || (own.type === "range" && event.key.length > 1));
  if (isKept) return;
  event.preventDefault();
  action();
});

look(1, 0);
showChoice();
show();
