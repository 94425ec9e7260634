"""Tables: names, dtypes and refusals, in every kind of frame."""

import datetime as dt

import numpy as np
import pytest

from whence._core.errors import TableError
from whence.models import Table

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")
KINDS = ("numpy", "pandas", "polars")


def wide():
    """Every dtype that people have."""
    return pd.DataFrame(
        {
            "number": [1.5, np.nan, 3.0, 4.5],
            "small": np.array([1, 2, 3, 4], np.int8),
            "flag": [True, False, True, True],
            "words": ["a", None, "b", "a"],
            "loose": pd.Series(["a", "b", None, "a"], dtype=object),
            "plan": pd.Categorical(["x", "y", "x", None], categories=["y", "x", "z"]),
            "rank": pd.Categorical([1, 2, 3, 1], categories=[1, 2, 3], ordered=True),
            "maybe": pd.array([1, None, 3, 4], dtype="Int64"),
            "sure": pd.array([True, None, False, True], dtype="boolean"),
            "when": pd.to_datetime(["2020-01-01", "2021-01-01", None, "2020-01-01"]),
            "zone": pd.to_datetime(["2020-01-01"] * 4).tz_localize("UTC"),
        }
    )


INDEX = np.array([[3 - (r + j) % 4 for j in range(11)] for r in range(6)])


def test_mix_keeps_every_pandas_dtype_and_takes_each_cell():
    frame = wide()
    mixed = Table.of(frame).mix(INDEX)
    assert mixed.dtypes.equals(frame.dtypes)
    assert isinstance(mixed.index, pd.RangeIndex)
    for j, name in enumerate(frame):
        wanted = frame[name].take(INDEX[:, j]).reset_index(drop=True)
        pd.testing.assert_series_equal(mixed[name], wanted)


def test_mix_keeps_every_polars_dtype_and_takes_each_cell():
    frame = pl.DataFrame(
        {
            "a": [1.5, float("nan"), None, 2.0],
            "b": pl.Series([1, 2, 3, 4], dtype=pl.Int8),
            "c": ["x", None, "y", "x"],
            "d": pl.Series(["u", "v", "u", None], dtype=pl.Categorical),
            "e": pl.Series(["u", "v", "u", None], dtype=pl.Enum(["v", "u", "w"])),
            "f": [dt.date(2020, 1, k + 1) for k in range(4)],
            "g": [True, None, False, True],
        }
    )
    index = INDEX[:, :7]
    mixed = Table.of(frame).mix(index)
    assert mixed.schema == frame.schema
    for j, name in enumerate(frame.columns):
        assert mixed[name].to_list()[0] == frame[name].to_list()[index[0, j]]
        assert str(mixed[name].to_list()) == str([frame[name].to_list()[i] for i in index[:, j]])


@pytest.mark.parametrize("kind", ["f4", "f8", "i2", "?", "O", "U3", "M8[D]"])
def test_mix_keeps_numpy_dtypes(kind):
    array = np.arange(12).reshape(4, 3).astype("i8" if kind[0] == "M" else kind).astype(kind)
    index = INDEX[:, :3]
    mixed = Table.of(array).mix(index)
    assert mixed.dtype == array.dtype
    assert (mixed == np.take_along_axis(array, index, 0)).all()


@pytest.mark.parametrize("rows", [1, 4095, 4096, 4097, 10_000])
def test_mix_of_many_rows_and_one_dtype_is_one_take(rows):
    rng = np.random.default_rng(0)
    array = rng.normal(size=(50, 3))
    index = rng.integers(0, 50, (rows, 3)).astype(np.int32)
    wanted = np.take_along_axis(array, index.astype(int), 0)
    for kind in KINDS:
        mixed = Table.of(array).to(kind).mix(index)
        assert np.array_equal(np.asarray(mixed), wanted)


@pytest.mark.parametrize("bad", [-1, 4])
def test_mix_refuses_rows_that_are_not_there(bad):
    for kind in ("numpy", "pandas"):
        with pytest.raises(IndexError):
            Table.of(np.ones((4, 2))).to(kind).mix(np.full((3, 2), bad))


def test_mix_does_not_touch_the_table():
    frame = wide()
    table = Table.of(frame)
    mixed = table.mix(INDEX)
    mixed.loc[:, "number"] = 0.0
    pd.testing.assert_frame_equal(table.frame(), wide())
    array = np.ones((3, 2))
    Table.of(array).mix(np.zeros((2, 2), int))[:] = 5
    assert (array == 1).all()


@pytest.mark.parametrize("kind", KINDS)
def test_codes_are_equal_where_cells_are(kind):
    rows = [[1.0, "a"], [np.nan, None], [1.0, "b"], [np.nan, None], [2.0, "a"]]
    codes = Table.of(np.array(rows, dtype=object), names=["n", "w"]).to(kind).codes
    assert codes.dtype == np.int32
    for column in codes.T:
        assert column[1] == column[3]
    assert codes[0, 0] == codes[2, 0] != codes[4, 0]
    assert codes[0, 1] == codes[4, 1] != codes[2, 1]
    assert len({codes[0, 0], codes[1, 0], codes[4, 0]}) == 3


