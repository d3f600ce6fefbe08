"use strict";
// Players that share one timeline. Every lane's sound runs all the time and only its gain changes, so
// that switching keeps the position to the sample.

const page = JSON.parse(document.getElementById("player").textContent);
const MOST_FADE_S = 0.012;

// Sounds that the page holds: decoded into memory and played in step by Web Audio.
class Embedded {
  constructor(lanes, sampleRateHz) { Object.assign(this, { lanes, sampleRateHz, sources: [] }); }

  async load() {
    if (this.context) return;
    this.context = new AudioContext({ sampleRate: this.sampleRateHz });
    this.buffers = await Promise.all(this.lanes.map((_, i) => {
      const text = atob(document.getElementById(`sound-${i + 1}`).textContent.trim());
      const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
      return this.context.decodeAudioData(bytes.buffer);
    }));
    this.gains = this.lanes.map(() => {
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

// Long songs: the files beside the page, streamed by the browser.
class Beside {
  constructor(lanes) { this.lanes = lanes; }

  async load() {
    if (this.players) return;
    this.players = this.lanes.map((lane) => {
      const player = new Audio(lane.file);
      player.preload = "auto";
      return player;
    });
    await Promise.all(this.players.map((player) => new Promise((ready, failed) => {
      player.onloadedmetadata = ready;
      player.onerror = () => failed(new Error(`cannot play ${player.src}`));
    })));
    this.players[0].ontimeupdate = () => this.keepTogether();
  }

  async play(from, loop) {
    this.loop = loop;
    for (const player of this.players) player.currentTime = from;
    await Promise.all(this.players.map((player) => player.play()));
  }

  keepTogether() {
    const lead = this.players[0];
    if (this.loop && lead.currentTime >= this.loop[1]) lead.currentTime = this.loop[0];
    for (const player of this.players) {
      if (Math.abs(player.currentTime - lead.currentTime) > 0.04) {
        player.currentTime = lead.currentTime;
      }
    }
  }

  stop() { for (const player of this.players) player.pause(); }
  place() { return this.players[0].currentTime; }
  mix(levels) { levels.forEach((level, i) => { this.players[i].volume = Math.min(1, level); }); }
}

const find = (name) => document.getElementById(name);
const lanes = [...document.querySelectorAll(".lane[data-lane]")];
const views = [...document.querySelectorAll(".view")];
const sound = page.lanes.some((lane) => lane.file)
  ? new Beside(page.lanes) : new Embedded(page.lanes, page.sampleRateHz);
const state = { solo: 0, added: new Set(), place: 0, loop: null, looping: false, playing: false, ready: false };
window.listening = { state, sound };

function clock(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const start = hours ? `${hours}:${two(minutes % 60)}` : `${minutes}`;
  return `${start}:${two(Math.floor(seconds % 60))}.${Math.floor(seconds * 10 % 10)}`;
}

const activeLoop = () => (state.looping && state.loop ? state.loop : null);
const isHeard = (i) => i === state.solo || state.added.has(i);

function mix() {
  if (!state.ready) return;
  const matched = find("match").checked;
  sound.mix(page.lanes.map((lane, i) => (isHeard(i) ? (matched ? lane.gain : 1) : 0)));
}

function show() {
  const share = state.place / page.duration;
  for (const cursor of document.querySelectorAll(".cursor")) cursor.style.left = `${100 * share}%`;
  find("time").textContent = `${clock(state.place)} / ${clock(page.duration)}`;
  find("place").value = state.place;
  find("place").setAttribute("aria-valuetext", clock(state.place));
}

function showChoice() {
  lanes.forEach((lane, i) => {
    lane.classList.toggle("heard", isHeard(i));
    lane.querySelector("button").setAttribute("aria-pressed", String(i === state.solo));
    const box = lane.querySelector("input");
    box.checked = isHeard(i);
    box.disabled = i === state.solo;
  });
  find("play").textContent = state.playing ? "Pause" : "Play";
  find("loop").setAttribute("aria-pressed", String(state.looping));
  find("loop").disabled = !state.loop;
  for (const view of views) {
    let region = view.querySelector(".region");
    if (!state.loop) { region?.remove(); continue; }
    region ??= view.appendChild(Object.assign(document.createElement("div"), { className: "region" }));
    region.style.left = `${100 * state.loop[0] / page.duration}%`;
    region.style.width = `${100 * (state.loop[1] - state.loop[0]) / page.duration}%`;
    region.style.opacity = state.looping ? 1 : 0.4;
  }
}

async function start(from) {
  try {
    if (!state.ready) {
      find("play").textContent = "Loading";
      await sound.load();
      state.ready = true;
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

lanes.forEach((lane, i) => {
  lane.querySelector("button").addEventListener("click", () => listenTo(i));
  lane.querySelector("input").addEventListener("change", (event) => {
    if (event.target.checked) state.added.add(i); else state.added.delete(i);
    mix();
    showChoice();
  });
});
find("play").addEventListener("click", () => (state.playing ? pause() : start(state.place)));
find("loop").addEventListener("click", () => toggleLoop());
find("match").addEventListener("change", mix);
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
    const box = view.getBoundingClientRect();
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
};
page.lanes.forEach((_, i) => { KEYS[String(i + 1)] = () => listenTo(i); });

document.addEventListener("keydown", (event) => {
  const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
  const own = event.target.closest?.("button, input, summary, a");
  const isKept = own && (event.key === " " || (own.type === "range" && event.key.length > 1));
  if (isKept) return;
  event.preventDefault();
  action();
});

showChoice();
show();
