(** * Cells: the candidate values of one path on one device

    A path may have no candidate (nobody claims it), one (it is resolved) or
    several (a conflict).  A cell is a set of values, given by its
    characteristic predicate, together with the Boolean answer to the question
    "is there any?", which is all that the operators of the algebra look at. *)
Require Import Bool Setoid.
Set Implicit Arguments.

Record cell (V : Type) := Cell {
  candidate : V -> Prop;
  defined : bool;
  defined_ok : defined = true <-> exists v, candidate v }.
Arguments candidate {V} _ _.
Arguments defined {V} _.
Arguments defined_ok {V} _.

Section Cells.
Variable V : Type.

(** No candidate. *)
Definition nothing : cell V.
  refine (@Cell V (fun _ => False) false _).
  abstract (split; [discriminate | intros [? []]]).
Defined.

(** Exactly one candidate. *)
Definition just (v : V) : cell V.
  refine (@Cell V (fun w => w = v) true _).
  abstract (split; eauto).
Defined.

(** The candidates of both. *)
Definition both (a b : cell V) : cell V.
  refine (@Cell V (fun v => candidate a v \/ candidate b v) (defined a || defined b) _).
  abstract (rewrite orb_true_iff, (defined_ok a), (defined_ok b); split;
    [ intros [[v H]|[v H]]; exists v; auto
    | intros [v [H|H]]; [left|right]; exists v; auto ]).
Defined.

(** [b]'s candidates where it has any, else [a]'s. *)
Definition over (a b : cell V) : cell V := if defined b then b else a.

(** [a]'s candidates, unless [b] has any. *)
Definition unless (a b : cell V) : cell V := if defined b then nothing else a.

(** Equal candidates. *)
Definition same (a b : cell V) := forall v, candidate a v <-> candidate b v.

Lemma same_defined a b : same a b -> defined a = defined b.
Proof.
  intro H. destruct (defined a) eqn:A, (defined b) eqn:B; auto; exfalso.
  - apply defined_ok in A as [v A]. apply H in A.
    assert (defined b = true) by (apply defined_ok; eauto). congruence.
  - apply defined_ok in B as [v B]. apply H in B.
    assert (defined a = true) by (apply defined_ok; eauto). congruence.
Qed.

Lemma undefined_none (a : cell V) v : defined a = false -> ~ candidate a v.
Proof.
  intros H K. assert (defined a = true) by (apply defined_ok; eauto). congruence.
Qed.
End Cells.
