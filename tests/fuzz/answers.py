"""Readers of answers, with all that is done with an answer once it is there.

Files of now say what they hold in a digest: a damaged one is refused, or holds the same answer.
Files of before say nothing of that kind: what is accepted must be whole, and no more can be asked.
"""

import json
import re
import tempfile
import warnings
from pathlib import Path

import numpy as np
from answers import edges, heads, many
from selections import chosen

import whence as wh
from fuzz.damage import Reader
from whence._core.attribution import Attribution
from whence._core.interactions import Interactions
from whence._core.lds import LDS, Beside
from whence._core.selection import Selection

FIXTURES = Path(__file__).parents[1] / "fixtures"
_BEFORE = (
    *("exact-v1", "explain-v1", "importance-v1", "explain-v2", "importance-v2", "sampled-v2"),
    *("interactions-v2", "selection-v2"),
)


def made() -> list[wh.Attribution | Interactions | Selection]:
    """An answer of each kind, small."""
    return [
        many(3, 4),
        many(6, 3).mean(),
        heads(2, 2, 2),
        edges(5),
        _fixture("importance-v2"),
        _fixture("interactions-v2"),
        chosen(),
        _fixture("sampled-v2"),
    ]


def zips() -> Reader:
    """Files of `save`."""
    return _same_or_refused([_saved(one, "save") for one in made()])


def texts() -> Reader:
    """JSON of `to_dict`."""
    return _same_or_refused([json.dumps(one.to_dict()).encode() for one in made()])


def tables() -> Reader:
    """Parquet files."""
    return _same_or_refused([_saved(one, "to_parquet") for one in made()[:5]])


def judgements() -> Reader:
    """Files of an LDS."""
    return _same_or_refused([_saved(lds(), "save"), _saved(lds(baselines=0), "save")])


def zips_before() -> Reader:
    """Files of `save` from before there was a digest, and their like."""
    old = [(FIXTURES / f"{name}.whence").read_bytes() for name in _BEFORE]
    return _whole_or_refused(old)


def texts_before() -> Reader:
    """JSON from before there was a digest."""
    old = [(FIXTURES / f"{name}.json").read_bytes() for name in _BEFORE]
    new = [{k: v for k, v in one.to_dict().items() if k != "digest"} for one in made()]
    return _whole_or_refused([*old, *(json.dumps(one | {"version": 2}).encode() for one in new)])


def lds(baselines: int = 2) -> LDS:
    """A judgement of noise, whose score is what its numbers say."""
    from whence._core.ranks import rank_correlations

    rng = np.random.default_rng(0)
    masks, outputs = rng.random((12, 6)) < 0.5, rng.normal(size=(2, 12, 3))
    told = outputs.mean(axis=0) + rng.normal(size=(12, 3))
    by_test = rank_correlations(told, outputs.mean(axis=0))
    near = Beside(0.1, (-0.2, 0.3), 0.3, (0.1, 0.5))
    plain = dict.fromkeys(("distance", "norm")[:baselines], near)
    score = float(by_test.mean()), (0.1, 0.9), 0.95, plain, by_test
    runs = told, outputs, masks, np.array([0, 1]), tuple("abcdef"), ("t0", "t1", "t2")
    return LDS(*score, *runs, "TRAK", "loss", "net", 0.5, 0, 100)


def _fixture(name: str):
    return wh.load(FIXTURES / f"{name}.whence")


def _saved(one, how: str) -> bytes:
    return getattr(one, how)(Path(tempfile.gettempdir()) / "saved").read_bytes()


def _loaded(raw: bytes):
    path = Path(tempfile.gettempdir()) / "read"
    path.write_bytes(raw)
    return wh.load(path)


def _whole_or_refused(corpus: list[bytes]) -> Reader:
    for raw in corpus:
        use(_loaded(raw))
    return Reader(corpus, lambda raw: use(_loaded(raw)))


def _same_or_refused(corpus: list[bytes]) -> Reader:
    wanted = {told(_loaded(raw)) for raw in corpus}

    def read(raw: bytes) -> None:
        found = told(_loaded(raw))
        assert found in wanted, "another answer"

    return Reader(corpus, read)


def told(one) -> str:
    """All that an answer says, as text."""
    if isinstance(one, LDS):
        fields = {name: getattr(one, name) for name in one.__slots__}
        return repr({n: v.tolist() if isinstance(v, np.ndarray) else v for n, v in fields.items()})
    return re.sub(r"-0\.0(?=[],}])", "0.0", json.dumps(one.to_dict(), sort_keys=True))


def use(one) -> None:
    """What users do with an answer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert repr(one)
        _saved(one, "save")
        if isinstance(one, LDS):
            assert one.certificate().to_dict()
            assert one.less(one)
            return
        assert json.dumps(one.to_dict(), allow_nan=False)
        assert len(one.to_frame()) >= 0
        if isinstance(one, Attribution):
            _use_attribution(one)
        elif isinstance(one, Interactions):
            assert one.matrix().shape
            assert one.mean().gap.shape
            assert one.top(3) is not None
        else:
            assert str(one.table())
            assert one.kept is not None
            assert one.faithfulness.ci


def _use_attribution(one: Attribution) -> None:
    from whence.cli.answer import rows_of
    from whence.report.page.html import fragment

    assert str(one.table())
    for answer in (one, one.mean()):
        low, _ = answer.ci()
        assert low.shape == answer.stderr.shape == answer.values.shape
        for part in answer.parts:
            answer.ci(parts=part)
    assert one.top(3)
    assert one.gap.shape
    assert rows_of(one) is not None
    assert one.select(output=0, players=[0]).mean().values.size == 1
    assert one.select(case=0).table()
    assert one.group({"some": list(one.players.names[:2])}).mean().stderr is not None
    for name in one.players.columns:
        assert one.group(name).values.size
    assert (one - one).values.size
    assert fragment(one)
