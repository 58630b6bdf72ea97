// The browser's half of the real/fake quiz (quiz.py): it shows the pictures, times them and listens.
//
// Time is counted in frames. What changes in a callback of requestAnimationFrame is on the screen from
// the next frame on, so the time between two callbacks is how long a picture stood there. The kernel
// has no part in it: however busy it is, a second stays a second.

const CROSS_MS = 700; // for the eyes to settle, before every trial
const VERDICT_MS = 1500; // that the verdict of a practice trial can be read
const EARLY_MS = 4; // a frame that comes this early still ends the exposure
const KEYS = { left: "ArrowLeft", right: "ArrowRight", real: "r", fake: "f", missed: " " };
const LABELS = { left: "← left", right: "right →", real: "R · real", fake: "F · fake", missed: "missed it" };

const nextFrame = () => new Promise((done) => requestAnimationFrame(done));

/** Call `begin` in one frame, wait `ms`, call `end` in another; resolves to [start, milliseconds]. */
async function hold(ms, begin, end) {
  const start = await nextFrame();
  begin();
  let now = start;
  while (now - start < ms - EARLY_MS) now = await nextFrame();
  end();
  return [start, now - start];
}

const pause = (ms) => hold(ms, () => {}, () => {});

/** An element with a class and, perhaps, text. */
function make(tag, name, text = "") {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = text;
  return element;
}

/** Every picture as an <img> that the browser has decoded, so that showing it takes no time. */
async function decoded(files) {
  const images = files.map((bytes) => {
    const image = new Image();
    image.src = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
    image.alt = "";
    return image;
  });
  await Promise.all(images.map((image) => image.decode()));
  return images;
}

/** Resolves to {said, time} at the first key or button that is an answer. */
function listen(root, words, signal) {
  return new Promise((done) => {
    const said = (word, event) => done({ said: word, time: event.timeStamp });
    const onKey = (event) => {
      const word = words.find((w) => KEYS[w].toLowerCase() === event.key.toLowerCase());
      if (!word || event.repeat) return;
      event.preventDefault(); // or the page scrolls
      said(word, event);
    };
    const onClick = (event) => {
      const word = event.target.dataset && event.target.dataset.word;
      if (word) said(word, event);
    };
    root.addEventListener("keydown", onKey, { signal });
    root.addEventListener("click", onClick, { signal });
  });
}

function render({ model, el }) {
  const words = [...model.get("words"), "missed"];
  const root = make("div", "singan-quiz");
  root.tabIndex = -1;
  root.dataset.lmSuppressShortcuts = "true"; // arrows and letters are answers here, not commands
  const question = make("p", "quiz-question", model.get("question"));
  const stage = make("div", "quiz-stage");
  const cross = make("span", "quiz-cross", "+");
  const slots = make("div", "quiz-pictures");
  const start = make("button", "quiz-start", "Start");
  const row = make("div", "quiz-buttons");
  const status = make("p", "quiz-status");
  status.setAttribute("aria-live", "polite");
  stage.style.setProperty("--side", `${model.get("width")}px`);
  stage.append(slots, cross, start);
  for (const word of words) {
    const button = make("button", "quiz-answer", LABELS[word]);
    button.dataset.word = word;
    button.disabled = true;
    row.append(button);
  }
  root.append(question, stage, row, status);
  el.append(root);

  const whole = new AbortController();
  const trials = model.get("trials");
  const open = (is) => row.querySelectorAll("button").forEach((b) => (b.disabled = !is));

  async function trial(images) {
    slots.replaceChildren(...images);
    await hold(
      CROSS_MS,
      () => cross.classList.add("shown"),
      () => cross.classList.remove("shown"),
    );
    const one = new AbortController();
    const answer = listen(root, words, one.signal);
    open(true);
    const [shown, exposure] = await hold(
      model.get("exposure_ms"),
      () => slots.classList.add("shown"),
      () => slots.classList.remove("shown"),
    );
    const { said, time } = await answer;
    one.abort();
    open(false);
    return {
      said: said === "missed" ? null : said,
      reaction_ms: time - shown,
      exposure_ms: exposure,
    };
  }

  /** What the kernel says to the answer of a practice trial. */
  async function verdict(number) {
    for (let waited = 0; waited < 3000 && model.get("verdict")[0] !== number; waited += 50) await pause(50);
    if (model.get("verdict")[0] === number) status.textContent = model.get("verdict")[1];
    await pause(VERDICT_MS);
  }

  async function play() {
    start.hidden = true;
    root.focus({ preventScroll: true });
    status.textContent = "One moment: the pictures are being unpacked.";
    const images = await decoded(model.get("pictures"));
    while (model.get("replies").length < trials.length && !whole.signal.aborted) {
      const number = model.get("replies").length + 1;
      status.textContent = `${number} of ${trials.length}`;
      const reply = await trial(trials[number - 1].map((index) => images[index]));
      model.set("replies", [...model.get("replies"), reply]);
      model.save_changes();
      if (model.get("practice")) await verdict(number);
    }
    ended();
  }

  function ended() {
    const done = model.get("replies").length >= trials.length;
    start.hidden = done;
    if (done) status.textContent = model.get("message") || "That was the last one. Thank you.";
  }

  start.addEventListener("click", play, { signal: whole.signal });
  model.on("change:message", ended);
  ended();
  return () => {
    whole.abort();
    model.off("change:message", ended);
  };
}

export default { render };
