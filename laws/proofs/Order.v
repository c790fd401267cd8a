(** * Order: equality and inclusion of fleets

    Fleets up to [equal] are relations between devices, paths and values
    together with a set of members; [⊑] is inclusion. *)
Require Import List Bool Setoid Morphisms.
From Escadre Require Import Cells Terms Meaning.
Set Implicit Arguments.

Section Order.
Variables Facts Path Value : Type.
Notation fleet := (fleet Facts Path Value).
Implicit Types f g h : fleet.

Definition is_member f d := f d <> None.
(** [v] is a candidate of [f] on device [d] at path [p]. *)
Definition claimed f d p v := exists x, f d = Some x /\ candidate (x p) v.

Lemma equal_relation f g : equal f g <->
  (forall d, is_member f d <-> is_member g d) /\ (forall d p v, claimed f d p v <-> claimed g d p v).
Proof.
  unfold equal, is_member, claimed. split.
  - intro E. split.
    + intro d. specialize (E d). destruct (f d), (g d); try tauto; split; congruence.
    + intros d p v. specialize (E d). destruct (f d) as [x|], (g d) as [y|]; try tauto.
      split; intros (z & Z & C); injection Z as <-; eexists; split; eauto; now apply (E p).
  - intros [M C] d. specialize (M d). specialize (C d). destruct (f d) as [x|], (g d) as [y|]; auto.
    + intros p v. specialize (C p v). split; intro K.
      * assert (exists z, Some x = Some z /\ candidate (z p) v) as Z by eauto.
        apply C in Z as (z & Z & L). now injection Z as <-.
      * assert (exists z, Some y = Some z /\ candidate (z p) v) as Z by eauto.
        apply C in Z as (z & Z & L). now injection Z as <-.
    + assert (@None (claims Path Value) <> None) as [] by (now apply M). reflexivity.
    + assert (@None (claims Path Value) <> None) as [] by (now apply M). reflexivity.
Qed.

Lemma equal_refl f : equal f f.
Proof. now apply equal_relation. Qed.
Lemma equal_sym f g : equal f g -> equal g f.
Proof. rewrite !equal_relation. intros [M C]. split; intros; symmetry; auto. Qed.
Lemma equal_trans f g h : equal f g -> equal g h -> equal f h.
Proof.
  rewrite !equal_relation. intros [M C] [N K]. split; intros.
  - now rewrite M, N.
  - now rewrite C, K.
Qed.

Lemma union_member f g d : is_member (union f g) d <-> is_member f d \/ is_member g d.
Proof.
  unfold is_member, union, pointwise. destruct (f d), (g d); split; intuition congruence.
Qed.
Lemma union_claimed f g d p v : claimed (union f g) d p v <-> claimed f d p v \/ claimed g d p v.
Proof.
  unfold claimed, union, pointwise. destruct (f d) as [x|], (g d) as [y|]; split.
  - intros (z & Z & C). injection Z as <-. destruct C; [left|right]; eauto.
  - intros [(z & Z & C)|(z & Z & C)]; injection Z as <-; eexists; split; eauto; [left|right]; auto.
  - eauto.
  - intros [|(z & Z & _)]; [auto|discriminate].
  - eauto.
  - intros [(z & Z & _)|]; [discriminate|auto].
  - eauto.
  - intros [|]; auto.
Qed.
Lemma overlay_member f g d : is_member (overlay f g) d <-> is_member f d \/ is_member g d.
Proof.
  unfold is_member, overlay, pointwise. destruct (f d), (g d); split; intuition congruence.
Qed.
(** [g]'s candidates; [f]'s where [g] has none. *)
Lemma overlay_claimed f g d p v : claimed (overlay f g) d p v <->
  claimed g d p v \/ (claimed f d p v /\ forall w, ~ claimed g d p w).
Proof.
  unfold claimed, overlay, pointwise, over. destruct (f d) as [x|], (g d) as [y|]; split.
  - intros (z & Z & C). injection Z as <-. destruct (defined (y p)) eqn:E; [left; eauto|].
    right. split; [eauto|]. intros w (z & Z & K). injection Z as <-. now apply (undefined_none _ w) in E.
  - intros [(z & Z & C)|[(z & Z & C) N]]; injection Z as <-; eexists; split; eauto; simpl.
    + assert (defined (y p) = true) as -> by (apply defined_ok; eauto). auto.
    + destruct (defined (y p)) eqn:E; auto. apply defined_ok in E as [w E]. exfalso. eapply N; eauto.
  - intro C. right. split; auto. intros w (z & Z & _). discriminate.
  - intros [(z & Z & _)|[C _]]; [discriminate|auto].
  - auto.
  - intros [C|[(z & Z & _) _]]; [auto|discriminate].
  - auto.
  - intros [C|[C _]]; auto.
Qed.

(** ** Inclusion *)
Definition included f g := equal (union f g) g.

Lemma included_relation f g : included f g <->
  (forall d, is_member f d -> is_member g d) /\ (forall d p v, claimed f d p v -> claimed g d p v).
Proof.
  unfold included. rewrite equal_relation. split; intros [M C].
  - split; intros; [apply M, union_member | apply C, union_claimed]; auto.
  - split; intros; rewrite ?union_member, ?union_claimed; intuition.
Qed.
Theorem below_transitive f g h : included f g -> included g h -> included f h.
Proof. rewrite !included_relation. intros [M C] [N K]. auto. Qed.
Theorem below_antisymmetric f g : included f g -> included g f -> equal f g.
Proof.
  rewrite !included_relation, equal_relation. intros [M C] [N K]. split; intros; split; auto.
Qed.
Theorem union_least_upper_bound f g h : included (union f g) h <-> included f h /\ included g h.
Proof.
  rewrite !included_relation. setoid_rewrite union_member. setoid_rewrite union_claimed.
  split; intuition.
Qed.
Theorem below_union_least f g h : included f h -> included g h -> included (union f g) h.
Proof. intros. now apply union_least_upper_bound. Qed.
(** What is laid over a larger fleet gives a larger one. *)
Theorem below_overlay_monotone f g h : included f g -> included (overlay f h) (overlay g h).
Proof.
  rewrite !included_relation. intros [M C]. split.
  - intros d. rewrite !overlay_member. intuition.
  - intros d p v. rewrite !overlay_claimed. intuition.
Qed.
Theorem union_monotone f g h : included f g -> included (union f h) (union g h).
Proof.
  rewrite !included_relation. intros [M C]. split.
  - intros d. rewrite !union_member. intuition.
  - intros d p v. rewrite !union_claimed. intuition.
Qed.
End Order.

#[global] Instance equal_equivalence F P V : Equivalence (@equal F P V).
Proof. split; [exact (@equal_refl F P V) | exact (@equal_sym F P V) | exact (@equal_trans F P V)]. Qed.
#[global] Instance union_proper F P V : Proper (@equal F P V ==> @equal F P V ==> @equal F P V) (@union F P V).
Proof.
  intros f f' E g g' K. apply equal_relation in E as [M C], K as [N L]. apply equal_relation. split; intros.
  - now rewrite !union_member, M, N.
  - now rewrite !union_claimed, C, L.
Qed.
#[global] Instance overlay_proper F P V : Proper (@equal F P V ==> @equal F P V ==> @equal F P V) (@overlay F P V).
Proof.
  intros f f' E g g' K. apply equal_relation in E as [M C], K as [N L]. apply equal_relation. split; intros.
  - now rewrite !overlay_member, M, N.
  - rewrite !overlay_claimed, C, L. now setoid_rewrite L.
Qed.
