(** * Soundness: what the checker accepts holds for every inventory

    The value of a term at the point, a pair of sets of variables, corresponds
    to the term's denotation there: the candidates at the root and at the path
    are those of the variables in the sets. *)
Require Import List Bool Arith NArith Lia.
From Escadre Require Import Cells Terms Meaning Decision.
Import ListNotations.
Set Implicit Arguments.

Lemma bit_one_of i j claimed :
  N.testbit (one_of i claimed) (N.of_nat j) = true <-> claimed = true /\ j = i.
Proof.
  destruct claimed; simpl.
  2:{ rewrite N.bits_0. split; [discriminate | intros [? _]; discriminate]. }
  unfold one_of. destruct (N.lt_ge_cases (N.of_nat j) (N.of_nat i)) as [L|L].
  - rewrite N.shiftl_spec_low by auto. split; [discriminate | intros [_ ->]; lia].
  - rewrite N.shiftl_spec_high' by auto. split.
    + destruct (N.of_nat j - N.of_nat i)%N eqn:Z.
      * intros _. split; auto. lia.
      * simpl. destruct p; discriminate.
    + intros [_ ->]. now rewrite N.sub_diag.
Qed.
Lemma one_of_zero i claimed : (one_of i claimed =? 0)%N = negb claimed.
Proof. now destruct claimed. Qed.

Section Correspondence.
Variables Facts Path Value : Type.
Variable root : Path -> Path.
Hypothesis root_root : forall p, root (root p) = root p.
Variables (fleet_of : nat -> fleet Facts Path Value) (selector_of : nat -> Facts -> bool)
          (set_of : nat -> Path -> bool).
Variable d : Facts.
Notation den := (denote root fleet_of selector_of set_of).

(** What the checker sees of a fleet and of a set of paths; there may be no
    path at all ([None]), and then it sees membership only. *)
Definition seen_state (p : option Path) (f : fleet Facts Path Value) : state :=
  match f d, p with
  | None, _ => Absent
  | Some _, None => Bare
  | Some x, Some q => state_of true (defined (x (root q))) (defined (x q))
  end.
Definition seen_part (p : option Path) (P : Path -> bool) : part :=
  match p with None => (false, false) | Some q => (P (root q), P q) end.
Notation value p := (evaluate (fun i => seen_state p (fleet_of i)) (fun i => selector_of i d)
                              (fun i => seen_part p (set_of i))).

(** [v] is a candidate of variable [i] at path [q]. *)
Definition written (q : Path) (i : nat) (v : Value) :=
  match fleet_of i d with None => False | Some x => candidate (x q) v end.
(** Cell [x] at path [q] holds the candidates of the variables in [T]. *)
Definition made_of (q : Path) (x : cell Value) (T : N) :=
  defined x = negb (T =? 0)%N /\
  forall v, candidate x v <-> exists i, N.testbit T (N.of_nat i) = true /\ written q i v.
Definition corresponds (p : option Path) (r : option (claims Path Value)) (a : point) :=
  match r, a with
  | None, None => True
  | Some x, Some (R, T) =>
      match p with None => True | Some q => made_of (root q) (x (root q)) R /\ made_of q (x q) T end
  | _, _ => False
  end.

Lemma made_of_nothing q : made_of q (nothing Value) 0%N.
Proof.
  split; auto. intro v; split; [intros [] | intros [j [H _]]]. now rewrite N.bits_0 in H.
Qed.
Lemma made_of_var q i x : fleet_of i d = Some x -> made_of q (x q) (one_of i (defined (x q))).
Proof.
  intro H. split; [rewrite one_of_zero; now rewrite negb_involutive|].
  intro v; split.
  - intro K. exists i. rewrite bit_one_of. unfold written. rewrite H. repeat split; auto.
    apply defined_ok. eauto.
  - intros [j [K L]]. apply bit_one_of in K as [_ ->]. unfold written in L. now rewrite H in L.