def test_codes_are_kept():
    table = Table.of(np.ones((3, 2)))
    assert table.codes is table.codes


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("start", KINDS)
def test_kinds_convert_there_and_back(start, kind, mixed):
    X, _ = mixed
    table = Table.of(X).to(start)
    back = table.to(kind).to(start)
    assert table.names == back.names == tuple(X.columns)
    for name in table.names:
        one, two = table.column(name), back.column(name)
        assert one.dtype == two.dtype
        assert all(a == b or (a != a and b != b) for a, b in zip(one, two, strict=True))


def test_object_arrays_are_read_column_by_column():
    rows = [[1, "a", True, 1.5, None], [2, None, False, None, None]]
    frame = Table.of(np.array(rows, dtype=object), names=list("abcde")).to("pandas").frame()
    assert [frame[c].dtype.kind for c in "ac"] == ["i", "b"]
    assert frame["d"].dtype == float
    assert frame["e"].isna().all()
    assert pd.api.types.is_string_dtype(frame["b"])
    assert frame["b"].isna().tolist() == [False, True]


def test_columns_to_read(mixed):
    table = Table.of(mixed[0])
    assert table.column("age").dtype == float
    assert table.column("visits").dtype == float
    words = table.column("region")
    assert words.dtype == object
    assert set(words) == {"north", "south", "east", None}
    assert Table.of(wide()).column("rank").tolist() == [1.0, 2.0, 3.0, 1.0]
    assert np.isnan(Table.of(wide()).column("maybe")[1])


def test_numpy_names():
    assert Table.of(np.ones((2, 3))).names == ("x0", "x1", "x2")
    assert Table.of(np.ones((2, 2)), names=["a", "b"]).names == ("a", "b")
    assert Table.of([[1, "a"], [2, "b"]]).frame().dtype == object
    assert Table.of([[1, 2.5], [2, 3]]).frame().dtype == float


def test_take_and_select(mixed):
    for kind in KINDS:
        table = Table.of(mixed[0]).to(kind)
        part = table.take(np.array([5, 2, 2])).select(["plan", "age"])
        assert len(part) == 3
        assert part.names == ("plan", "age")
        assert part.kind == kind
        assert part.column("plan").tolist() == table.column("plan")[[5, 2, 2]].tolist()
        assert repr(part) == f"Table(3 rows, {kind}: 'plan', 'age')"


def test_names_that_are_not_text_become_text_and_stay_the_users_own():
    frame = pd.DataFrame(np.ones((2, 3)), columns=[0, "b", 2])
    table = Table.of(frame)
    assert table.names == ("0", "b", "2")
    for out in (table.frame(), table.mix(np.zeros((4, 3), int)), table.above(table).frame()):
        assert out.columns.tolist() == [0, "b", 2]
    assert table.select(["2", "0"]).frame().columns.tolist() == [2, 0]
    assert table.to("polars").frame().columns == ["0", "b", "2"]


@pytest.mark.parametrize("kind", KINDS)
def test_above_matches_by_name_and_unites_categories(kind):
    upper = Table.of(pd.DataFrame({"a": [1, 2], "c": pd.Categorical(["x", "y"])})).to(kind)
    lower = Table.of(
        pd.DataFrame({"c": pd.Categorical(["z", "x"]), "a": [0.5, np.nan]}), what="background"
    )
    pool = upper.above(lower)
    assert pool.kind == kind
    assert pool.column("c").tolist() == ["x", "y", "z", "x"]
    assert pool.column("a")[:3].tolist() == [1, 2, 0.5]
    if kind == "pandas":
        assert pool.frame()["c"].cat.categories.tolist() == ["x", "y", "z"]
        assert pool.frame()["a"].dtype == float


def test_above_keeps_the_larger_order_of_categories():
    few = Table.of(pd.DataFrame({"c": pd.Categorical(["y"], categories=["y"])}))
    many = Table.of(pd.DataFrame({"c": pd.Categorical(["x"], categories=["x", "y"])}))
    for pool in (few.above(many), many.above(few)):
        assert pool.frame()["c"].cat.categories.tolist() == ["x", "y"]


def test_above_of_text_and_categories_is_categories():
    words = Table.of(pd.DataFrame({"c": ["x", None]}))
    kinds = Table.of(pd.DataFrame({"c": pd.Categorical(["y"])}))
    for pool in (words.above(kinds), kinds.above(words)):
        assert isinstance(pool.frame()["c"].dtype, pd.CategoricalDtype)
        assert set(pool.column("c")) == {"x", "y", None}


@pytest.mark.parametrize("kind", ["pandas", "polars"])
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([1, 2], [None, None]),
        ([True, False], [1, 2]),
        ([True, False], [1.5, 2.0]),
        (["a", "b"], [None, None]),
        ([1, 2], [1.5, None]),
    ],
)
def test_above_widens_types(kind, one, other):
    tables = [Table.of(pd.DataFrame({"c": v})).to(kind) for v in (one, other)]
    for a, b in (tables, tables[::-1]):
        assert len(a.above(b)) == 4


