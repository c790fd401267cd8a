"""DuckDB: each field is a CASE over columns; one thread.

duckdb_case.py evaluate DEVICES LAYERS FOLDER RUNS
    times full evaluation and edits on loaded columns, and writes the outputs to FOLDER
duckdb_case.py render DEVICES LAYERS
    what each device gets, one JSON object a line
duckdb_case.py plan DEVICES LAYERS
    what the first edit changes, one JSON object for each field of each device
"""

import json
import pathlib
import sys

import duckdb
import numpy
import told


def text(value):
    return "'" + value.replace("'", "''") + "'"


def holds(condition):
    """A condition in SQL; false where a label is missing."""
    ((kind, of),) = condition.items()
    match kind:
        case "always":
            return "true"
        case "is":
            label, values = of
            return f'"{label}" IN ({", ".join(map(text, values))})'
        case "has":
            return f'"{of}" IS NOT NULL'
        case "firmware":
            return f"firmware_minor >= {of}"
        case "cores":
            return f"cores >= {of}"
        case "both":
            return f"({holds(of[0])} AND {holds(of[1])})"
        case "not":
            # CASE takes null for false, and so must the test under NOT.
            return f"NOT coalesce({holds(of)}, false)"
    raise ValueError(kind)


def case(layers, value):
    """What the last layer says that holds, of a field's layers, the last first."""
    arms = []
    for layer in layers:
        if "always" in layer["if"]:
            return f"CASE {' '.join(arms)} ELSE {value(layer)} END" if arms else value(layer)
        arms.append(f"WHEN {holds(layer['if'])} THEN {value(layer)}")
    return f"CASE {' '.join(arms)} END" if arms else "NULL"


def code(layer):
    return f"{layer['code']}::UTINYINT"


def scan(devices, labels):
    """The devices of a file, with the labels that are asked for, numbers as numbers."""
    struct = ", ".join(f'"{label}" VARCHAR' for label in labels)
    columns = [f'labels."{label}" AS "{label}"' for label in labels if label not in NUMBERS]
    columns += [NUMBERS[label] for label in labels if label in NUMBERS]
    return (
        f"SELECT id, {', '.join(columns)} FROM read_json({text(devices)}, "
        f"format = 'newline_delimited', columns = {{id: 'VARCHAR', labels: 'STRUCT({struct})'}})"
    )


NUMBERS = {
    "cores": "labels.cores::INTEGER AS cores",
    "firmware": "split_part(labels.firmware, '.', 2)::UTINYINT AS firmware_minor",
}

# These have few values, so that comparing them is comparing small integers.
DICTIONARIES = ["ring", "gpu", "zone", "role", "os", "model", "site", "customer", "rack"]


def connect():
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    return connection


def load(connection, devices, labels):
    connection.execute(f"CREATE TABLE raw AS {scan(devices, labels)}")
    columns = []
    for (name,) in connection.execute("SELECT column_name FROM (DESCRIBE raw)").fetchall():
        if name in DICTIONARIES:
            values = f'SELECT DISTINCT "{name}" FROM raw WHERE "{name}" IS NOT NULL ORDER BY 1'
            connection.execute(f'CREATE TYPE "{name}_values" AS ENUM ({values})')
            columns.append(f'"{name}"::"{name}_values" AS "{name}"')
        else:
            columns.append(f'"{name}"')
    # The number of a device, as its place in the file, is what an edit answers with.
    columns.append("(row_number() OVER () - 1)::UINTEGER AS number")
    connection.execute(f"CREATE TABLE devices AS SELECT {', '.join(columns)} FROM raw")
    connection.execute("DROP TABLE raw")


def evaluate(devices, layers, folder, n_runs):
    connection = connect()
    all_fleets = told.fleets(layers)
    seconds, _ = told.least(1, lambda: load(connection, devices, all_fleets[0]["labels"]))
    answers = []
    for at, fleet in enumerate(all_fleets):
        answers.append(evaluate_one(connection, at, fleet, pathlib.Path(folder), int(n_runs)))
    notes = [f"loaded in {seconds:.1f} s, peak {told.peak_mib():.0f} MiB"]
    print(json.dumps({"fleets": answers, "notes": notes}))


