"""The acceptance list of networks from the inside, measured beside its targets.

    python bench/acceptance_components.py [--only PART ...]

The networks are those of the tests, whose truth is known. What has a bench of its own is taken from
there: run `components.py --only sweep` first. Writes bench/results/acceptance_components.json; a
part that is not run again stays as it was.
"""

import argparse
import json
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import components_nets  # noqa: F401 - first: it puts the networks of the tests on the path
import numpy as np
import torch
from networks import illusions, induction, trained
from networks.families import BY_NAME, FAMILIES
from networks.random_prenorm import RandomPreNorm, sentences

import whence as wh
from whence.evaluate import illusion, screen
from whence.games import components as parts
from whence.models import HookedModel

HERE = Path(__file__).parent
PLAIN = wh.methods.AttributionPatching(qk_fix=False, grad_drop=False, verify=0)
A, B = 1, 2  # two words that are asked about


def line(what, measured, target, met):
    return {"what": what, "measured": measured, "target": target, "met": bool(met)}


def mean(att):
    return att.values[:, 0].mean(axis=0)


def moved(model):
    """With every parameter moved: biases that are zero would hide what is forgotten."""
    draws = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.2 * torch.randn(p.shape, generator=draws).to(p.dtype))
    return model


def direct_logit():
    """1: the parts of the last stream add up to the logit difference."""
    for norm in ("layer", "rms"):
        worst = 0.0
        for seed in range(5):
            for parallel in (False, True):
                for fused in (False, True):
                    kind = {"norm": norm, "parallel": parallel, "fused": fused, "seed": seed}
                    model = RandomPreNorm(**kind)
                    worst = max(worst, _off(model, sentences(model), lambda out: out))
        what = f"1: DLA, 20 random pre-norm transformers, {norm} norm, all biases: off by"
        yield line(what, worst, "<= 1e-10", worst <= 1e-10)
    for name in ("gpt2", "llama"):
        worst = 0.0
        for seed in range(5):
            for attention in ("eager", "sdpa"):
                model = moved(BY_NAME[name].build(seed=seed, attention=attention).double())
                given = BY_NAME[name].inputs(seed)
                worst = max(worst, _off(model, given, lambda out: out.logits))
        yield line(f"1: DLA, 10 of {name}: off by", worst, "<= 1e-10", worst <= 1e-10)


def _off(model, given, logits):
    att = wh.methods.direct_logit(HookedModel(model), given, A, B)
    with torch.no_grad():
        out = logits(model(**given) if isinstance(given, dict) else model(given))[:, -1]
    return float(np.abs(att.values[:, 0].sum(1) - (out[:, A] - out[:, B]).numpy()).max())


def hand_built():
    """2: the AND of two heads, the saturated key, edges."""
    ids = induction.repeated()
    hooked = HookedModel(induction.Sink())
    game = parts.AblationGame(
        hooked, ids, players=parts.heads(hooked), ablation="zero",
        behaviour=lambda out: induction.continued(out, ids),
    )  # fmt: skip
    alone = mean(wh.attribute(game, index=wh.LeaveOneOut()))
    shared = mean(wh.attribute(game, index=wh.Shapley(), method=wh.methods.Exact()))
    for what, got, known in (("leave-one-out", alone, 2.484408), ("Shapley", shared, 1.242204)):
        off = float(np.abs(got - [known, 0, known, 0]).max())
        yield line(f"2: AND game, {what} of the four heads", got.round(6).tolist(),
                   f"{known}, 0, {known}, 0 within 2e-6", off < 2e-6)  # fmt: skip
    hooked = HookedModel(induction.Induction())
    keys = _induction(hooked, parts.nodes(hooked, ["blocks.1.attn.hook_k"]))
    for what, method, known in (
        ("AtP", PLAIN, 0.0),
        ("AtP*, nobody verified", wh.methods.AttributionPatching(verify=0), 10.0474),
        ("exact", wh.methods.Sweep(), 10.0474),
    ):
        got = float(mean(wh.attribute(keys, method=method))[0])
        yield line(f"2: the saturated key head, {what}", got, f"{known} within 1e-4",
                   abs(got - known) < 1e-4)  # fmt: skip
    edges = _induction(hooked, parts.edges(hooked))
    exact = mean(wh.attribute(edges, method=wh.methods.Sweep()))
    names, big = edges.players.names, np.abs(exact) > 1
    wanted = {"embed -> 0.0.v", "0.0 -> 1.0.k", "1.0 -> logits"}
    found = {names[i]: round(float(exact[i]), 4) for i in np.flatnonzero(big)}
    yield line("2: edges of more than 1, of 29", found, sorted(wanted), set(found) == wanted)
    first = mean(wh.attribute(edges, method=wh.methods.EdgeAttributionPatching(verify=0)))
    mended = mean(wh.attribute(edges, method=wh.methods.EdgeAttributionPatching()))
    at = names.index("0.0 -> 1.0.k")
    yield line("2: the key edge, EAP", float(first[at]), "about 0", abs(first[at]) < 1e-3)
    yield line("2: the key edge, EAP with 8 verified", float(mended[at]), "10.0474 within 1e-4",
               abs(mended[at] - 10.0474) < 1e-4)  # fmt: skip