def test_above_of_equal_dtypes_keeps_them():
    table = Table.of(wide())
    assert table.above(table).frame().dtypes.equals(wide().dtypes)


def test_above_of_arrays():
    pool = Table.of(np.ones((1, 2))).above(Table.of(np.zeros((1, 2), int)))
    assert pool.frame().dtype == float
    loose = Table.of(np.array([[1, "a"]], dtype=object))
    assert loose.above(loose).frame().dtype == object
    assert len(Table.of(np.array([["a"]])).above(Table.of(np.array([["long"]], object)))) == 2


CLASHES = [
    (lambda: ({"a": [1], "b": [1]}, {"a": [1], "c": [1]}), r"background lacks 'b' and has 'c'"),
    (lambda: ({"a": [1]}, {"a": ["x"]}), r'"a" holds numbers in X and text in background'),
    (
        lambda: (
            {"a": pd.Categorical([1], categories=[1, 2], ordered=True)},
            {"a": pd.Categorical([3], categories=[3, 1], ordered=True)},
        ),
        "do not fit together: its ordered categories differ",
    ),
]


@pytest.mark.parametrize(("make", "says"), CLASHES)
def test_above_refuses(make, says):
    upper, lower = (pd.DataFrame(d) for d in make())
    with pytest.raises(TableError, match=says):
        Table.of(upper).above(Table.of(lower, what="background"))


sparse = pytest.importorskip("scipy.sparse")

REFUSALS = [
    (lambda: np.ones(3), r"rows has shape \(3,\).*reshape\(1, -1\).*reshape\(-1, 1\)"),
    (lambda: np.ones((2, 2, 2)), r"two axes"),
    (lambda: np.ones((0, 3)), "rows has no rows"),
    (lambda: np.ones((3, 0)), "rows has no columns"),
    (lambda: pd.DataFrame({"a": []}), "no rows"),
    (pl.DataFrame, "no columns"),
    (lambda: pd.DataFrame(np.ones((2, 2)), columns=["a", "a"]), "more than one column called 'a'"),
    (lambda: pd.DataFrame(np.ones((2, 2)), columns=[1, "1"]), "more than one column called '1'"),
    (lambda: pd.DataFrame(np.ones((2, 1)), columns=pd.MultiIndex.from_tuples([(1, 2)])), "levels"),
    (lambda: pd.Series([1, 2]), "to_frame"),
    (lambda: pl.Series([1, 2]), "to_frame"),
    (lambda: pl.LazyFrame({"a": [1]}), r"collect\(\)"),
    (lambda: sparse.csr_matrix(np.eye(3)), r"toarray\(\)"),
    (lambda: sparse.coo_array(np.eye(3)), r"toarray\(\)"),
    (lambda: [{"a": 1}], "pandas.DataFrame"),
    (lambda: {"a": [1]}, "pandas.DataFrame"),
    (lambda: "x.csv", "read_csv"),
    (lambda: None, "None"),
    (lambda: [[1, 2], [3]], "differ in length"),
    (lambda: np.ones((2, 2), complex), "complex"),
    (lambda: np.ma.masked_array(np.ones((2, 2)), [[0, 1], [0, 0]]), "1 of its 4 entries"),
    (lambda: 3, "two axes"),
]


@pytest.mark.parametrize(("make", "says"), REFUSALS)
def test_what_is_not_a_table_is_refused(make, says):
    with pytest.raises(TableError, match=says):
        Table.of(make(), what="rows")


def test_pyarrow_is_sent_elsewhere():
    pa = pytest.importorskip("pyarrow")
    with pytest.raises(TableError, match="from_arrow"):
        Table.of(pa.table({"a": [1]}))


def test_wrong_names_are_refused():
    with pytest.raises(TableError, match="2 columns, and 1 names"):
        Table.of(np.ones((2, 2)), names=["a"])
    with pytest.raises(TableError, match="names its own columns"):
        Table.of(pd.DataFrame({"a": [1]}), names=["b"])
    with pytest.raises(TableError, match=r"no column 'agee'. Did you mean 'age'"):
        Table.of(pd.DataFrame({"age": [1]})).select(["agee"])


def test_numbers():
    table = Table.of(pd.DataFrame({"a": [1, 2], "b": [True, False]}))
    assert table.numbers().frame().tolist() == [[1.0, 1.0], [2.0, 0.0]]
    with pytest.raises(TableError, match="X holds 'w', not numbers"):
        Table.of(pd.DataFrame({"w": ["a"]})).numbers()


@pytest.mark.parametrize("kind", KINDS)
def test_tables_travel_to_workers(kind, mixed):
    import pickle

    table = Table.of(mixed[0], what="background").to(kind)
    again = pickle.loads(pickle.dumps(table))
    assert (again.names, again.kind, again.what) == (table.names, kind, "background")
    assert (again.codes == table.codes).all()


def test_a_table_of_a_table_is_itself():
    table = Table.of(np.ones((2, 2)))
    assert Table.of(table) is table
