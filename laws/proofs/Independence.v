(** * Independence: no axiom follows from the other seven

    For each axiom a finite algebra, given by its tables, in which the seven
    others hold and it does not.  What is derivable from the seven holds in
    that algebra, so the axiom is not among it. *)
Require Import List Bool Arith.
Import ListNotations.

(** An algebra on the numbers below [size]; 0 is the empty fleet. *)
Record algebra := Algebra { size : nat; union_table : list nat; overlay_table : list nat }.
Section Axioms.
Variable m : algebra.
Definition elements := seq 0 (size m).
Definition u a b := nth (a * size m + b) (union_table m) 0.
Definition o a b := nth (a * size m + b) (overlay_table m) 0.
Definition closed := forallb (fun v => v <? size m) (union_table m ++ overlay_table m)
  && (length (union_table m) =? size m * size m) && (length (overlay_table m) =? size m * size m).

Definition axiom (k a b c : nat) : Prop :=
  match k with
  | 0 => u (u a b) c = u a (u b c)
  | 1 => u a b = u b a
  | 2 => u a 0 = a
  | 3 => o (o a b) c = o a (o b c)
  | 4 => o 0 a = a
  | 5 => o a 0 = a
  | 6 => o (u a b) c = u (o a c) (o b c)
  | _ => o a (u b c) = u (u (o (o a b) c) b) c
  end.
Definition holds k := forall a b c, In a elements -> In b elements -> In c elements -> axiom k a b c.

Definition axiom_dec k a b c : {axiom k a b c} + {~ axiom k a b c}.
Proof. unfold axiom. repeat (destruct k as [|k]; [apply Nat.eq_dec|]). apply Nat.eq_dec. Defined.
Definition holdsb k := forallb (fun a => forallb (fun b => forallb (fun c =>
  if axiom_dec k a b c then true else false) elements) elements) elements.
Lemma holdsb_holds k : holdsb k = true <-> holds k.
Proof.
  unfold holdsb, holds. rewrite forallb_forall. setoid_rewrite forallb_forall. setoid_rewrite forallb_forall.
  split.
  - intros H a b c A B C. specialize (H a A b B c C). destruct (axiom_dec k a b c); [auto|discriminate].
  - intros H a A b B c C. destruct (axiom_dec k a b c); auto.
Qed.
End Axioms.

(** The algebra that refutes axiom [k]. *)
Definition refuting (k : nat) : algebra :=
  match k with
  | 0 => Algebra 4 [0;1;2;3; 1;1;1;3; 2;1;2;2; 3;3;2;3] [0;1;2;3; 1;1;2;3; 2;1;2;3; 3;1;2;3]
  | 1 => Algebra 3 [0;1;2; 1;1;2; 2;1;2] [0;1;2; 1;1;2; 2;1;2]
  | 2 => Algebra 2 [1;1; 1;1] [0;1; 1;1]
  | 3 => Algebra 4 [0;1;2;3; 1;1;1;1; 2;1;2;2; 3;1;2;3] [0;1;2;3; 1;1;2;1; 2;1;2;3; 3;1;2;3]
  | 4 => Algebra 3 [0;1;2; 1;1;1; 2;1;1] [0;1;1; 1;1;1; 2;1;1]
  | 5 => Algebra 2 [0;1; 1;1] [0;1; 0;1]
  | 6 => Algebra 4 [0;1;2;3; 1;1;1;1; 2;1;2;1; 3;1;1;3] [0;1;2;3; 1;1;1;1; 2;1;2;3; 3;1;2;3]
  | _ => Algebra 3 [0;1;2; 1;1;1; 2;1;2] [0;1;2; 1;1;1; 2;1;1]
  end.

Theorem axioms_independent : forall k, k < 8 ->
  closed (refuting k) = true /\ ~ holds (refuting k) k /\
  forall j, j < 8 -> j <> k -> holds (refuting k) j.
Proof.
  intros k K. assert (C : forallb (fun k => closed (refuting k) && negb (holdsb (refuting k) k) &&
    forallb (fun j => (j =? k) || holdsb (refuting k) j) (seq 0 8)) (seq 0 8) = true) by (vm_compute; reflexivity).
  rewrite forallb_forall in C. specialize (C k (proj2 (in_seq 8 0 k) (conj (Nat.le_0_l k) K))).
  apply andb_true_iff in C as [C H]. apply andb_true_iff in C as [C N]. split; [auto|split].
  - rewrite <- holdsb_holds. intro E. rewrite E in N. discriminate.
  - intros j J D. rewrite forallb_forall in H. specialize (H j (proj2 (in_seq 8 0 j) (conj (Nat.le_0_l j) J))).
    apply orb_true_iff in H as [H|H]; [now apply Nat.eqb_eq in H | now apply holdsb_holds].
Qed.
