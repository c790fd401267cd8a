(** * Notation: laws as they are written on paper *)
From Escadre Require Export Terms Meaning Decision Soundness Completeness.
Require Export List.
Export ListNotations.

(** Fleets, selectors and sets of paths. *)
Notation a := (Var 0).
Notation b := (Var 1).
Notation c := (Var 2).
Notation d := (Var 3).
Notation s := (Atom 0).
Notation t := (Atom 1).
Notation P := (Atom 0).
Notation Q := (Atom 1).

Infix "∪" := Union (at level 50, left associativity).
Infix "⊕" := Overlay (at level 50, left associativity).
Infix "◁" := Patch (at level 50, left associativity).
Infix "◀" := PatchByDevice (at level 50, left associativity).
Infix "mask" := Mask (at level 50, left associativity).
Notation "s · f" := (Restrict s f) (at level 45, right associativity).
Infix "∧" := And (at level 40, left associativity).
Infix "∨" := Or (at level 42, left associativity).
Notation "¬ s" := (Not s) (at level 35, right associativity).

(** [f == g] is the equation; [f ⊑ g] says that [f ∪ g = g]. *)
Notation "f == g" := (Valid f g) (at level 70).
Notation "f =/= g" := (~ Valid f g) (at level 70).
Notation "f ⊑ g" := (Below f g) (at level 70).
Notation "f ⋢ g" := (~ Below f g) (at level 70).
(** The same where the fleets with these numbers have no orphans. *)
Notation "f == g 'without' 'orphans' 'in' l" :=
  (ValidGiven (Given l nil nil) f g) (at level 70, g at next level).
(** The membership of a fleet, with no claims. *)
Definition D (f : term) := Within One f.