def _induction(hooked, players):
    return parts.PatchingGame(
        hooked, induction.CLEAN, induction.CORRUPTED, players=players,
        behaviour=parts.logit_difference(*induction.ANSWERS),
    )  # fmt: skip


def repeats():
    """3: a trained network of whose first head the slope has the wrong sign."""
    for seed in (None, 0, 1):
        model = trained.kept("repeats") if seed is None else trained.train("repeats", seed=seed)
        ids, asked = trained.repeats(32, torch.Generator().manual_seed(9))
        hooked = HookedModel(model)
        game = parts.AblationGame(
            hooked, ids, players=parts.heads(hooked), ablation="mean",
            behaviour=lambda out, ids=ids, asked=asked: trained.continued(out, ids, asked),
        )  # fmt: skip
        exact = mean(wh.attribute(game, method=wh.methods.Sweep()))
        slopes = mean(wh.attribute(game, method=PLAIN))
        found = wh.attribute(game, method=wh.methods.AttributionPatching(verify=4))
        whose = "the kept weights" if seed is None else f"trained again, seed {seed}"
        first = int(exact[:4].argmax())
        said = {"exact": float(exact[first]), "AtP": float(slopes[first])}
        told = found.certificate("calibration")
        yield line(f"3: {whose}, head 0.{first}", said, "AtP below 0, exact above",
                   said["AtP"] < 0 < said["exact"])  # fmt: skip
        yield line(f"3: {whose}: calibration", told.words, "fails", told.holds is False)
        ranks = _spearman(mean(found), exact), _spearman(slopes, exact)
        yield line(f"3: {whose}: rank correlation with exact, AtP* with 4 verified, AtP", ranks,
                   ">= 0.95 of the first", ranks[0] >= 0.95)  # fmt: skip


def _spearman(a, b):
    ranks = [np.argsort(np.argsort(x)) for x in (a, b)]
    return float(np.corrcoef(*ranks)[0, 1])


def certificates():
    """4: nobody of theta or more, said at 5 %, where one is exactly theta."""
    from evaluate.test_screen import linear, small

    for subsets in (200, 600):
        false = 0
        for run in range(1000):
            effects = small(90_000 + run)
            effects[7] = 0.3 if run % 2 else -0.3  # exactly what nobody may have
            told = screen(linear(effects), theta=0.3, subsets=subsets, seed=run)
            false += told.holds is True
        share = false / 1000
        yield line(f"4: false certificates in 1,000 runs of {subsets} subsets", share, "<= 0.06",
                   share <= 0.06)  # fmt: skip


def regression():
    """5: closed form, digits, a backdoor."""
    draws = np.random.default_rng(0)
    weights = draws.normal(size=64)
    game = wh.FunctionGame(lambda stay: stay @ weights, wh.Players(tuple(map(str, range(64)))))
    got = wh.attribute(game, method=wh.methods.ComponentRegression(masks=66, keep=0.7))
    off = float(np.abs(mean(got) - weights).max())
    yield line("5: linear in 64 units, 66 masks: off by", off, "<= 1e-6", off <= 1e-6)
    from methods.digits import Units, backdoored, reader, triggered

    from whence.methods.surrogate.edit import edit

    layers, rows, right = reader()
    chosen = np.random.default_rng(3).permutation(len(rows))[:20]
    units = Units(layers, rows[chosen], right[chosen])
    fit = wh.attribute(
        units, method=wh.methods.ComponentRegression(masks=2000, keep=0.9), by_case=True
    )
    yield from _held_out(units, fit)
    layers, rows, right = backdoored()
    some = np.random.default_rng(0).permutation(np.flatnonzero(right))[:10]
    pairs = np.concatenate([rows[some], triggered(rows[some])])
    spoilt = Units(layers, pairs, np.tile(right[some], 2))
    rest = np.setdiff1d(np.arange(len(rows)), some)[1::2]
    told = wh.attribute(
        spoilt, method=wh.methods.ComponentRegression(masks=3000, keep=0.9), by_case=True
    )
    keep = edit(told, range(10, 20), range(10), k=20).keep
    for what, change, target in (("triggered", triggered, 0.8), ("others", np.copy, 0.75)):
        before, after = (
            spoilt.accuracy(change(rows[rest]), right[rest], k) for k in (np.ones(192), keep)
        )
        yield line(f"5: backdoor, accuracy on {what}, before and after 20 of 192 units",
                   [before, after], f">= {target} after", after >= target)  # fmt: skip


