// Pictures: the data of each, and Vega, which is read once the page is there.

const DOTS = 3000, STEPS = 10;

let vega = null;
const library = () => (vega ??= new Promise(done => {
  for (const text of document.querySelectorAll("script.library")) {
    const script = document.createElement("script");
    script.textContent = text.textContent;
    document.head.append(script);
  }
  done(window.vegaEmbed);
}));

const drawn = new Map();
const breath = () => new Promise(done => setTimeout(done));
let turn = Promise.resolve();

// One picture after another, with room for the reader in between; of several wishes for one place
// the newest wins.
function draw(box, spec, datasets, clicked) {
  const wish = {};
  drawn.set(box, { ...drawn.get(box), wish });
  turn = turn.catch(() => null).then(breath).then(() => drawn.get(box).wish === wish && paint(box, spec, datasets, clicked));
  return turn;
}

async function paint(box, spec, datasets, clicked) {
  const embed = await library(), place = document.createElement("div");
  place.className = "view";
  box.hidden = false;
  box.style.minHeight = `${box.offsetHeight}px`;
  drawn.get(box).result?.finalize();
  box.replaceChildren(place);
  const result = await embed(place, { ...spec, datasets: datasets(), config: told.config }, {
    mode: "vega-lite", renderer: "svg", actions: false, ast: true, hover: false, defaultStyle: false,
    tooltip: { disableDefaultStyle: true, formatTooltip }, logLevel: 1, // errors: its advice is for authors
  });
  result.view.addEventListener("click", (_, item) => item?.datum && clicked?.(item.datum));
  drawn.set(box, { ...drawn.get(box), result });
  box.style.minHeight = "";
  box.dataset.drawn = "yes";
}

// What the pointer finds, in words: only then are they written.
function formatTooltip(datum, escape) {
  const line = ([key, text]) => `<tr><td class="key">${escape(key)}</td><td class="value">${escape(text)}</td></tr>`;
  return `<table><tbody>${hint(datum).map(line).join("")}</tbody></table>`;
}

function hint(d) {
  const stderr = d.stderr ?? ((d.high ?? NaN) - (d.low ?? NaN)) / 3.92, r = { low: NaN, high: NaN, ...d.r ?? d };
  const [digits] = decimals([d.value], [stderr]), half = (r.high - r.low) / 2;
  const column = d.p === undefined ? null : columnOf(d.p);
  return [
    [told.kind, d.p === undefined ? d.player : told.players[d.p]],
    ...(d.side ? [["answer", d.side]] : []),
    ...(d.c !== undefined ? [["case", cases.labels[d.c]]] : []),
    ...(d.c !== undefined && column ? [["its value", cell(column, d.c)]] : []),
    ["value", `${number(d.value, digits)} ${told.unit}`],
    ["95 % interval", sure(r) ? `${between(r.low, r.high, digits)} (\u00b1${rough(half)})` : "not quantified"],
    ...(d.size !== undefined ? [["typical size", number(d.size, digits)]] : []),
    ...(d.cost ? [[d.asked ? "after" : "cost of all", d.cost]] : []),
  ];
}

const marked = r => ({ value: r.value, ...(sure(r) ? { low: r.low, high: r.high } : {}), apart: !sure(r) || apart(r) });

function rowData(o, group) {
  const top = output(o).top, every = lines(o, group, top);
  return top.map((p, i) => ({
    p, player: told.short[p], ...marked(every[i]), cost: told.cost, ...(told.sized ? { size: every[i].size } : {}),
  }));
}

function shades(column) {
  if (!column?.numeric || !column.values) return () => null;
  const sorted = [...column.values].filter(isFinite).sort((a, b) => a - b);
  const at = q => sorted[Math.round(q * (sorted.length - 1))];
  const [low, high] = at(0.05) < at(0.95) ? [at(0.05), at(0.95)] : [at(0), at(1)];
  return c => {
    const x = column.values[c];
    return !isFinite(x) ? null : high > low ? Math.min(Math.max((x - low) / (high - low), 0), 1) : 0.5;
  };
}

function caseLine(one, p, c) {
  const i = c * told.players.length + p, value = one.values[i];
  const error = told.unsure ? NaN : one.errors ? one.errors[i] : 0;
  const half = error ? error * cases.half[c] : 0;
  return { value, stderr: error, low: value - half, high: value + half };
}

