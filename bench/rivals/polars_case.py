"""polars: each field is a chain of when and then over columns; one thread.

polars_case.py evaluate DEVICES LAYERS FOLDER RUNS
    times full evaluation and edits on loaded columns, and writes the outputs to FOLDER
polars_case.py render DEVICES LAYERS
    what each device gets, one JSON object a line
polars_case.py plan DEVICES LAYERS
    what the first edit changes, one JSON object for each field of each device
"""

import functools
import json
import operator
import os
import pathlib
import sys

os.environ["POLARS_MAX_THREADS"] = "1"

import polars as pl  # noqa: E402: it reads the variable when it is loaded
import told  # noqa: E402

# These have few values, so that comparing them is comparing small integers.
DICTIONARIES = ["ring", "gpu", "zone", "role", "os", "model", "site", "customer", "rack"]


def holds(condition):
    """A condition as an expression; null or false where a label is missing."""
    ((kind, of),) = condition.items()
    match kind:
        case "always":
            return pl.lit(True)
        case "is":
            label, values = of
            # A few comparisons of integers are faster than a set.
            return functools.reduce(operator.or_, [pl.col(label) == value for value in values])
        case "has":
            return pl.col(of).is_not_null()
        case "firmware":
            return pl.col("firmware_minor") >= of
        case "cores":
            return pl.col("cores") >= of
        case "both":
            return holds(of[0]) & holds(of[1])
        case "not":
            return ~holds(of).fill_null(False)
    raise ValueError(kind)


def case(layers, value, otherwise=pl.lit(None)):
    """What the last layer says that holds, of a field's layers, the last first."""
    chain = None
    for layer in layers:
        if "always" in layer["if"]:
            otherwise = value(layer)
            break
        arm = (pl if chain is None else chain).when(holds(layer["if"]))
        chain = arm.then(value(layer))
    return otherwise if chain is None else chain.otherwise(otherwise)


def code(layer):
    return pl.lit(layer["code"], pl.UInt8)


def code_of(layers):
    return case(layers, code, pl.lit(0, pl.UInt8))


def scan(devices, labels):
    """The devices of a file, with the labels that are asked for, numbers as numbers."""
    struct = pl.Struct({label: pl.String for label in labels})
    minor = pl.col("firmware").str.split_exact(".", 2).struct[1].cast(pl.UInt8)
    columns = {"cores": pl.col("cores").cast(pl.Int32), "firmware": minor.alias("firmware_minor")}
    lines = pl.scan_ndjson(devices, schema={"id": pl.String, "labels": struct})
    return lines.unnest("labels").select("id", *(columns.get(label, label) for label in labels))


def load(devices, labels):
    raw = scan(devices, labels).collect()
    values = {name: raw[name].drop_nulls().unique().sort() for name in DICTIONARIES}
    casts = [pl.col(name).cast(pl.Enum(of)) for name, of in values.items()]
    return raw.with_columns(casts).with_row_index("number")


def evaluate(devices, layers, folder, n_runs):
    all_fleets = told.fleets(layers)
    seconds, table = told.least(1, lambda: load(devices, all_fleets[0]["labels"]))
    answers = []
    for at, fleet in enumerate(all_fleets):
        answers.append(evaluate_one(table, at, fleet, pathlib.Path(folder), int(n_runs)))
    notes = [f"loaded in {seconds:.1f} s, peak {told.peak_mib():.0f} MiB"]
    print(json.dumps({"fleets": answers, "notes": notes}))


def evaluate_one(table, at, fleet, folder, n_runs):
    fields = told.fields(fleet["layers"])
    columns = [code_of(layers).alias(str(i)) for i, layers in enumerate(fields.values())]
    full, answer = told.least(min(n_runs, 3), lambda: table.lazy().select(columns).collect())
    with open(folder / f"polars-full-{at}.bin", "wb") as out:
        for column in answer:
            # A field that every device has alike is one value.
            n_times = len(table) // len(column)
            out.write(column.to_numpy().tobytes() * n_times)
    edits, in_full = [], []
    for number, edit in enumerate(fleet["edits"]):
        changed = told.edited_fields(fleet["layers"], edit["layers"])
        seconds, rows = told.least(n_runs, lambda: changed_devices(table, changed))
        edits.append(seconds)
        rows = rows.to_numpy().astype("<u4").tobytes()
        (folder / f"polars-edit-{at}-{number}.bin").write_bytes(rows)
        if number == 0:
            every = told.all_fields(fleet["layers"], edit["layers"])
            seconds, again = told.least(1, lambda: changed_devices(table, every))
            assert again.to_numpy().astype("<u4").tobytes() == rows
            in_full.append(seconds)
    return {"full_s": full, "edits_s": edits, "edits_in_full_s": in_full}


def changed_devices(table, fields):
    differ = [code_of(a) != code_of(b) for a, b in fields.values()]
    changed = table.lazy().filter(functools.reduce(operator.or_, differ))
    return changed.select("number").collect()["number"]


def render(devices, layers):
    (fleet,) = told.fleets(layers)
    resources = {}
    for (resource, field), of in told.fields(fleet["layers"]).items():
        key = json.dumps(field)
        member = lambda layer, key=key: pl.lit(f"{key}:{json.dumps(layer['value'])}")
        resources.setdefault(resource, []).append(case(of, member))
    objects = []
    for resource, cases in resources.items():
        inside = pl.concat_str(cases, separator=",", ignore_nulls=True)
        whole = pl.concat_str([pl.lit(json.dumps(resource) + ":{"), inside, pl.lit("}")])
        objects.append(pl.when(inside != "").then(whole))
    members = pl.concat_str(objects, separator=",", ignore_nulls=True)
    head = [pl.lit('{"id":"'), pl.col("id"), pl.lit('","resources":{')]
    line = pl.concat_str([*head, members, pl.lit("}}")])
    write(scan(devices, told.labels(fleet["layers"])).select(line))


def plan(devices, layers):
    (fleet,) = told.fleets(layers)
    edited = told.edited_fields(fleet["layers"], fleet["edits"][0]["layers"])
    both = [layer for pair in edited.values() for of in pair for layer in of]
    found = scan(devices, told.labels(both))
    value = lambda layer: pl.lit(layer["value"])
    parts = []
    for (resource, field), (before, after) in edited.items():
        parts.append(
            found.select(
                device="id",
                path=pl.lit(f"{resource}.{field}"),
                before=case(before, value),
                after=case(after, value),
            ).filter(pl.col("before").ne_missing(pl.col("after")))
        )
    sys.stdout.write(pl.concat(parts).collect(engine="streaming").write_ndjson())


def write(lines):
    # Nothing is quoted: each line is JSON already.
    lines.sink_csv("/dev/stdout", include_header=False, quote_style="never", engine="streaming")


if __name__ == "__main__":
    {"evaluate": evaluate, "render": render, "plan": plan}[sys.argv[1]](*sys.argv[2:])
