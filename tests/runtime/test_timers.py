"""What is left of Snakemake's rate limit when a run ends."""

import threading

from engram.runtime.timers import cancel_timers


def test_timers_end_at_once_and_do_nothing():
    """A timer of a minute, as Snakemake starts one after each job."""
    fired = []
    timer = threading.Timer(60, lambda: fired.append(True))
    timer.start()
    cancel_timers()
    timer.join(30)
    assert not timer.is_alive()
    assert not fired


def test_other_threads_go_on():
    """Those that wait for a job's end, for instance."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    cancel_timers()
    assert thread.is_alive()
    done.set()
    thread.join()
