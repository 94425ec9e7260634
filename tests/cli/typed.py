"""What is typed most, and how a refusal looks."""

ASK = ("importance", "churn.skops", "holdout.csv", "--target", "left", "--background", "train.csv")


def fail(got, *words):
    """It was refused: exit code 2, one line on stderr that has these words, nothing on stdout."""
    assert got.exit_code == 2, (got.exit_code, got.stdout, got.stderr)
    said = got.stderr.strip().splitlines()[-1]
    assert said.startswith("error: "), got.stderr
    assert "Traceback" not in got.stderr
    assert not got.stdout
    for word in words:
        assert word in said, said
