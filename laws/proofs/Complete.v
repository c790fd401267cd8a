(** * Completeness of the eight axioms: every valid equation follows *)
Require Import List Bool Arith Setoid Morphisms.
From Escadre Require Import Cells Terms Meaning Order Soundness Axioms.
Import ListNotations.

(** ** At one point: [S] says which variables define the path there, with one
    candidate each, the variable's number. *)
Fixpoint ne (S : nat -> bool) t :=
  match t with x i => S i | z => false | u a b => ne S a || ne S b | o a b => ne S a || ne S b end.
Fixpoint sem (S : nat -> bool) t (j : nat) : bool :=
  match t with
  | x i => S i && (i =? j)
  | z => false
  | u a b => sem S a j || sem S b j
  | o a b => if ne S b then sem S b j else sem S a j
  end.

Lemma sem_ne S a j : sem S a j = true -> ne S a = true.
Proof.
  induction a; simpl; auto; intro K.
  - now apply andb_true_iff in K.
  - apply orb_true_iff in K as [K|K]; rewrite ?(IHa1 K), ?(IHa2 K); auto using orb_true_r.
  - destruct (ne S a2) eqn:E; [now rewrite orb_true_r | now rewrite (IHa1 K)].
Qed.
Lemma ne_false S a j : ne S a = false -> sem S a j = false.
Proof. intro H. destruct (sem S a j) eqn:K; auto. apply sem_ne in K. congruence. Qed.
Lemma ne_sem S a : ne S a = true -> exists j, sem S a j = true.
Proof.
  induction a; simpl; intro K; try discriminate.
  - exists i. now rewrite K, Nat.eqb_refl.
  - apply orb_true_iff in K as [K|K]; [destruct (IHa1 K) as [j H]|destruct (IHa2 K) as [j H]];
      exists j; rewrite H; auto using orb_true_r.
  - destruct (ne S a2) eqn:E; auto. rewrite orb_false_r in K. auto.
Qed.

(** What is derivable holds at every point. *)
Ltac points S :=
  repeat match goal with |- context [ne S ?a] => is_var a; destruct (ne S a) eqn:? end; simpl;
  repeat match goal with H : ne S ?a = false |- context [sem S ?a ?j] => rewrite (ne_false S a j H) end; simpl;
  repeat match goal with |- context [sem S ?a ?j] => is_var a; destruct (sem S a j) end; simpl;
  try reflexivity; try discriminate.
Lemma derivable_points a b : a == b -> forall S, ne S a = ne S b /\ forall j, sem S a j = sem S b j.
Proof.
  induction 1; intro S;
    try (split; [|intro j]; simpl; points S; fail).
  - destruct (IHderivable S); split; auto.
  - destruct (IHderivable1 S), (IHderivable2 S); split; [congruence|intro; etransitivity; eauto].
  - destruct (IHderivable1 S), (IHderivable2 S); split; simpl; [congruence|intro; congruence].
  - destruct (IHderivable1 S) as [N1 M1], (IHderivable2 S) as [N2 M2]; split; simpl; [congruence|intro j].
    rewrite N2. destruct (ne S b'); auto.
Qed.

Lemma ne_word S w : ne S (word w) = existsb S w.
Proof. induction w; simpl; congruence. Qed.
(** The value of a word at [S] is its last letter in [S]. *)
Lemma sem_word S w j : sem S (word w) j = true ->
  exists p y, w = p ++ j :: y /\ S j = true /\ forallb (fun k => negb (S k)) y = true.
Proof.
  induction w as [|i w IH]; simpl; [discriminate|]. destruct (ne S (word w)) eqn:E; intro H.
  - destruct (IH H) as (p & y & -> & ? & ?). now exists (i :: p), y.
  - apply andb_true_iff in H as [H K]. apply Nat.eqb_eq in K; subst. exists [], w. repeat split; auto.
    rewrite ne_word in E. apply forallb_forall. intros k Hk. destruct (S k) eqn:Z; auto.
    assert (existsb S w = true) by (apply existsb_exists; eauto). congruence.
Qed.
Lemma sem_words S ws j : sem S (words ws) j = true -> exists w, In w ws /\ sem S (word w) j = true.
Proof.
  induction ws; simpl; [discriminate|]. intro H. apply orb_true_iff in H as [H|H]; eauto.
  destruct (IHws H) as (w & ? & ?); eauto.
Qed.
Lemma sub_points a b : sub a b -> forall S j, sem S a j = true -> sem S b j = true.
Proof.
  unfold sub; intros H S j K. destruct (derivable_points _ _ H S) as [_ E].
  rewrite <- E. simpl. rewrite K. apply orb_true_r.
Qed.

(** A word that is below a union of words at every point is derivably below. *)
Lemma word_below w ws : (forall S j, sem S (word w) j = true -> sem S (words ws) j = true) ->
  sub (word w) (words ws).
Proof.
  induction w as [|i v IH]; intro H.
  - unfold sub; simpl. apply u_zero.
  - assert (Hv : sub (word v) (words ws)).
    { apply IH. intros S j K. apply H. simpl. now rewrite (sem_ne _ _ _ K). }
    destruct (in_dec Nat.eq_dec i v) as [Hi|Hi].
    + simpl. unfold sub in *. now rewrite (absorb_letter i v Hi).
    + pose (S := fun k => if in_dec Nat.eq_dec k v then false else true).
      assert (N : ne S (word v) = false).
      { rewrite ne_word. destruct (existsb S v) eqn:E; auto. apply existsb_exists in E as (k & Hk & E).
        unfold S in E. destruct (in_dec _ k v); easy. }
      assert (K : sem S (words ws) i = true).
      { apply H. simpl. rewrite N, Nat.eqb_refl. unfold S. destruct (in_dec _ i v); easy. }
      apply sem_words in K as (w & Hw & K). apply sem_word in K as (p & y & -> & _ & Hy).
      assert (Hin : incl y v).
      { intros k Hk. rewrite forallb_forall in Hy. specialize (Hy _ Hk). unfold S in Hy.
        now destruct (in_dec _ k v). }
      assert (Hs : sub (o (x i) (word y)) (words ws)).
      { eapply sub_trans; [|apply sub_in; eassumption]. apply (sub_suffix p (i :: y)). }
      eapply sub_trans; [|apply sub_u; [exact Hs|exact Hv]].
      unfold sub. pose proof (chain (x i) (word y) (word v)) as Q.
      rewrite o_assoc, !(absorb_word y v Hin) in Q. simpl. rewrite Q. rewrite u_assoc, u_idem. reflexivity.
Qed.

Lemma points_derivable a b : (forall S j, sem S a j = sem S b j) -> a == b.
Proof.
  intro H. destruct (normal_form a) as [v Hv], (normal_form b) as [w Hw].
  assert (E : forall S j, sem S (words v) j = sem S (words w) j).
  { intros S j. destruct (derivable_points _ _ Hv S) as [_ A], (derivable_points _ _ Hw S) as [_ B].
    now rewrite <- A, <- B. }
  assert (M : forall p q, (forall S j, sem S (words p) j = true -> sem S (words q) j = true) ->
    sub (words p) (words q)).
  { intros p q K. assert (L : forall r, incl r p -> sub (words r) (words q)).
    { induction r; simpl; intro I. { unfold sub; apply u_zero. }
      apply sub_u; [|apply IHr; intros k Hk; apply I; simpl; auto].
      apply word_below. intros S j Z. apply K. eapply sub_points; [apply sub_in, I; simpl; eauto|auto]. }
    apply L, incl_refl. }
  rewrite Hv, Hw. assert (A : sub (words v) (words w)) by (apply M; intros S j; now rewrite E).
  assert (B : sub (words w) (words v)) by (apply M; intros S j; now rewrite E).
  unfold sub in *. rewrite <- A, u_comm. now rewrite B.
Qed.

(** ** In terms of fleets *)
Fixpoint embed (t : tm) : term :=
  match t with x i => Var i | z => Zero | u a b => Union (embed a) (embed b) | o a b => Overlay (embed a) (embed b) end.

Section Fleets.
Variables F P V : Type.
Variables (root : P -> P) (fleet_of : nat -> fleet F P V) (sels : nat -> F -> bool) (sets : nat -> P -> bool).
Hypothesis root_root : forall p, root (root p) = root p.
Notation den t := (denote root fleet_of sels sets (embed t)).
Definition three (f g h : fleet F P V) (i : nat) := match i with 0 => f | 1 => g | _ => h end.
(** The axioms hold by the checker, for any three fleets. *)
Lemma law_of_three l r f g h : Valid l r ->
  equal (denote root (three f g h) sels sets l) (denote root (three f g h) sels sets r).
Proof. intro H. apply H; auto. repeat split; intros i []. Qed.
Notation "'law' f g h" := (fun l r => law_of_three l r (den f) (den g) (den h)) (at level 0, f, g, h at level 0).
Notation a := (Var 0).
Notation b := (Var 1).
Notation c := (Var 2).
Lemma derivable_equal l r : l == r -> equal (den l) (den r).
Proof.
  induction 1 as [| | | | |f g h|f g|f|f g h|f|f|f g h|f g h].
  - reflexivity.
  - now symmetry.
  - etransitivity; eauto.
  - now apply union_proper.
  - now apply overlay_proper.
  - apply (law f g h (Union (Union a b) c) (Union a (Union b c))). by_decision.
  - apply (law f g z (Union a b) (Union b a)). by_decision.
  - apply (law f z z (Union a Zero) a). by_decision.
  - apply (law f g h (Overlay (Overlay a b) c) (Overlay a (Overlay b c))). by_decision.
  - apply (law f z z (Overlay Zero a) a). by_decision.
  - apply (law f z z (Overlay a Zero) a). by_decision.
  - apply (law f g h (Overlay (Union a b) c) (Union (Overlay a c) (Overlay b c))). by_decision.
  - apply (law f g h (Overlay a (Union b c)) (Union (Union (Overlay (Overlay a b) c) b) c)). by_decision.
Qed.
End Fleets.

(** One device, one path; a variable is a member where it defines the path. *)
Definition at_point (S : nat -> bool) (i : nat) : fleet unit unit nat :=
  fun _ => if S i then Some (fun _ => just i) else None.
Lemma claimed_at_point S sels sets t : forall j,
  claimed (denote (fun p => p) (at_point S) sels sets (embed t)) tt tt j <-> sem S t j = true.
Proof.
  induction t; simpl; intro j.
  - unfold claimed, at_point. destruct (S i); simpl; split.
    + intros (y & Y & C). injection Y as <-. simpl in C. subst. apply Nat.eqb_refl.
    + intro H. apply Nat.eqb_eq in H. subst. eexists. split; [reflexivity|]. reflexivity.
    + intros (y & Y & _). discriminate.
    + discriminate.
  - split; [intros (y & Y & _)|]; discriminate.
  - rewrite union_claimed, IHt1, IHt2. symmetry. apply orb_true_iff.
  - rewrite overlay_claimed. setoid_rewrite IHt1. setoid_rewrite IHt2.
    destruct (ne S t2) eqn:E; split.
    + intros [|[_ N]]; auto. apply ne_sem in E as [k E]. now apply N in E.
    + auto.
    + intros [K|[K _]]; auto. apply sem_ne in K. congruence.
    + intro K. right. split; auto. intros k L. apply sem_ne in L. congruence.
Qed.

(** An equation of 0, ∪ and ⊕ follows from the eight axioms iff it is valid. *)
Theorem axioms_complete a b : a == b <-> Valid (embed a) (embed b).
Proof.
  split.
  - intros H F P V root fleets sels sets I _. now apply derivable_equal.
  - intro H. apply points_derivable. intros S j.
    specialize (H unit unit nat (fun p => p) (at_point S) (fun _ _ => false) (fun _ _ => false)
      (fun _ => eq_refl)).
    assert (E : equal (denote (fun p => p) (at_point S) (fun _ _ => false) (fun _ _ => false) (embed a))
                      (denote (fun p => p) (at_point S) (fun _ _ => false) (fun _ _ => false) (embed b))).
    { apply H. repeat split; intros i []. }
    apply equal_relation in E as [_ E]. specialize (E tt tt j). rewrite !claimed_at_point in E.
    destruct (sem S a j), (sem S b j); auto; [symmetry|]; tauto.
Qed.