Qed.
Lemma made_of_both q x y S T : made_of q x S -> made_of q y T -> made_of q (both x y) (N.lor S T).
Proof.
  intros [D M] [E K]. split.
  - simpl. rewrite D, E. destruct (S =? 0)%N eqn:A, (T =? 0)%N eqn:B; simpl; symmetry;
      try (apply negb_false_iff, N.eqb_eq); try (apply negb_true_iff, N.eqb_neq);
      rewrite ?N.eqb_eq, ?N.eqb_neq in *; try (rewrite N.lor_eq_0_iff); subst; tauto.
  - intro v; simpl. rewrite M, K. split.
    + intros [[i [H V]]|[i [H V]]]; exists i; rewrite N.lor_spec, H; split; auto; apply orb_true_r.
    + intros [i [H V]]. rewrite N.lor_spec in H. apply orb_true_iff in H as [H|H]; [left|right]; eauto.
Qed.
Lemma made_of_over q x y S T : made_of q x S -> made_of q y T -> made_of q (over x y) (over_mask S T).
Proof.
  intros M [E K]. unfold over, over_mask. rewrite E. destruct (T =? 0)%N eqn:B; simpl; auto.
  split; [now rewrite B|auto].
Qed.
Lemma made_of_unless q x y S T : made_of q x S -> made_of q y T -> made_of q (unless x y) (unless_mask S T).
Proof.
  intros M [E K]. unfold unless, unless_mask. rewrite E. destruct (T =? 0)%N; simpl; auto using made_of_nothing.
Qed.
Lemma contains_seen q P : holds (fun i => fst (seen_part (Some q) (set_of i))) P = contains set_of P (root q) /\
  holds (fun i => snd (seen_part (Some q) (set_of i))) P = contains set_of P q.
Proof. split; reflexivity. Qed.

Lemma correspondence p t : corresponds p (den t d) (value p t).
Proof.
  induction t; simpl.
  - (* Var *) unfold seen_state. destruct (fleet_of i d) as [x|] eqn:H; simpl; auto.
    destruct p as [q|]; simpl; auto.
    pose proof (made_of_var (root q) H). pose proof (made_of_var q H).
    destruct (defined (x (root q))) eqn:R, (defined (x q)) eqn:T; simpl; auto.
  - exact I.
  - destruct p; simpl; auto using made_of_nothing.
  - (* Union *) unfold union, pointwise.
    destruct (den t1 d), (value p t1) as [[R1 T1]|]; simpl in *; try tauto;
    destruct (den t2 d), (value p t2) as [[R2 T2]|]; simpl in *; try tauto.
    destruct p as [q|]; auto. intuition auto using made_of_both.
  - (* Overlay *) unfold overlay, pointwise.
    destruct (den t1 d), (value p t1) as [[R1 T1]|]; simpl in *; try tauto;
    destruct (den t2 d), (value p t2) as [[R2 T2]|]; simpl in *; try tauto.
    destruct p as [q|]; auto. intuition auto using made_of_over.
  - (* Patch *) unfold patch, onto.
    destruct (den t1 d) as [x|], (value p t1) as [[R1 T1]|]; simpl in *; try tauto;
    destruct (den t2 d) as [y|], (value p t2) as [[R2 T2]|]; simpl in *; try tauto.
    destruct p as [q|]; [|now destruct (R1 =? 0)%N].
    destruct IHt1 as [A B], IHt2 as [C D]. rewrite root_root. rewrite (proj1 A).
    destruct (R1 =? 0)%N; simpl; auto using made_of_over.
  - (* Mask *) unfold mask, onto.
    destruct (den t1 d) as [x|], (value p t1) as [[R1 T1]|]; simpl in *; try tauto;
    destruct (den t2 d) as [y|], (value p t2) as [[R2 T2]|]; simpl in *; try tauto.
    destruct p as [q|]; auto. intuition auto using made_of_unless.
  - (* Restrict *) unfold restrict, selects. now destruct (holds _ s).
  - (* Within *) unfold within.
    destruct (den t2 d), (value p t2) as [[? ?]|]; simpl in *; tauto.
  - (* Without *) unfold without.
    destruct (den t2 d), (value p t2) as [[? ?]|]; simpl in *; tauto.
  - (* Forget *) unfold forget.
    destruct (den t d) as [x|], (value p t) as [[R T]|]; simpl in *; try tauto.
    destruct p as [q|]; auto. destruct (contains_seen q P) as [-> ->]. destruct IHt as [A B].
    simpl.
    destruct (contains set_of P (root q)), (contains set_of P q); auto using made_of_nothing.