def _held_out(units, fit):
    """The surrogate's line on fresh masks, digit by digit."""
    stay = np.random.default_rng(7).random((300, len(units.players))) < 0.9
    found = []
    for case in range(units.n_cases):
        many = np.full(len(stay), case)
        worth = units.worth(stay, many, np.zeros_like(many))[:, 0]
        found.append(float(np.corrcoef(stay @ fit.values[case, 0], worth)[0, 1]))
    said = float(np.mean(found))
    yield line("5: digits, 2,000 masks: correlation on fresh masks, mean of 20 digits", said,
               ">= 0.9", said >= 0.9)  # fmt: skip


def illusory():
    """6: a construct, turned and noisy; faithful controls; what training finds."""
    from evaluate.test_illusion import Site

    verdicts = {(1, 1, 0): False, (0, 0, 1): True, (1, 0, 1): True, (0.5, 0, 1): True}
    judged = [
        Site(d, noise, seed, pairs=100).judge(np.array(v, float)).holds is holds
        for seed in range(50)
        for d, noise in ((3, 0.0), (4 + seed % 9, 0.05))
        for v, holds in verdicts.items()
    ]
    yield line("6: verdicts right, construct, rotations and controls",
               f"{sum(judged)} of {len(judged)}", "all", all(judged))  # fmt: skip
    for place, holds in (("hidden", False), ("stream", True)):
        site = illusions.site(place)
        told = illusion(site.base, site.source, site.direction, site.reader, site.effect,
                        site_effect=site.whole)  # fmt: skip
        yield line(f"6: a trained direction in the {place}: retention",
                   told.numbers["retention"], "an illusion" if not holds else "faithful",
                   told.holds is holds)  # fmt: skip


def sweep():
    """7: MiniLM, from its own bench."""
    record = json.loads((HERE / "results" / "components.json").read_text())["parts"]["sweep"]
    for r in record["records"]:
        where = f"7: MiniLM, {r['attention']}, {r['threads']} thread{'s' * (r['threads'] > 1)}"
        off = r["largest difference"]
        yield line(f"{where}: off a plain loop by", off, "<= 1e-6", off <= 1e-6)
        for name, ratios in r["of a plain loop"].items():
            ratio = ratios["processor seconds, median of turns"]
            yield line(f"{where}: {name}, processor time over a plain loop's, the game's making "
                       "included", ratio, "<= 0.55", ratio <= 0.55)  # fmt: skip
        if "cost" in r:
            spent = r["cost"]["slopes"]["forward-equivalents"]
            yield line(f"{where}: AtP, forward-equivalents", spent, "<= 4", spent <= 4)


def families():
    """8: ten families from their configurations."""
    for family in FAMILIES:
        equal, heads, batch = True, None, 0.0
        for attention in family.implementations:
            model, given = moved(family.build(attention=attention)), family.inputs(0)
            hooked = HookedModel(model, example=given)
            hooked.check_parity(wh.models.hooked.inputs.Inputs.of(given))
            with torch.no_grad():
                same = torch.equal(hooked.run(given).logits, model(**given).logits)
            equal &= same
            if not family.heads:
                yield _refused("8: heads of a module with no attention",
                               lambda hooked=hooked: parts.heads(hooked))  # fmt: skip
                continue
            heads = len(parts.heads(hooked))
            batch = max(batch, _alone(hooked, given))
        yield line(f"8: {family.name}: bit-equal with hooks on", equal, True, equal)
        if heads is not None:
            good = heads == family.total_heads
            yield line(f"8: {family.name}: heads", heads, family.total_heads, good)
            yield line(f"8: {family.name}: two prompts together and alone differ by", batch,
                       "<= 1e-5", batch <= 1e-5)  # fmt: skip
    yield from _padded()


def _values(hooked, given, behaviour):
    game = parts.AblationGame(
        hooked, given, players=parts.heads(hooked), behaviour=behaviour, ablation="zero"
    )
    return wh.attribute(game, method=wh.methods.Sweep(), by_case=True).values[:, 0]


def _alone(hooked, given):
    """How far values of two prompts differ from those of each by itself."""

    def asked(out):
        flat = out.logits.reshape(len(out.logits), -1, out.logits.shape[-1])[:, -1]
        return flat[:, A] - flat[:, B]

    both = _values(hooked, given, asked)
    each = [_values(hooked, {k: v[i : i + 1] for k, v in given.items()}, asked) for i in (0, 1)]
    return float(np.abs(both - np.concatenate(each)).max())


