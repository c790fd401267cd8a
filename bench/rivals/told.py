"""What a rival is told, and how it answers: the same for each column engine."""

import json
import pathlib
import resource
import time


def fleets(path):
    """The fleets of a file that `decide` wrote."""
    return json.loads(pathlib.Path(path).read_text())


def fields(layers):
    """Each field that some layer sets, in the order of names, with its layers, the last first."""
    found = {}
    for layer in layers:
        found.setdefault((layer["resource"], layer["field"]), []).insert(0, layer)
    return dict(sorted(found.items()))


def all_fields(old, new):
    """Every field, with its layers before and after."""
    old, new = fields(old), fields(new)
    return {name: (old.get(name, []), new.get(name, [])) for name in sorted(old | new)}


def edited_fields(old, new):
    """The fields that layers set otherwise, each with its layers before and after."""
    pairs = all_fields(old, new)
    return {name: (before, after) for name, (before, after) in pairs.items() if before != after}


def labels(layers):
    """The labels that some layer tests."""
    tested = set()
    for layer in layers:
        pending = [layer["if"]]
        while pending:
            ((kind, of),) = pending.pop().items()
            match kind:
                case "always":
                    pass
                case "both":
                    pending += of
                case "not":
                    pending.append(of)
                case "is":
                    tested.add(of[0])
                case "has":
                    tested.add(of)
                case "firmware" | "cores":
                    tested.add(kind)
    return sorted(tested)


def least(n_runs, call):
    """The least time of some calls in seconds, and what the last one answered."""
    times = []
    for _ in range(n_runs):
        start = time.perf_counter()
        answer = call()
        times.append(time.perf_counter() - start)
    return min(times), answer


def peak_mib():
    """The peak memory of this process (Linux counts it in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
