// Tables: sorted by a button in each head, searched by name, and filled anew for a subgroup.

const key = (row, i) => Number(row.cells[i].dataset.v ?? NaN);

function sortable(table) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  heads.forEach((head, i) => head.querySelector("button")?.addEventListener("click", () => {
    const before = head.getAttribute("aria-sort");
    const up = before === "descending" || (i === 0 && before === null);
    heads.forEach(h => h.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    arrange(body, i, up);
    say(`Sorted by ${head.textContent.trim()}, ${up ? "ascending" : "descending"}.`);
  }));
}

function arrange(body, i, up) {
  const rows = [...body.rows];
  const name = row => row.cells[0].textContent;
  const order = i === 0
    ? (a, b) => name(a).localeCompare(name(b), undefined, { numeric: true })
    : (a, b) => known(key(a, i)) - known(key(b, i));
  body.append(...rows.sort(up ? order : (a, b) => order(b, a)));
}

const known = x => (Number.isNaN(x) ? -Infinity : x);

function searchable(field, table, count) {
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLocaleLowerCase();
    const rows = [...table.tBodies[0].rows];
    for (const row of rows)
      row.hidden = !row.cells[0].textContent.toLocaleLowerCase().includes(wanted);
    const left = rows.filter(row => !row.hidden).length;
    count.textContent = wanted ? `${left} of ${several(rows.length, told.kind)}` : "";
    say(`${several(left, told.kind)} shown.`);
  });
}

const kept = new Map();

function asItIs(row) {
  const name = row.className;
  const cells = [...row.cells].slice(1).map(cell => [cell, cell.innerHTML, cell.dataset.v]);
  return () => {
    row.className = name;
    for (const [cell, inside, value] of cells) {
      cell.innerHTML = inside;
      if (value !== undefined) cell.dataset.v = value;
    }
  };
}

// The numbers of a subgroup take the place of those of all cases, and give it back.
function fill(table, o, group) {
  const every = lines(o, group), rows = [...table.tBodies[0].rows];
  table.caption.hidden = Boolean(group); // it is about all cases
  if (!group) return kept.get(table)?.forEach(restore => restore());
  if (!kept.has(table)) kept.set(table, rows.map(asItIs));
  const shown = rows.map(row => every[row.dataset.p]);
  const digits = decimals(shown.map(r => r.value), shown.map(r => r.stderr));
  const scale = scaled(shown, table);
  rows.forEach((row, i) => {
    const r = shown[i], d = digits[i];
    put(row, "size", number(r.size, d), r.size);
    put(row, "value", number(r.value, d), r.value);
    put(row, "interval", between(r.low, r.high, d), r.low);
    sidesOf(row, o, group, d);
    put(row, "verdict", apart(r) ? "real" : sure(r) ? "within noise" : "unknown", Number(apart(r)));
    row.classList.toggle("unclear", sure(r) && !apart(r) && !told.sized);
    stretch(row.querySelector(".bar i"), r, scale);
  });
}

function sidesOf(row, o, group, digits) {
  const one = output(o);
  if (!one.sides) return;
  const who = members(group);
  ["a", "b"].forEach((name, i) => {
    const mean = meanOf(one.sides[i], Number(row.dataset.p), who);
    put(row, name, number(mean, digits), mean);
  });
}

function put(row, name, text, value) {
  const found = row.querySelector(`td.${name}`);
  if (found) { found.textContent = text; found.dataset.v = value; }
}

function scaled(shown, table) {
  const ends = [0, ...shown.flatMap(r => [r.value, r.low, r.high]).filter(isFinite)];
  const low = Math.min(...ends), span = Math.max(...ends) - low || 1;
  const wide = Number(table.dataset.wide);
  return x => (isFinite(x) ? ((x - low) / span) * (wide - 2) + 1 : 0);
}

function stretch(bar, r, x) {
  const zero = x(0), at = isFinite(r.value) ? x(r.value) : zero;
  const set = { z: zero, a: Math.min(zero, at), w: Math.abs(at - zero), l: x(r.low), h: sure(r) ? x(r.high) : 0 };
  for (const [name, value] of Object.entries(set)) bar.style.setProperty(`--${name}`, value.toFixed(1));
  bar.className = `${r.value >= 0 ? "plus" : "minus"}${sure(r) && !apart(r) ? " faint" : ""}`;
}

// A small table made here: the twin of a picture that is drawn here.
function twin(table, heads, rows) {
  const line = (cells, tag) => {
    const row = document.createElement("tr");
    cells.forEach((c, i) => {
      const made = document.createElement(tag === "th" || i === 0 ? "th" : "td");
      if (tag === "th" || i === 0) made.scope = tag === "th" ? "col" : "row";
      if (i) made.className = "n";
      made.append(c);
      row.append(made);
    });
    return row;
  };
  table.tHead.replaceChildren(line(heads, "th"));
  table.tBodies[0].replaceChildren(...rows.map(cells => line(cells, "td")));
}
