"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const svg = document.querySelector("#sheet > svg");
const told = document.getElementById("told");
const elements = new Map([...svg.querySelectorAll("[data-part]")].map(one => [Number(one.dataset.part), one]));
const lines = [...svg.querySelectorAll("[data-line]")];
const [PARENT, WIDTH, HEIGHT, AXIS, FOLDED_WIDTH, FOLDED_HEIGHT, NAME] = [0, 1, 2, 3, 4, 5, 6];
const groups = [...data.parts.keys()].filter(part => part >= data.boxes);
const folded = new Set(data.folded.map(group => group + data.boxes));

// Heights of parts and of rows, from the innermost groups outwards; places across never change.
function measured() {
  const high = data.parts.map(part => part[HEIGHT]), rows = {};
  for (const level of [...groups].reverse().concat(-1)) {
    rows[level] = data.levels[level].rows.map(row => Math.max(0, ...row.map(([part]) => high[part])));
    if (level < 0) continue;
    const inner = sum(rows[level]) + sum(data.levels[level].gaps);
    high[level] = folded.has(level) ? data.parts[level][FOLDED_HEIGHT] : data.header + inner + data.pad;
  }
  return { high, rows };
}

function sum(numbers) { return numbers.reduce((total, one) => total + one, 0); }

function hidden(level) {
  for (let part = level; part >= 0; part = data.parts[part][PARENT]) if (folded.has(part)) return true;
  return false;
}

// Rectangles [left, top, width, height] of parts, and of each level the tops of its rows.
function placed({ high, rows }) {
  const rectangles = [], tops = {};
  for (const level of [-1, ...groups]) {
    const own = data.levels[level], shape = rectangles[level];
    const left = level < 0 ? data.margin : shape.whole + data.parts[level][AXIS] - own.axis;
    let top = level < 0 ? data.margin : shape.top + data.header;
    tops[level] = rows[level].map((height, row) => { const begin = top; top += height + (own.gaps[row] || 0); return begin; });
    own.rows.forEach((row, number) => row.forEach(([part, across]) => {
      const shut = folded.has(part), known = data.parts[part];
      const whole = left + across - known[AXIS], wide = shut ? known[FOLDED_WIDTH] : known[WIDTH];
      const begin = shut ? Math.min(Math.max(left + across - wide / 2, whole), whole + known[WIDTH] - wide) : whole;
      rectangles[part] = { whole, left: begin, top: tops[level][number] + (rows[level][number] - high[part]) / 2, width: wide, height: high[part] };
    }));
  }
  return { rectangles, tops };
}

function way(line, rows, { rectangles, tops }) {
  const [level, source, target, stops] = line;
  const last = stops.length - 1, own = rectangles[level];
  const points = stops.map(([x, row], number) => {
    let top = tops[level][row], bottom = top + rows[level][row];
    if (number === 0) {
      const from = rectangles[source];
      top = from ? from.top + from.height : own.top;
      if (from) x = within(x, from);
    }
    if (number === last) {
      const into = rectangles[target];
      bottom = into ? into.top : own.top + own.height;
      if (into) x = within(x, into);
    }
    return { x, top, bottom };
  });
  const arrow = target >= 0 && (target < data.boxes || folded.has(target)), end = { ...points[last] };
  if (arrow) {
    points[last].bottom -= data.head;
    points[last].top = Math.min(points[last].top, points[last].bottom);
  }
  let path = `M${points[0].x} ${points[0].top}V${points[0].bottom}`;
  for (let number = 1; number <= last; number++) {
    const upper = points[number - 1], lower = points[number], middle = (upper.bottom + lower.top) / 2;
    path += `C${upper.x} ${middle} ${lower.x} ${middle} ${lower.x} ${lower.top}`;
    path += `V${lower.bottom}`;
  }
  return { path, head: arrow ? `M${end.x} ${end.bottom}l${-data.head / 2} ${-data.head}h${data.head}z` : "" };
}

function within(x, { left, width }) {
  return Math.min(Math.max(x, left + 6), left + width - 6);
}

function draw() {
  const sizes = measured(), places = placed(sizes);
  for (const [part, one] of elements) {
    const { left, top, width, height } = places.rectangles[part];
    one.style.display = hidden(data.parts[part][PARENT]) ? "none" : "";
    one.setAttribute("transform", `translate(${left} ${top})`);
    if (part < data.boxes) continue;
    const shape = one.querySelector("rect"), shut = folded.has(part);
    shape.setAttribute("width", width);
    shape.setAttribute("height", height);
    one.classList.toggle("folded", shut);
    one.setAttribute("aria-expanded", String(!shut));
    const mark = one.querySelector(".mark"), at = shut ? 9 : data.parts[part][NAME];
    mark.textContent = shut ? "▸" : "▾";
    mark.setAttribute("x", at);
    one.querySelector(".title").setAttribute("x", at + data.mark);
    one.querySelector(".inside").style.display = shut ? "" : "none";
  }
  data.lines.forEach((line, number) => {
    const [path, head] = [lines[number].querySelector(".line"), lines[number].querySelector(".head")];
    lines[number].style.display = hidden(line[0]) ? "none" : "";
    const found = way(line, sizes.rows, places);
    path.setAttribute("d", found.path);
    head.setAttribute("d", found.head);
  });
  const high = 2 * data.margin + sum(sizes.rows[-1]) + sum(data.levels[-1].gaps);
  svg.setAttribute("height", high);
  svg.setAttribute("viewBox", `0 0 ${svg.viewBox.baseVal.width} ${high}`);
}

function toggle(part) {
  if (!folded.delete(part)) folded.add(part);
  draw();
}

function tell(part) {
  const { heading, facts } = data.told[part];
  const title = document.createElement("h2"), list = document.createElement("dl");
  title.textContent = heading;
  for (const [name, fact] of facts) {
    const [term, said] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = name;
    said.textContent = fact;
    if (/^(value|derivative|gives back)/.test(name)) said.className = "numbers";
    list.append(term, said);
  }
  told.replaceChildren(title, list);
  for (const [other, one] of elements) one.classList.toggle("chosen", other === part);
  lines.forEach((line, number) => line.classList.toggle("lit", data.touching[part].includes(number)));
}

for (const [part, one] of elements) {
  if (part < data.boxes) {
    for (const event of ["pointerenter", "focus", "click"]) one.addEventListener(event, () => tell(part));
    continue;
  }
  one.setAttribute("tabindex", "0");
  one.setAttribute("role", "button");
  one.addEventListener("click", () => toggle(part));
  one.addEventListener("keydown", event => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    toggle(part);
  });
}
document.getElementById("fold")?.addEventListener("click", () => { groups.forEach(group => folded.add(group)); draw(); });
document.getElementById("unfold")?.addEventListener("click", () => { folded.clear(); draw(); });
draw();
const sheet = document.getElementById("sheet");
if (sheet && data.boxes) sheet.scrollLeft = elements.get(0).getBoundingClientRect().left + 60 - sheet.clientWidth / 2;
