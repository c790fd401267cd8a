(** * Completeness: what the checker refuses is false on one device

    A case in which the two sides differ is turned into one device and one
    resource of two paths, where each fleet writes its own number. *)
Require Import List Bool Arith NArith Lia.
From Escadre Require Import Cells Terms Meaning Decision Soundness.
Import ListNotations.
Set Implicit Arguments.

Inductive place := TheRoot | ThePath.
Definition place_root (_ : place) := TheRoot.
Definition claims_at (q : place) (s : state) :=
  match q with TheRoot => claims_root s | ThePath => claims_path s end.

(** Variable [i] in state [s], and a set of paths. *)
Definition concrete (i : nat) (s : state) : fleet unit place nat :=
  fun _ => if member s then Some (fun q => if claims_at q s then just i else nothing nat) else None.
Definition concrete_set (q : part) (at_ : place) : bool :=
  match at_ with TheRoot => fst q | ThePath => snd q end.

Section OneDevice.
Variables (e : nat -> state) (s : nat -> bool) (p : nat -> part).
Let fleet_of i := concrete i (e i).
Let selector_of i := fun _ : unit => s i.
Let set_of i := concrete_set (p i).
Notation den := (denote place_root fleet_of selector_of set_of).
Notation value := (evaluate e s p).

Lemma concrete_seen i : seen_state place_root tt (Some ThePath) (fleet_of i) = e i.
Proof. unfold seen_state, fleet_of, concrete. now destruct (e i). Qed.

Lemma concrete_correspondence t :
  corresponds place_root fleet_of tt (Some ThePath) (den t tt) (value t).
Proof.
  erewrite evaluate_local.
  - apply correspondence. reflexivity.
  - intros. symmetry. apply concrete_seen.
  - reflexivity.
  - intros. unfold seen_part, set_of. simpl. now destruct (p i).
Qed.

(** Every variable in a result claims the place that it is a result for. *)
Lemma lor_bit x y i : N.testbit (N.lor x y) i = true -> N.testbit x i = true \/ N.testbit y i = true.
Proof. rewrite N.lor_spec. apply orb_true_iff. Qed.
Lemma over_bit x y i : N.testbit (over_mask x y) i = true -> N.testbit x i = true \/ N.testbit y i = true.
Proof. unfold over_mask. destruct (y =? 0)%N; auto. Qed.
Lemma unless_bit x y i : N.testbit (unless_mask x y) i = true -> N.testbit x i = true.
Proof. unfold unless_mask. destruct (y =? 0)%N; auto. now rewrite N.bits_0. Qed.

Lemma bits t : forall R T, value t = Some (R, T) -> forall i,
  (N.testbit R (N.of_nat i) = true -> claims_root (e i) = true) /\
  (N.testbit T (N.of_nat i) = true -> claims_path (e i) = true).
Proof.
  induction t; simpl; intros R T H j.
  - destruct (member (e i)); inversion H; subst.
    split; intro K; apply bit_one_of in K as [K ->]; auto.
  - discriminate.
  - inversion H; subst. rewrite N.bits_0. split; discriminate.
  - destruct (value t1) as [[]|], (value t2) as [[]|]; inversion H; subst; eauto.
    split; intro K; apply lor_bit in K as [K|K];
      first [now apply (IHt1 _ _ eq_refl) | now apply (IHt2 _ _ eq_refl)].
  - destruct (value t1) as [[]|], (value t2) as [[]|]; inversion H; subst; eauto.
    split; intro K; apply over_bit in K as [K|K];
      first [now apply (IHt1 _ _ eq_refl) | now apply (IHt2 _ _ eq_refl)].
  - destruct (value t1) as [[R1 T1]|], (value t2) as [[R2 T2]|]; simpl in H; try discriminate; eauto.
    destruct (R1 =? 0)%N; inversion H; subst; eauto.
    split; intro K; apply over_bit in K as [K|K];
      first [now apply (IHt1 _ _ eq_refl) | now apply (IHt2 _ _ eq_refl)].
  - destruct (value t1) as [[R1 T1]|], (value t2) as [[R2 T2]|]; inversion H; subst; eauto.
    split; intro K; apply unless_bit in K; now apply (IHt1 _ _ eq_refl).
  - destruct (holds s s0); [eauto|discriminate].
  - destruct (value t2); [eauto|discriminate].
  - destruct (value t2); [discriminate|eauto].
  - destruct (value t) as [[R1 T1]|]; inversion H; subst.
    split; intro K; [destruct (holds (fun i => fst (p i)) P)|destruct (holds (fun i => snd (p i)) P)];
      try (now rewrite N.bits_0 in K); now apply (IHt _ _ eq_refl).
Qed.

Lemma written_concrete q i v :
  written fleet_of tt q i v <-> claims_at q (e i) = true /\ v = i.
Proof.
  unfold written, fleet_of, concrete.
  destruct (e i), q; simpl; intuition (auto; discriminate).
Qed.

(** The masks of a cell can be read off its candidates. *)
Lemma masks_equal q x y S T :
  made_of fleet_of tt q x S -> made_of fleet_of tt q y T -> same x y ->
  (forall i, N.testbit S (N.of_nat i) = true -> claims_at q (e i) = true) ->
  (forall i, N.testbit T (N.of_nat i) = true -> claims_at q (e i) = true) -> S = T.
