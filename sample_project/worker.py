"""A worker without a port: `python worker.py` or `autorun worker:main`."""

import time

VERSION = 1


def main() -> None:
    """Do a job each second until Ctrl-C, then put the tools away."""
    jobs = 0
    try:
        while True:
            jobs += 1
            print(f"version {VERSION}, job {jobs}", flush=True)
            time.sleep(1)
    except KeyboardInterrupt:
        pass  # the usual end of a worker, no news
    finally:
        print(f"tools put away after job {jobs}", flush=True)


if __name__ == "__main__":
    main()
