// A subgroup of the cases: one level of a column, or a range of its numbers.

const chosenColumn = () => (byId("by").value === "" ? null : cases.columns[byId("by").value]);

function subgroup() {
  byId("by").replaceChildren(new Option("all cases", ""), ...cases.columns.map((c, i) => new Option(c.name, i)));
  byId("by").addEventListener("change", byColumn);
  for (const id of ["level", "low", "high"]) byId(id).addEventListener("change", narrow);
  byId("all").addEventListener("click", () => {
    byId("by").value = "";
    byColumn();
  });
  byId("subgroup").addEventListener("submit", event => event.preventDefault());
}

function byColumn() {
  const column = chosenColumn(), form = byId("subgroup");
  form.querySelector(".level").hidden = !column?.levels;
  form.querySelector(".range").hidden = !column || Boolean(column.levels);
  byId("all").hidden = !column;
  if (column?.levels) choices(byId("level"), column.levels);
  else if (column) widest(column);
  narrow();
}

function widest(column) {
  const known = [...column.values].filter(isFinite).sort((a, b) => a - b);
  byId("low").value = Number(known[0].toPrecision(7));
  byId("high").value = Number(known.at(-1).toPrecision(7));
}

function narrow() {
  const group = wanted(chosenColumn());
  if (members(group).length) change({ group });
  byId("members").textContent = inWords(group);
  say(inWords(group));
}

// The ends are kept as the columns are, with room for what is left of their eighth digit.
function wanted(column) {
  if (!column) return null;
  if (column.levels) return { column, level: Number(byId("level").value) };
  const end = (id, room) => Number(byId(id).value) + room * 1e-6 * Math.abs(byId(id).value);
  return {
    column, level: null,
    low: byId("low").value === "" ? -Infinity : end("low", -1),
    high: byId("high").value === "" ? Infinity : end("high", 1),
  };
}

function inWords(group) {
  if (!group) return byId("subgroup").dataset.every;
  const who = members(group).length, { column, level } = group;
  if (!who) return "No case is in this subgroup: what is shown has not changed.";
  const name = isolated(column.name);
  const which = level === null
    ? `${name} from ${byId("low").value || "the lowest"} to ${byId("high").value || "the highest"}`
    : `${name} = ${isolated(column.levels[level])}`;
  const how = who > 1 ? "Means and intervals are of these cases alone, by their spread."
    : "One case has no spread: the interval is its own.";
  const left = cases.shared.length && who > 1
    ? ` Not in these intervals: ${cases.shared.join(", ")}, which the cases share.` : "";
  return `${number(who, 0)} of ${several(cases.labels.length, "case")}: ${which}. ${how}${left}`;
}