Qed.

(** What is seen is allowed by the condition that the variables satisfy. *)
Variable c : condition.
Hypothesis satisfied : satisfies c root fleet_of set_of.

Lemma within_list_in i l : within_list i l = true <-> In i l.
Proof.
  unfold within_list. rewrite existsb_exists. split.
  - intros (j & H & K). apply Nat.eqb_eq in K. now subst.
  - intro H. exists i. now rewrite Nat.eqb_refl.
Qed.
Lemma state_seen p i : In (seen_state p (fleet_of i)) (filter (state_allowed c i) states).
Proof.
  apply filter_In. split. { destruct (seen_state p (fleet_of i)); simpl; auto 6. }
  unfold state_allowed. destruct (within_list i (no_orphans c)) eqn:W; auto. simpl.
  apply within_list_in in W. destruct satisfied as (O & _ & _). specialize (O i W d).
  unfold seen_state. destruct (fleet_of i d) as [x|]; auto. destruct p as [q|]; auto.
  specialize (O x q eq_refl). unfold state_of.
  destruct (defined (x (root q))), (defined (x q)); auto.
Qed.
Lemma part_seen p i : In (seen_part p (set_of i)) (filter (part_allowed c i) parts).
Proof.
  apply filter_In. split. { destruct (seen_part p (set_of i)) as [[] []]; simpl; auto. }
  unfold part_allowed, seen_part. destruct satisfied as (_ & B & A).
  destruct p as [q|]; simpl; [|destruct (within_list _ _), (within_list _ _); auto].
  apply andb_true_iff; split.
  - destruct (within_list i (below c)) eqn:W; auto. apply within_list_in in W.
    specialize (B i W q). simpl. destruct (set_of i (root q)); simpl; auto.
  - destruct (within_list i (above c)) eqn:W; auto. apply within_list_in in W.
    specialize (A i W q). simpl. destruct (set_of i q); simpl; auto.
Qed.
Lemma values_agree l r p : check c l r = true -> value p l = value p r.
Proof.
  unfold check. intro H. rewrite forallb_forall in H.
  specialize (H _ (cases_all _ _ (Nat.max (fleets l) (fleets r)) 0 (state_seen p))). cbv beta in H.
  rewrite forallb_forall in H.
  assert (B : forall i, In (selector_of i d) [true; false]) by (intro i; destruct (selector_of i d); simpl; auto).
  specialize (H _ (cases_all _ _ (Nat.max (selectors l) (selectors r)) 0 B)). cbv beta in H.
  rewrite forallb_forall in H.
  specialize (H _ (cases_all _ _ (Nat.max (path_sets l) (path_sets r)) 0 (part_seen p))).
  apply point_eqb_eq in H. etransitivity; [|etransitivity; [exact H|]]; apply evaluate_local;
    intros; rewrite read_map; auto; lia.
Qed.
Lemma equal_here l r : check c l r = true ->
  match den l d, den r d with
  | None, None => True
  | Some x, Some y => forall p, same (x p) (y p)
  | _, _ => False
  end.
Proof.
  intro H.
  pose proof (correspondence None l) as A. pose proof (correspondence None r) as B.
  rewrite (values_agree l r None H) in A.
  destruct (value None r) as [[R T]|], (den l d) as [x|] eqn:X, (den r d) as [y|] eqn:Y;
    simpl in A, B; try tauto.
  intro p. pose proof (correspondence (Some p) l) as C. pose proof (correspondence (Some p) r) as D.
  rewrite X, (values_agree l r (Some p) H) in C. rewrite Y in D.
  destruct (value (Some p) r) as [[R' T']|]; simpl in C, D; [|tauto].
  destruct C as [_ [_ C]], D as [_ [_ D]]. intro v. now rewrite C, D.
Qed.
End Correspondence.

Theorem check_sound c l r : check c l r = true -> ValidGiven c l r.
Proof.
  intros H Facts Path Value root fleet_of selector_of set_of I S d.
  exact (equal_here I selector_of d S l r H).
Qed.

(** A law is proved by running the checker inside Coq. *)
Ltac by_decision := apply check_sound; vm_compute; reflexivity.