function dotData(o, group) {
  const one = output(o), who = members(group).filter(c => isFinite(one.values[c * told.players.length]));
  const step = Math.max(1, (who.length * one.top.length) / DOTS), some = [];
  for (let i = 0; i < who.length; i += step) some.push(who[Math.floor(i)]);
  return one.top.flatMap(p => {
    const shade = shades(columnOf(p));
    return some.map(c => {
      const { value, stderr, low, high } = caseLine(one, p, c);
      return { p, c, player: told.short[p], value, stderr, r: { low, high }, shade: shade(c) };
    });
  });
}

function sideData(o, group) {
  const one = output(o), names = told.sides, who = group && members(group);
  return one.top.flatMap(p => names.map((side, i) => {
    const r = who
      ? over({ values: one.sides[i], errors: null }, p, who)
      : Object.fromEntries(["value", "low", "high"].map(k => [k, one.both[i][k][p] ?? NaN]));
    return { p, side, player: told.short[p], ...marked(r), cost: told.costs[i] };
  }));
}

function caseData(o, p, group, chosen) {
  const one = output(o), column = columnOf(p), inside = new Set(members(group));
  return everyone.filter(c => isFinite(one.values[c * told.players.length + p])).map(c => {
    const r = caseLine(one, p, c);
    return {
      p, c, x: !column ? c : column.numeric ? column.values[c] : cell(column, c), stderr: r.stderr,
      nudge: (c * 0.618034) % 1, inside: inside.has(c), chosen: c === chosen, ...marked(r),
    };
  });
}

// From nobody (bottom) to everybody (top): the largest players one by one, the others together.
function stepData(o, c) {
  const one = output(o), n = told.players.length;
  const ranked = told.players.map((name, p) => ({ p, name, ...caseLine(one, p, c) }))
    .filter(r => isFinite(r.value)).sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const outside = one.left ? one.left[c] : 0;
  const some = ranked.length <= STEPS && !one.left ? ranked : ranked.slice(0, STEPS - 1);
  const rest = ranked.slice(some.length), sum = list => list.reduce((t, r) => t + r.value, 0);
  const pieces = some.map(r => ({ ...r, player: named(r.p, c) }));
  if (rest.length || one.left) {
    const count = told.others + rest.length, value = sum(rest) + outside;
    pieces.push({ player: `${several(count, `other ${told.kind}`)}`, value, stderr: NaN, low: NaN, high: NaN });
  }
  const gap = one.full[c] - one.empty[c] - sum(ranked) - outside;
  if (Math.abs(gap) > 1e-5 * Math.max(Math.abs(one.full[c]), ...pieces.map(r => Math.abs(r.value))))
    pieces.push({ player: "not accounted for", value: gap, stderr: NaN, low: NaN, high: NaN });
  const digits = decimals(pieces.map(r => r.value), pieces.map(r => r.stderr));
  let start = isFinite(one.empty[c]) ? one.empty[c] : 0;
  return pieces.map((r, i) => ({ ...r, digits: digits[i] })).reverse().map(r => {
    const end = start + r.value, half = sure(r) ? (r.high - r.low) / 2 : 0;
    const step = {
      p: r.p, player: r.player, start, end, value: r.value, apart: !sure(r) || apart(r),
      stderr: r.stderr, r: { low: r.low, high: r.high },
      ...(sure(r) ? { low: end - half, high: end + half } : {}),
      left: r.value < 0, far: r.value < 0 ? end - half : end + half,
      said: number(r.value, r.digits, "+"),
    };
    start = end;
    return step;
  }).reverse();
}

function named(p, c) {
  const column = columnOf(p);
  return column ? `${told.short[p]} = ${cell(column, c)}` : told.short[p];
}

function endData(o, c) {
  const one = output(o);
  return [one.empty[c], one.full[c]].filter(isFinite).map(at => ({ at }));
}

function lookData(o) {
  const looks = output(o).looks;
  return looks.players.flatMap((_, i) => looks.asked.map((asked, k) => {
    const value = looks.value[i][k], half = looks.half[i][k], r = { value, low: value - half, high: value + half };
    return { asked, player: looks.names[i], ...marked(r), cost: looks.cost[k] };
  }));
}
