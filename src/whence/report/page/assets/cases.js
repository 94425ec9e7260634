// The answer's numbers, and the mean over a subgroup of its cases with an interval of its own.

const told = JSON.parse(document.getElementById("told").textContent);
const cases = told.cases;
const unpacked = new Map();

function floats(text) {
  const raw = atob(text), bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return new Float32Array(bytes.buffer);
}

function output(o) {
  if (!unpacked.has(o)) unpacked.set(o, unpack(told.outputs[o]));
  return unpacked.get(o);
}

function unpack(given) {
  const found = { ...given };
  for (const name of ["values", "errors", "empty", "full", "left"])
    if (given[name]) found[name] = floats(given[name]);
  if (given.sides) {
    found.sides = given.sides.map(floats);
    found.values = found.sides[0].map((a, i) => a - found.sides[1][i]);
  }
  return found;
}

if (cases) {
  cases.half = floats(cases.half);
  cases.student = floats(cases.student);
  if (cases.weights) cases.weights = floats(cases.weights);
  for (const column of cases.columns) if (column.values) column.values = floats(column.values);
}
const everyone = cases ? cases.labels.map((_, c) => c) : [];
const columnOf = p => (cases && cases.column[p] >= 0 ? cases.columns[cases.column[p]] : null);

function cell(column, c) {
  if (column.codes) return column.levels[column.codes[c]];
  const x = column.values[c];
  return !isFinite(x) ? "missing" : Number.isInteger(x) ? String(x) : String(Number(x.toPrecision(4)));
}

function members(group) {
  if (!group) return everyone;
  const { codes, values } = group.column;
  return group.level === null
    ? everyone.filter(c => values[c] >= group.low && values[c] <= group.high)
    : everyone.filter(c => codes[c] === group.level);
}

// How often each of these cases counts, as a multiple of their mean.
function counts(seen) {
  if (!cases.weights) return seen.map(() => 1);
  const total = seen.reduce((sum, c) => sum + cases.weights[c], 0);
  return seen.map(c => total ? cases.weights[c] * seen.length / total : 1);
}

// mean +- t(m - 1) sd / sqrt(m): the spread of the cases holds the noise of each. Noise that the
// cases share does not cancel, and is added whole.
function over(one, p, who) {
  const n = told.players.length, seen = who.filter(c => isFinite(one.values[c * n + p]));
  const m = seen.length, at = c => one.values[c * n + p];
  const error = c => (one.errors ? one.errors[c * n + p] : 0);
  if (!m) return { value: NaN, stderr: NaN, low: NaN, high: NaN, size: NaN, count: 0 };
  let value = 0, size = 0, spread = 0, shared = 0;
  const count = counts(seen);
  seen.forEach((c, i) => {
    value += count[i] * at(c) / m; size += count[i] * Math.abs(at(c)) / m; shared += count[i] * error(c) / m;
  });
  seen.forEach((c, i) => { spread += (count[i] * (at(c) - value)) ** 2 / Math.max(m - 1, 1); });
  const stderr = m === 1 ? error(seen[0]) : Math.sqrt(spread / m + (cases.together ? shared ** 2 : 0));
  const t = m === 1 ? cases.half[seen[0]] : cases.student[m - 2];
  const half = told.unsure ? NaN : stderr ? t * stderr : 0;
  return { value, stderr: told.unsure ? NaN : stderr, low: value - half, high: value + half, size, count: m };
}

const allPlayers = told.players.map((_, p) => p);

// The players' lines: of all cases as the table has them, of some as computed here.
function lines(o, group, players = allPlayers) {
  const one = output(o), all = one.rows;
  if (group) {
    const who = members(group);
    return players.map(p => over(one, p, who));
  }
  return players.map(p => ({
    value: all.value[p] ?? NaN, low: all.low[p] ?? NaN, high: all.high[p] ?? NaN,
    size: all.size[p] ?? NaN, stderr: ((all.high[p] ?? NaN) - (all.low[p] ?? NaN)) / 3.92,
  }));
}

const sure = r => isFinite(r.low) && isFinite(r.high);
const apart = r => r.low > 0 || r.high < 0;

function meanOf(side, p, who) {
  const n = told.players.length;
  return who.reduce((sum, c) => sum + side[c * n + p], 0) / who.length;
}
