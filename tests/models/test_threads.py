"""One thread for linear algebra, whoever asks for it."""

from concurrent.futures import ThreadPoolExecutor

from threadpoolctl import threadpool_info

from whence.models.threads import one_thread


def most():
    return max(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")


def limited():
    with one_thread():
        return most()


def test_another_thread_than_the_first_may_limit_too():
    """Kills: limits that threadpoolctl grants to the first thread, and silently to no other."""
    before = most()
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as two:
        assert limited() == 1
        assert one.submit(limited).result() == 1
        assert two.submit(limited).result() == 1
    assert most() == before


def test_the_last_who_leaves_restores():
    """Kills: a limit that stays when the thread that set it left first."""
    before = most()
    with ThreadPoolExecutor(1) as other:
        first, second = one_thread(), one_thread()
        other.submit(first.__enter__).result()
        with second:
            other.submit(first.__exit__, None, None, None).result()
            assert most() == 1
    assert most() == before
