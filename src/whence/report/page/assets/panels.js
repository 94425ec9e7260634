// Two panels: one player, case by case; and one case, from nobody to everybody.

const byId = id => document.getElementById(id);

function choices(select, texts) {
  select.replaceChildren(...texts.map((text, i) => new Option(text, i)));
}

function button(text, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "pick";
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}

function playerPanel(state) {
  const { o, p, c, group } = state, panel = byId("player"), one = output(o), column = columnOf(p);
  const r = lines(o, group, [p])[0], count = members(group).length;
  const [d] = decimals([r.value], [r.stderr]);
  byId("who").value = p;
  panel.querySelector(".said").textContent =
    `${isolated(told.players[p])}: ${several(count, "case")}, on average ${number(r.value, d)} ${told.unit}` +
    `${sure(r) ? ` (95 % interval ${between(r.low, r.high, d)})` : ""}, typical size ${number(r.size, d)}.` +
    `${column ? missing(column, members(group)) : " Its value in each case was not recorded: cases stand in their order."}`;
  const spec = structuredClone(one.charts[!column || column.numeric ? "numeric" : "nominal"]);
  // Vega looks titles up among the properties of an object: the space keeps "constructor" a word
  for (const layer of spec.layer)
    if (layer.encoding.x) layer.encoding.x.title = column ? `${told.players[p]} ` : "case, in order";
  draw(panel.querySelector(".live"), spec, () => ({ cases: caseData(o, p, group, c) }), picked);
  later(panel, () => {
    const rows = members(group).map(i => {
      const line = caseLine(one, p, i), [digits] = decimals([line.value], [line.stderr]);
      return [button(cases.labels[i], () => change({ c: i }, "case")), column ? cell(column, i) : "",
        number(line.value, digits), between(line.low, line.high, digits)];
    });
    twin(panel.querySelector("table"), ["case", told.players[p], told.unit, "95 % interval"], rows);
  });
}

function missing(column, who) {
  const left = column.numeric ? who.filter(c => !isFinite(column.values[c])).length : 0;
  return left ? ` ${several(left, "case")} without a value: in the table, not in the picture.` : "";
}

function casePanel(state) {
  const { o, c } = state, panel = byId("case"), one = output(o);
  byId("which").value = c;
  const ends = [one.empty[c], one.full[c]].every(isFinite);
  panel.querySelector(".said").textContent = ends
    ? `${cases.labels[c]}: from ${plain(one.empty[c])} with no ${told.kind} to ${plain(one.full[c])} ${told.unit} with all.`
    : `${cases.labels[c]}: what everybody, or nobody, is worth was not asked.`;
  const clicked = datum => datum.p === undefined || change({ p: datum.p }, "player");
  draw(panel.querySelector(".live"), one.charts.waterfall, () => ({ steps: stepData(o, c), ends: endData(o, c) }), clicked);
  later(panel, () => {
    const rows = told.players.map((name, p) => ({ name, p, ...caseLine(one, p, c) }))
      .sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
    const digits = decimals(rows.map(r => r.value), rows.map(r => r.stderr));
    twin(panel.querySelector("table"), [told.kind, "its value", told.unit, "95 % interval"],
      rows.map((r, i) => [button(r.name, () => change({ p: r.p }, "player")), columnOf(r.p) ? cell(columnOf(r.p), c) : "",
        number(r.value, digits[i]), between(r.low, r.high, digits[i])]));
  });
}

// A twin is written when somebody opens it.
function later(panel, write) {
  const details = panel.querySelector("details");
  details.ontoggle = () => details.open && write();
  if (details.open) write();
}
