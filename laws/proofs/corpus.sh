#!/bin/sh
# Prints the corpus, one JSON object a line: corpus.sh [LINES], 10000 unless told.
# Compiles the proofs that the generator needs, in a directory of its own.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here"/*.v "$here/main.ml" "$work"
cd "$work"
for file in Cells Terms Meaning Decision Soundness Completeness Notation Random Seeds Corpus Extract; do
  coqc -q -Q . Escadre "$file.v" >&2
done
ocamlfind ocamlopt -w -a corpus.mli corpus.ml main.ml -o corpus >&2
./corpus "${1:-10000}"
