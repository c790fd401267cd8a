(** * Layers: the order of any number of resolved layers *)
Require Import List Bool Setoid Morphisms Permutation.
From Escadre Require Import Cells Terms Meaning Order Implications.
Import ListNotations.
Set Implicit Arguments.

Section Layers.
Variables Facts Path Value : Type.
Notation fleet := (fleet Facts Path Value).
Implicit Types f g h : fleet.

Definition overlays (l : list fleet) := fold_left (@overlay Facts Path Value) l (@zero Facts Path Value).
Definition unions (l : list fleet) := fold_left (@union Facts Path Value) l (@zero Facts Path Value).

Lemma overlays_last l f : overlays (l ++ [f]) = overlay (overlays l) f.
Proof. unfold overlays. now rewrite fold_left_app. Qed.
Lemma unions_last l f : unions (l ++ [f]) = union (unions l) f.
Proof. unfold unions. now rewrite fold_left_app. Qed.
Lemma unions_member l d : is_member (unions l) d <-> exists f, In f l /\ is_member f d.
Proof.
  induction l using rev_ind.
  - split; [intro H; now destruct H | intros (f & [] & _)].
  - rewrite unions_last, union_member, IHl. setoid_rewrite in_app_iff. simpl. split.
    + intros [(f & I & M)|M]; eauto.
    + intros (f & [I|[<-|[]]] & M); eauto.
Qed.
Lemma unions_claimed l d p v : claimed (unions l) d p v <-> exists f, In f l /\ claimed f d p v.
Proof.
  induction l using rev_ind.
  - split; [intros (z & Z & _); discriminate | intros (f & [] & _)].
  - rewrite unions_last, union_claimed, IHl. setoid_rewrite in_app_iff. simpl. split.
    + intros [(f & I & M)|M]; eauto.
    + intros (f & [I|[<-|[]]] & M); eauto.
