// What the reader chose, and what follows from it.

const state = { o: 0, group: null, p: 0, c: 0, kind: {} };
const blocks = [...document.querySelectorAll("[data-o]")];
const say = text => { byId("status").textContent = text; };

function picked(datum) {
  if (datum.c !== undefined) change({ p: datum.p ?? state.p, c: datum.c }, "case");
  else if (datum.p !== undefined) change({ p: datum.p }, "player");
}

function change(what, lead) {
  Object.assign(state, what);
  if (what.o !== undefined || what.group !== undefined) blocks.forEach(show);
  for (const part of document.querySelectorAll("[data-with]")) part.hidden = Number(part.dataset.with) !== state.o;
  if (what.kind) return overview(blocks[state.o]);
  if (many) panels(what, lead);
}

function panels(what, lead) {
  const { p, c } = state;
  for (const row of document.querySelectorAll("tr[data-p]"))
    row.querySelector(".pick")?.setAttribute("aria-pressed", String(Number(row.dataset.p) === p));
  playerPanel(state);
  if (what.c !== undefined || what.o !== undefined) casePanel(state);
  if (!lead) return;
  say(lead === "player" ? `Showing the cases of ${isolated(told.players[p])}.` : `Showing ${cases.labels[c]}.`);
  byId(lead).querySelector("h2").focus();
}

function show(block) {
  const o = Number(block.dataset.o);
  block.hidden = o !== state.o;
  if (block.hidden) return;
  fill(block.querySelector("table.sortable"), o, state.group);
  pickable(block);
  overview(block);
  settling(o);
}

function pickable(block) {
  if (!many) return;
  for (const row of block.querySelectorAll("tr[data-p]")) {
    const head = row.cells[0];
    if (!head.querySelector(".pick"))
      head.replaceChildren(button(head.textContent, () => change({ p: Number(row.dataset.p) }, "player")));
  }
}

async function overview(block) {
  const o = Number(block.dataset.o), one = output(o), figure = block.querySelector("figure.main");
  const kinds = [...figure.querySelectorAll("[data-kind]")];
  const kind = state.kind[o] ?? kinds[0]?.dataset.kind ?? figure.dataset.kind;
  for (const choice of kinds) choice.setAttribute("aria-pressed", String(choice.dataset.kind === kind));
  const data = {
    bars: () => ({ rows: rowData(o, state.group) }),
    dots: () => ({ rows: rowData(o, state.group), dots: dotData(o, state.group) }),
    sides: () => ({ sides: sideData(o, state.group) }),
    waterfall: () => ({ steps: stepData(o, 0), ends: endData(o, 0) }),
  }[kind];
  await draw(figure.querySelector(".live"), one.charts[kind], data, many ? picked : null);
  figure.querySelector(".still")?.setAttribute("hidden", "");
  figure.querySelector(".note").textContent = figure.dataset[kind] + thinned(kind, o);
}

function thinned(kind, o) {
  const each = Math.ceil(DOTS / output(o).top.length), who = members(state.group).length;
  return kind === "dots" && who > each ? ` ${number(each, 0)} of ${several(who, "case")} are drawn.` : "";
}

function settling(o) {
  const figure = byId("settling");
  if (!figure || !output(o).looks) return;
  draw(figure.querySelector(".live"), output(o).charts.convergence, () => ({ looks: lookData(o) }), null);
}

const many = cases !== null && cases.labels.length > 1;

for (const block of blocks) {
  const table = block.querySelector("table.sortable");
  sortable(table);
  searchable(block.querySelector("input[type=search]"), table, block.querySelector(".count"));
  for (const choice of block.querySelectorAll("[data-kind]:is(button)"))
    choice.addEventListener("click", () => change({ kind: { ...state.kind, [state.o]: choice.dataset.kind } }));
}
document.documentElement.classList.add("moving");
for (const tool of document.querySelectorAll(".scripted")) tool.hidden = false;
for (const panel of document.querySelectorAll(".by-case")) panel.hidden = false;
if (blocks.length > 1) {
  blocks.forEach((block, o) => { block.hidden = o !== 0; });
  byId("output").addEventListener("change", event => {
    change({ o: Number(event.target.value) });
    say(`Showing ${told.outputs[state.o].name}.`);
  });
}
if (many) {
  if (byId("subgroup")) subgroup();
  choices(byId("who"), told.players);
  choices(byId("which"), cases.labels);
  byId("who").addEventListener("change", event => change({ p: Number(event.target.value) }));
  byId("which").addEventListener("change", event => change({ c: Number(event.target.value) }));
  for (const [id, step] of [["earlier", -1], ["later", 1]])
    byId(id).addEventListener("click", () => {
      const n = cases.labels.length;
      change({ c: (state.c + step + n) % n });
      say(`Showing ${cases.labels[state.c]}.`);
    });
}
blocks.forEach(pickable);
state.p = told.outputs[0]?.top[0] ?? 0;

// Words and tables first: pictures come once they have been painted.
addEventListener("DOMContentLoaded", () => requestAnimationFrame(() => setTimeout(() => {
  if (blocks.length) change({ o: 0 });
})));
