#!/bin/sh
# Adds a law that does not hold to a copy of the catalogue and of the proofs, and checks that
# decide, sample, exhaust and Coq each refuse it, by name; then one that holds, which each accepts.
# The three drivers run as the crate's own tests run them, Coq as for every other theorem.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "error: $*" >&2
  exit 1
}

# The copy is a workspace of its own, in a folder of another name, so that nothing compiled with a
# false law is ever taken for the real crate.
prepare() {
  sed -e 's|^members = .*|members = ["more-laws"]|' -e '/^default-members = /d' \
    -e '/^exclude = /d' -e "s|path = \"|path = \"$root/|" "$root/Cargo.toml" > "$work/Cargo.toml"
  cp "$root/Cargo.lock" "$work"
  cp -Rp "$root/laws" "$work/more-laws"
  mkdir "$work/proofs"
  cp "$root"/laws/proofs/*.v "$work/proofs"
  sed '/^Notation\.v$/q' "$root/laws/proofs/order" | while read -r file; do
    (cd "$work/proofs" && coqc -q -Q . Escadre "$file")
  done
}

# add ID EQUATION: the catalogue of the copy is that of the checkout and one row more.
add() {
  cp "$root/laws/src/catalogue/laws.txt" "$work/more-laws/src/catalogue/laws.txt"
  echo "$1 | newest law | $2 | | It was added just now." >> "$work/more-laws/src/catalogue/laws.txt"
  printf 'From Escadre Require Import Notation.\nTheorem %s : %s.\nProof. by_decision. Qed.\n' \
    "$1" "$(echo "$2" | sed 's/ = / == /')" > "$work/proofs/$1.v"
  (cd "$work" && CARGO_TARGET_DIR=$target cargo test --quiet --offline --test it --no-run)
}

# The driver's test over the whole catalogue of the copy.
decide() { driver decide::every_law_is_proved; }
sample() { driver trials::every_law_holds_on_random_fleets; }
exhaust() { driver trials::every_law_holds_on_a_small_universe; }
driver() {
  (cd "$work" && CARGO_TARGET_DIR=$target cargo test --quiet --offline --test it -- --exact "$1")
}
coq() { (cd "$work/proofs" && coqc -q -Q . Escadre "$id.v"); }

# refused HOW PATTERN: `HOW` fails, names the law, and says what PATTERN matches.
refused() {
  if "$1" > "$work/said" 2>&1; then fail "$1 accepts $id, which does not hold"; fi
  grep -q "$id" "$work/said" || fail "$1 does not name $id: $(cat "$work/said")"
  grep -q "$2" "$work/said" || fail "$1 does not say why: $(cat "$work/said")"
  echo "$1 refuses it:"
  grep -e "$id" -e '^  [abc] = ' -e '^  on ' -e '^ *left: ' -e '^  right: ' -e '^Error' \
    "$work/said" | sed 's/^ */    /'
}

accepted() {
  if ! "$1" > "$work/said" 2>&1; then fail "$1 refuses $id, which holds: $(cat "$work/said")"; fi
  case $1 in
    coq) test -f "$work/proofs/$id.vo" || fail "coq compiled nothing" ;;
    *) grep -q '1 passed' "$work/said" || fail "$1 tried nothing: $(cat "$work/said")" ;;
  esac
  echo "$1 accepts it"
}

prepare

id=overlay_part_by_part
equation='a ⊕ (b ∪ c) = (a ⊕ b) ∪ c'
echo "$equation, which does not hold:"
add "$id" "$equation"
refused decide 'left: Some("a='
refused sample '^  right: '
refused exhaust '^  right: '
refused coq 'Unable to unify "true" with "false"'

id=overlay_last_of_four
equation='a ⊕ b ⊕ c ⊕ a = b ⊕ c ⊕ a'
echo "$equation, which holds:"
add "$id" "$equation"
accepted decide
accepted sample
accepted exhaust
accepted coq

echo "a false law is refused by 4 of 4, a true law accepted by 4 of 4"
