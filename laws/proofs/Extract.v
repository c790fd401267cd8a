(** * Extraction: the checker and the generator of the corpus, to OCaml

    Writes [corpus.ml] and [corpus.mli] into the working directory. *)
From Escadre Require Import Decision Corpus.
Require Import Extraction ExtrOcamlBasic ExtrOcamlNativeString ExtrOcamlNatInt.
Extraction Language OCaml.
Extraction "corpus.ml" check line first_seed.
