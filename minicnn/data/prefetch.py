"""The next elements are made while the consumer is busy with this one."""

import threading
from contextlib import closing
from queue import SimpleQueue


def prefetched(source, buffer_size):
    """The elements of ``source``, up to ``buffer_size`` of them made ahead in a thread.

    The thread starts with the first element asked for. It ends, and is waited for, when the
    elements end or the consumer leaves. An exception upstream is raised in the consumer, after
    the elements that came before it.
    """
    free = threading.Semaphore(buffer_size)
    ready = SimpleQueue()
    left = threading.Event()

    def produce():
        failure = None
        try:
            with closing(iter(source)) as elements:
                while True:
                    free.acquire()
                    if left.is_set():
                        return
                    try:
                        element = next(elements)
                    except StopIteration:
                        break
                    ready.put((element, False, None))
                    del element
        except BaseException as error:
            failure = error
        ready.put((None, True, failure))

    thread = threading.Thread(target=produce, name="minicnn-prefetch", daemon=True)
    thread.start()
    try:
        while True:
            element, ended, failure = ready.get()
            if failure is not None:
                raise failure
            if ended:
                return
            free.release()
            yield element
    finally:
        left.set()
        free.release()
        # A generator that is garbage may be closed by any thread, by this very one too.
        if threading.current_thread() is not thread:
            thread.join()