def evaluate_one(connection, at, fleet, folder, n_runs):
    fields = told.fields(fleet["layers"])
    columns = [f'{case(layers, code)} AS "{i}"' for i, layers in enumerate(fields.values())]
    everything = f"SELECT {', '.join(columns)} FROM devices"
    full, answer = told.least(min(n_runs, 3), lambda: numbers(connection, everything))
    with open(folder / f"duckdb-full-{at}.bin", "wb") as out:
        for i in range(len(columns)):
            out.write(answer[str(i)].astype("uint8").tobytes())
    edits, in_full = [], []
    for number, edit in enumerate(fleet["edits"]):
        changed = told.edited_fields(fleet["layers"], edit["layers"])
        query = changed_devices(changed)
        seconds, answer = told.least(n_runs, lambda: numbers(connection, query))
        edits.append(seconds)
        rows = answer["number"].astype("<u4").tobytes()
        (folder / f"duckdb-edit-{at}-{number}.bin").write_bytes(rows)
        if number == 0:
            query = changed_devices(told.all_fields(fleet["layers"], edit["layers"]))
            seconds, again = told.least(1, lambda: numbers(connection, query))
            assert again["number"].astype("<u4").tobytes() == rows
            in_full.append(seconds)
    return {"full_s": full, "edits_s": edits, "edits_in_full_s": in_full}


def changed_devices(fields):
    differ = [f"{case(a, code)} IS DISTINCT FROM {case(b, code)}" for a, b in fields.values()]
    return f"SELECT number FROM devices WHERE {' OR '.join(differ)}"


def numbers(connection, query):
    """The columns of an answer as arrays; 0 is null."""
    columns = connection.execute(query).fetchnumpy()
    return {name: numpy.ma.filled(column, 0) for name, column in columns.items()}


def render(devices, layers):
    connection = connect()
    (fleet,) = told.fleets(layers)
    fields = told.fields(fleet["layers"])
    resources = {}
    for (resource, field), of in fields.items():
        key = json.dumps(field)
        member = lambda layer, key=key: text(f",{key}:{json.dumps(layer['value'])}")
        resources.setdefault(resource, []).append(case(of, member))
    objects = []
    for resource, cases in resources.items():
        # Each member brings its comma; a resource without members is null, and so left out.
        members = f"nullif(substr(concat({', '.join(cases)}), 2), '')"
        objects.append(f"{text(json.dumps(resource) + ':{')} || {members} || '}}'")
    whole = f"concat_ws(',', {', '.join(objects)})"
    line = f"""'{{"id":"' || id || '","resources":{{' || {whole} || '}}}}'"""
    source = scan(devices, told.labels(fleet["layers"]))
    write(connection, f"SELECT {line} FROM ({source})")


def plan(devices, layers):
    connection = connect()
    (fleet,) = told.fleets(layers)
    edited = told.edited_fields(fleet["layers"], fleet["edits"][0]["layers"])
    both = [layer for pair in edited.values() for of in pair for layer in of]
    source = scan(devices, told.labels(both))
    value = lambda layer: text(layer["value"])
    parts = []
    for (resource, field), (before, after) in edited.items():
        path = text(f"{resource}.{field}")
        before, after = case(before, value), case(after, value)
        parts.append(
            f"SELECT id AS device, {path} AS path, {before} AS before, {after} AS after FROM found"
        )
    changes = " UNION ALL ".join(parts)
    lines = "SELECT to_json({device: device, path: path, before: before, after: after})::VARCHAR"
    found = f"WITH found AS ({source})"
    write(connection, f"{found} {lines} FROM ({changes}) WHERE before IS DISTINCT FROM after")


def write(connection, query):
    # No byte of JSON is this one, so that nothing is quoted.
    options = "FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01'"
    connection.execute(f"COPY ({query}) TO '/dev/stdout' ({options})")


if __name__ == "__main__":
    {"evaluate": evaluate, "render": render, "plan": plan}[sys.argv[1]](*sys.argv[2:])