Qed.
Lemma unions_permutation l l' : Permutation l l' -> equal (unions l) (unions l').
Proof.
  intro H. assert (K : forall f, In f l <-> In f l').
  { intro f. split; apply Permutation_in; auto using Permutation_sym. }
  apply equal_relation. split; intros; rewrite ?unions_member, ?unions_claimed; now setoid_rewrite K.
Qed.
Lemma resolved_unions_overlays l : resolved (unions l) -> equal (overlays l) (unions l).
Proof.
  induction l as [|f l] using rev_ind; [reflexivity|]. rewrite overlays_last, unions_last.
  intro R. rewrite IHl by now apply resolved_union_left in R. now apply resolved_union_overlay.
Qed.
Definition orders_agree (l : list fleet) := forall l', Permutation l l' -> equal (overlays l) (overlays l').

(** If each layer may come last, merging them all meets no conflict. *)
Lemma resolved_layers_last l : (forall f, In f l -> resolved f) ->
  (exists r, forall f, In f l -> exists g, equal r (overlay g f)) -> resolved (unions l).
Proof.
  intros L [r A]. assert (K : forall f d p v, In f l -> claimed f d p v ->
    forall w, claimed f d p w <-> claimed r d p w).
  { intros f d p v I C w. destruct (A f I) as [g M]. apply equal_relation in M as [_ M].
    rewrite M, overlay_claimed. split; [auto|]. intros [|[_ N]]; auto. now apply N in C. }
  intros d p v w V W. apply unions_claimed in V as (f & F & V), W as (g & G & W).
  apply (L f F d p); auto. apply (K f d p v F V). now apply (K g d p w G W).
Qed.
(** Every order of resolved layers gives the same fleet iff merging them all
    meets no conflict. *)
Theorem resolved_layers l : (forall f, In f l -> resolved f) -> (orders_agree l <-> resolved (unions l)).
Proof.
  intro L. split.
  - intro A. apply resolved_layers_last; auto. exists (overlays l). intros f I.
    destruct (in_split _ _ I) as (l1 & l2 & E). exists (overlays (l1 ++ l2)).
    rewrite <- overlays_last. apply A. subst l. rewrite <- app_assoc.
    apply Permutation_app_head, Permutation_cons_append.
  - intros R l' M. rewrite (resolved_unions_overlays l R), (unions_permutation M).
    symmetry. apply resolved_unions_overlays. now apply (resolved_equal (unions_permutation M)).
Qed.
(** So it is enough that every two of them commute. *)
Theorem resolved_layers_pairwise l : (forall f, In f l -> resolved f) ->
  (orders_agree l <-> forall f g, In f l -> In g l -> commute f g).
Proof.
  intro L. rewrite (resolved_layers l L). split.
  - intros R f g F G. apply resolved_union_commutes. intros d p v w.
    rewrite !union_claimed. intros V W. apply (R d p); apply unions_claimed; intuition eauto.
  - intros C d p v w V W. apply unions_claimed in V as (f & F & V), W as (g & G & W).
    specialize (C f g F G). apply (commuting_resolved (L f F) (L g G)) in C.
    apply (C d p); apply union_claimed; auto.
Qed.

(** The same for three layers, as the catalogue spells it: every order is
    compared with [f], [g], [h]. *)
Notation "f ⊕ g" := (overlay f g) (at level 50, left associativity).
Notation "f ∪ g" := (union f g) (at level 50, left associativity).
Lemma unions_three f g h : equal (unions [f; g; h]) (f ∪ g ∪ h).
Proof. apply union_proper; [apply union_proper|]; reflexivity. Qed.
Lemma overlays_three f g h : equal (overlays [f; g; h]) (f ⊕ g ⊕ h).
Proof. apply overlay_proper; [apply overlay_proper|]; reflexivity. Qed.
Theorem resolved_orders_swap_below f g h : resolved (f ∪ g ∪ h) -> equal (f ⊕ g ⊕ h) (g ⊕ f ⊕ h).
Proof.
  intro R. apply resolved_union_left, resolved_union_commutes in R. unfold commute in R. now rewrite R.
Qed.
Theorem resolved_orders_swap_above f g h : resolved (f ∪ g ∪ h) -> equal (f ⊕ g ⊕ h) (f ⊕ h ⊕ g).
Proof.
  intro R. rewrite <- !overlays_three.
  assert (L : resolved (unions [f; g; h])) by (eapply resolved_equal; [symmetry; apply unions_three|auto]).
  assert (M : Permutation [f; g; h] [f; h; g]) by (constructor; apply perm_swap).
  rewrite (resolved_unions_overlays _ L), (unions_permutation M). symmetry. apply resolved_unions_overlays.
  now apply (resolved_equal (unions_permutation M)).
Qed.
Theorem orders_agree_resolved f g h : resolved f -> resolved g -> resolved h ->
  equal (f ⊕ g ⊕ h) (g ⊕ f ⊕ h) -> equal (f ⊕ g ⊕ h) (f ⊕ h ⊕ g) -> equal (f ⊕ g ⊕ h) (h ⊕ g ⊕ f) ->
  equal (f ⊕ g ⊕ h) (g ⊕ h ⊕ f) -> equal (f ⊕ g ⊕ h) (h ⊕ f ⊕ g) -> resolved (f ∪ g ∪ h).
Proof.
  intros F G H E1 E2 E3 E4 E5. apply (resolved_equal (unions_three f g h)).
  apply resolved_layers_last.
  - simpl. intros k [<-|[<-|[<-|[]]]]; auto.
  - exists (f ⊕ g ⊕ h). simpl. intros k [<-|[<-|[<-|[]]]].
    + exists (g ⊕ h). rewrite E4. reflexivity.
    + exists (f ⊕ h). rewrite E2. reflexivity.
    + exists (f ⊕ g). reflexivity.
Qed.
End Layers.