Proof.
  intros [_ M] [_ K] E A B. apply N.bits_inj. intro j. rewrite <- (N2Nat.id j).
  set (i := N.to_nat j). specialize (M i). specialize (K i). specialize (E i).
  destruct (N.testbit S (N.of_nat i)) eqn:X, (N.testbit T (N.of_nat i)) eqn:Y; auto; exfalso.
  - assert (candidate x i) as C by (apply M; exists i; split; auto; apply written_concrete; auto).
    apply E, K in C as (i' & C & D). apply written_concrete in D as [_ ->]. congruence.
  - assert (candidate y i) as C by (apply K; exists i; split; auto; apply written_concrete; auto).
    apply E, M in C as (i' & C & D). apply written_concrete in D as [_ ->]. congruence.
Qed.

Lemma equal_values l r : equal (den l) (den r) -> value l = value r.
Proof.
  intro Q. specialize (Q tt).
  pose proof (concrete_correspondence l) as L. pose proof (concrete_correspondence r) as R.
  pose proof (bits l) as BL. pose proof (bits r) as BR.
  destruct (den l tt) as [x|], (den r tt) as [y|]; simpl in Q, L, R; try tauto;
  destruct (value l) as [[R1 T1]|], (value r) as [[R2 T2]|]; try tauto.
  destruct L as [L1 L2], R as [M1 M2].
  assert (R1 = R2).
  { eapply masks_equal; eauto; intros i K;
      [now apply (BL _ _ eq_refl) | now apply (BR _ _ eq_refl)]. }
  assert (T1 = T2).
  { eapply masks_equal; eauto; intros i K;
      [now apply (BL _ _ eq_refl) | now apply (BR _ _ eq_refl)]. }
  now subst.
Qed.
End OneDevice.

Lemma forallb_false T (f : T -> bool) l : forallb f l = false -> exists x, In x l /\ f x = false.
Proof.
  induction l; simpl; [discriminate|]. intro H. apply andb_false_iff in H as [H|H]; eauto.
  destruct (IHl H) as (x & I & K). eauto.
Qed.

(** A refused equation fails on one device and one resource of two paths, with
    values the numbers of the variables. *)
Theorem counterexample c l r : check c l r = false ->
  exists fleet_of selector_of set_of,
    @satisfies c unit place nat place_root fleet_of set_of /\
    ~ equal (denote place_root fleet_of selector_of set_of l)
            (denote place_root fleet_of selector_of set_of r).
Proof.
  unfold check. intro H.
  apply forallb_false in H as (e & E & H). apply forallb_false in H as (s & S & H).
  apply forallb_false in H as (p & P & H). unfold agree_at in H.
  exists (fun i => concrete i (read Absent e i)), (fun i _ => read false s i),
    (fun i => concrete_set (read (false, false) p i)).
  split.
  - assert (A : forall i, state_allowed c i (read Absent e i) = true).
    { intro i. destruct (Nat.lt_ge_cases i (length e)) as [L|L].
      - rewrite (@cases_length _ _ _ _ _ E) in L.
        apply (@cases_domain _ Absent _ _ _ _ E) in L. now apply filter_In in L.
      - unfold read. rewrite nth_overflow by auto. apply orb_true_r. }
    assert (B : forall i, part_allowed c i (read (false, false) p i) = true).
    { intro i. destruct (Nat.lt_ge_cases i (length p)) as [L|L].
      - rewrite (@cases_length _ _ _ _ _ P) in L.
        apply (@cases_domain _ (false, false) _ _ _ _ P) in L. now apply filter_In in L.
      - unfold read. rewrite nth_overflow by auto. unfold part_allowed. simpl. now rewrite !orb_true_r. }
    repeat split.
    + intros i I d x q X D. specialize (A i). apply within_list_in in I. unfold state_allowed in A.
      rewrite I in A. unfold concrete in X. revert X D. simpl in A.
      destruct (read Absent e i); simpl; try discriminate; intro X; inversion X; subst; simpl; auto;
        destruct q; simpl; auto.
    + intros i I q. specialize (B i). apply within_list_in in I. unfold part_allowed in B.
      rewrite I in B. apply andb_true_iff in B as [B _]. simpl in B. revert B.
      destruct (read (false, false) p i) as [[] []], q; simpl; auto.
    + intros i I q. specialize (B i). apply within_list_in in I. unfold part_allowed in B.
      rewrite I in B. apply andb_true_iff in B as [_ B]. simpl in B. revert B.
      destruct (read (false, false) p i) as [[] []], q; simpl; auto.
  - intro Q. apply equal_values in Q. apply point_eqb_eq in Q. congruence.
Qed.

Theorem check_complete c l r : check c l r = false -> ~ ValidGiven c l r.
Proof.
  intros H V. destruct (counterexample _ _ _ H) as (f & s & p & S & N).
  apply N, V; auto.
Qed.
Theorem check_correct c l r : check c l r = true <-> ValidGiven c l r.
Proof.
  split; [apply check_sound|]. intro V. destruct (check c l r) eqn:K; auto.
  now apply check_complete in K.
Qed.
Theorem validity_decidable c l r : {ValidGiven c l r} + {~ ValidGiven c l r}.
Proof.
  destruct (check c l r) eqn:K; [left; now apply check_sound | right; now apply check_complete].
Qed.

(** A non-law is refuted by running the checker inside Coq. *)
Ltac by_counterexample := apply check_complete; vm_compute; reflexivity.
