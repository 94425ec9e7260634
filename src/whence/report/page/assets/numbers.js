// As many digits as the error leaves: what report/numbers.py does, for what is computed here.

const places = (scale, digits) =>
  scale > 0 && isFinite(scale) ? Math.max(digits - 1 - Math.floor(Math.log10(scale)), 0) : digits;

function decimals(values, errors) {
  const known = errors.filter(e => isFinite(e) && e > 0);
  if (!known.length) {
    const most = Math.max(0, ...values.filter(isFinite).map(Math.abs));
    return values.map(() => places(most, 4));
  }
  const widest = places(Math.max(...known), 2);
  return errors.map(e => (isFinite(e) && e > 0 ? Math.min(places(e, 2), widest + 2) : widest));
}

function number(x, digits, sign = "") {
  if (x === null || !isFinite(x)) return "unknown";
  const plus = x > 0 ? sign : "";
  if (x !== 0 && (digits > 9 || Math.abs(x) >= 1e9))
    return minus(plus + x.toExponential(2).replace(/e([+-])(\d)$/, "e$10$2"));
  const text = x.toFixed(Math.min(digits, 9)).replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ",");
  return Number(text.replaceAll(",", "")) === 0 ? text.replace("-", "") : minus(plus + text);
}

const minus = text => text.replace("-", "\u2212");
const plain = x => (x ? number(x, places(Math.abs(x), 4)) : "0");
const rough = x => (x ? number(x, places(Math.abs(x), 2)) : "0");
const between = (low, high, digits) =>
  low === null || !isFinite(low) || !isFinite(high)
    ? "not quantified"
    : `${number(low, digits)} \u2026 ${number(high, digits)}`;
const several = (count, noun) => `${number(count, 0)} ${count === 1 ? noun : plural(noun)}`;

// A name of another direction keeps its place in a sentence.
const isolated = name => (/[\u0590-\u08ff\ufb1d-\ufefc]/.test(name) ? `\u2068${name}\u2069` : name);

function plural(noun) {
  const [head, ...tail] = noun.split(" of ");
  const many = /[^aeiou]y$/.test(head) ? head.slice(0, -1) + "ies"
    : /(s|x|ch|sh)$/.test(head) ? head + "es" : head + "s";
  return [many, ...tail].join(" of ");
}