def _padded():
    """Padding on the right, and a mask that says so."""
    for name in ("gpt2", "llama", "qwen3", "gpt-neox", "mixtral", "bert"):
        worst = 0.0
        for attention in BY_NAME[name].implementations:
            hooked = HookedModel(moved(BY_NAME[name].build(attention=attention)))
            ids = BY_NAME[name].inputs(0)["input_ids"]
            mask = torch.ones_like(ids)
            longer = {
                "input_ids": torch.cat([ids, ids[:, :3]], 1),
                "attention_mask": torch.cat([mask, mask[:, :3] * 0], 1),
            }
            ask = (lambda out: out.logits[:, A] - out.logits[:, B]) if name == "bert" else (
                lambda out, at=ids.shape[1] - 1: out.logits[:, at, A] - out.logits[:, at, B]
            )  # fmt: skip
            plain = _values(hooked, {"input_ids": ids, "attention_mask": mask}, ask)
            worst = max(worst, float(np.abs(_values(hooked, longer, ask) - plain).max()))
        yield line(f"8: {name}: padding changes values by", worst, "<= 1e-5", worst <= 1e-5)


def refusals():
    """9: what makes no sense."""
    ids, _ = trained.repeats(4, torch.Generator().manual_seed(0))
    hooked = HookedModel(trained.kept("repeats"))
    heads = parts.heads(hooked)

    def patching(other=None, behaviour=None, **more):
        other = ids.flip(0) if other is None else other
        return parts.PatchingGame(
            hooked, ids, other, players=heads,
            behaviour=behaviour or (lambda out: out[:, -1, A] - out[:, -1, B]), **more,
        )  # fmt: skip

    bert, given = HookedModel(moved(BY_NAME["bert"].build())), BY_NAME["bert"].inputs(0)
    counted = patching(behaviour=lambda out: out.argmax(-1).double().mean(-1))
    here = hooked.cache(ids, ["blocks.0.attn.hook_z"])["blocks.0.attn.hook_z"]
    yield _refused("9: prompts of different lengths", lambda: patching(ids[:, :-1]))
    yield _refused("9: no total effect", lambda: patching(ids))
    yield _refused("9: AtP of a behaviour without a slope",
                   lambda: wh.attribute(counted, method=PLAIN))  # fmt: skip
    yield _refused("9: DLA of a post-norm model",
                   lambda: wh.methods.direct_logit(bert, given, A, B))  # fmt: skip
    yield _refused("9: an unknown hook", lambda: hooked.cache(ids, ["blocks.0.attn.hook_x"]))
    yield _refused("9: a patch that changes nothing",
                   lambda: hooked.patch(ids, {"blocks.0.attn.hook_z": here}))  # fmt: skip

    class Unused(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.idle = torch.nn.Linear(3, 3), torch.nn.Linear(3, 3)

        def forward(self, x):
            return self.used(x)

    unused, x = HookedModel(Unused().eval()), torch.eye(3)
    yield _refused("9: a patch that never fires", lambda: unused.patch(x, {"idle": x}))


def _refused(what, ask):
    """One of ours, whose words are the measurement."""
    try:
        ask()
    except wh.WhenceError as error:
        return line(what, f"{type(error).__name__}: {error}", "a refusal", met=True)
    except Exception as error:
        return line(what, f"{type(error).__name__}: {error}", "a refusal of ours", met=False)
    return line(what, "nothing was said", "a refusal", met=False)


PARTS = {
    part.__name__: part
    for part in (
        direct_logit, hand_built, repeats, certificates, regression, illusory, sweep, families,
        refusals,
    )
}  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    out = HERE / "results" / "acceptance_components.json"
    record = json.loads(out.read_text()) if out.exists() else {}
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", module="transformers")
    for name in parser.parse_args().only:
        start, found = time.perf_counter(), _run(PARTS[name]())
        record[name] = {"took": round(time.perf_counter() - start, 1), "lines": found}
        for each in found:
            mark = "ok  " if each["met"] else "MISS"
            print(f"{mark} {each['what']}: {each['measured']} (target {each['target']})")
        out.write_text(json.dumps(record, indent=1) + "\n")


def _run(lines: Iterator[dict]) -> list[dict]:
    """As many lines as it has; a failure is one more."""
    found = []
    try:
        found += lines
    except Exception as error:
        found.append(line("it failed", f"{type(error).__name__}: {error}", "not", met=False))
    return found


if __name__ == "__main__":
    main()
