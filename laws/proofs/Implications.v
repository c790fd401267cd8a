(** * Implications: commuting layers and resolved fleets

    These hold for every relation between paths and values, so also for those
    that flattening makes, where interior nodes are claimed as [Object] and
    everything below a leaf as [Unset]. *)
Require Import List Bool Setoid Morphisms Permutation.
From Escadre Require Import Cells Terms Meaning Order.
Import ListNotations.
Set Implicit Arguments.

Section Implications.
Variables Facts Path Value : Type.
Notation fleet := (fleet Facts Path Value).
Implicit Types f g h : fleet.

(** Two layers commute when their order does not matter. *)
Definition commute f g := equal (overlay f g) (overlay g f).
(** They agree when, wherever both claim a path of a device, they do so with
    equal candidates. *)
Definition defines f d p := exists v, claimed f d p v.
Definition agree f g := forall d p, defines f d p -> defines g d p ->
  forall v, claimed f d p v <-> claimed g d p v.
(** A fleet is resolved when no path has two candidates. *)
Definition resolved f := forall d p v w, claimed f d p v -> claimed f d p w -> v = w.

Lemma claimed_dec f d p : {defines f d p} + {~ defines f d p}.
Proof.
  unfold defines, claimed. destruct (f d) as [x|] eqn:E.
  - destruct (defined (x p)) eqn:K.
    + left. apply defined_ok in K as [v K]. eauto.
    + right. intros (v & y & Y & C). injection Y as <-. now apply (undefined_none _ v) in K.
  - right. intros (v & y & Y & _). discriminate.
Qed.

(** ** Commuting *)
Theorem commuting_agreement f g : commute f g <-> agree f g.
Proof.
  unfold commute. rewrite equal_relation. setoid_rewrite overlay_member. setoid_rewrite overlay_claimed.
  split.
  - intros [_ C] d p F G v. specialize (C d p v). split; intro K.
    + assert (claimed g d p v \/ (claimed f d p v /\ forall w, ~ claimed g d p w)) as [|[_ N]] by (apply C; auto).
      * auto.
      * destruct G as [w G]. now apply N in G.
    + assert (claimed f d p v \/ (claimed g d p v /\ forall w, ~ claimed f d p w)) as [|[_ N]] by (apply C; auto).
      * auto.
      * destruct F as [w F]. now apply N in F.
  - intro A. split; [tauto|]. intros d p v. specialize (A d p). unfold defines in A.
    assert (forall w, claimed f d p w -> (claimed f d p v <-> claimed g d p v) \/ forall u, ~ claimed g d p u) as K.
    { intros w W. destruct (claimed_dec g d p) as [G|G].
      - left. apply A; eauto.
      - right. intros u U. apply G. now exists u. }
    split.
    + intros [G|[F N]]; [|now left]. destruct (claimed_dec f d p) as [[w W]|F].
      * left. destruct (K w W) as [E|E]; [now apply E | now apply E in G].
      * right. split; auto. intros w W. apply F. now exists w.
    + intros [F|[G N]]; [|now left]. destruct (K v F) as [E|E]; [left; now apply E | now right].
Qed.
(** Agreement is an equation: what each claims where both do is the same. *)
Definition both_claim f g := within (mask f (mask f g)) g.
Lemma both_claim_member f g d : is_member (both_claim f g) d <-> is_member f d /\ is_member g d.
Proof.
  unfold both_claim, within, mask, onto, is_member. destruct (f d), (g d); simpl; split; intuition congruence.
Qed.
Lemma both_claim_claimed f g d p v : claimed (both_claim f g) d p v <-> claimed f d p v /\ defines g d p.
Proof.
  unfold both_claim, within, mask, onto, unless, defines, claimed.
  destruct (f d) as [x|], (g d) as [y|]; simpl.
  2-4: split; [intros (z & Z & _); discriminate
              | intros [(z & Z & _) (w & u & U & _)]; discriminate].
  split.
  - intros (z & Z & C). injection Z as <-. destruct (defined (y p)) eqn:E.
    + simpl in C. split; [eauto|]. apply defined_ok in E as [w E]. eauto.
    + destruct (defined (x p)) eqn:K; [destruct C|]. now apply (undefined_none _ v) in K.
  - intros [(z & Z & C) (w & u & U & K)]. injection Z as <-. injection U as <-. eexists. split; eauto.
    simpl. assert (defined (y p) = true) as -> by (apply defined_ok; eauto). auto.
Qed.
Lemma agree_equation f g : agree f g <-> equal (both_claim f g) (both_claim g f).
Proof.
  rewrite equal_relation. setoid_rewrite both_claim_member. setoid_rewrite both_claim_claimed. split.
  - intro A. split; [tauto|]. intros d p v. split; intros [C D].
    + split; [|now exists v]. apply (A d p); auto. now exists v.
    + split; [|now exists v]. apply (A d p); auto. now exists v.
  - intros [_ C] d p F G v. split; intro V; now apply (C d p v).
Qed.
Theorem commuting_agree f g : commute f g -> equal (both_claim f g) (both_claim g f).
Proof. intro. now apply agree_equation, commuting_agreement. Qed.
Theorem agreeing_commute f g : equal (both_claim f g) (both_claim g f) -> commute f g.
Proof. intro. now apply commuting_agreement, agree_equation. Qed.
(** Then both orders are the union. *)
Theorem commuting_union f g : commute f g -> equal (overlay f g) (union f g).
Proof.
  intro C. apply commuting_agreement in C. apply equal_relation. split.
  - intro d. now rewrite overlay_member, union_member.
  - intros d p v. rewrite overlay_claimed, union_claimed. split; [tauto|]. intros [F|G]; [|auto].
    destruct (claimed_dec g d p) as [G|G].
    + left. apply (C d p); auto. now exists v.
    + right. split; auto. intros w W. apply G. now exists w.
Qed.
Theorem commuting_union_either f g : commute f g -> equal (overlay g f) (union f g).
Proof. intro C. rewrite <- (commuting_union C). symmetry. exact C. Qed.
Theorem commuting_symmetry f g : commute f g -> commute g f.
Proof. unfold commute. now symmetry. Qed.
(** What commutes with two layers commutes with either combination of them. *)
Theorem commuting_overlay_closed f g h : commute f g -> commute f h -> commute f (overlay g h).
Proof.
  rewrite !commuting_agreement. intros A B d p F [w W] v. rewrite overlay_claimed in *.
  destruct (claimed_dec h d p) as [H|H].
  - rewrite (B d p F H v). split; [auto|]. intros [|[_ N]]; auto. destruct H as [u H]. now apply N in H.
  - assert (N : forall u, ~ claimed h d p u) by (intros u U; apply H; now exists u).
    destruct W as [W|[W _]]; [now apply N in W|]. assert (G : defines g d p) by now exists w.
    rewrite (A d p F G v). split; [auto|]. intros [U|[U _]]; [now apply N in U|auto].
Qed.
Theorem commuting_union_closed f g h : commute f g -> commute f h -> commute f (union g h).
Proof.
  rewrite !commuting_agreement. intros A B d p F [w W] v. rewrite union_claimed in *.
  split.
  - intro V. destruct W as [W|W]; [left; apply (A d p) | right; apply (B d p)]; auto; now exists w.
  - intros [V|V]; [apply (A d p) | apply (B d p)]; auto; now exists v.
Qed.

(** ** Resolved *)
Theorem resolved_overlay f g : resolved f -> resolved g -> resolved (overlay f g).
Proof.
  intros F G d p v w. rewrite !overlay_claimed.
  intros [V|[V N]] [W|[W M]]; eauto; [now apply M in V | now apply N in W].
Qed.
Lemma resolved_equal f g : equal f g -> resolved f -> resolved g.
Proof. rewrite equal_relation. intros [_ C] R d p v w V W. apply C in V, W. eauto. Qed.
Theorem resolved_below f g : resolved g -> included f g -> resolved f.
Proof. intros R I d p v w V W. apply included_relation in I as [_ I]. eauto. Qed.
Theorem resolved_patch root f g : resolved f -> resolved g -> resolved (patch root f g).
Proof.
  intros F G d p v w. unfold claimed, patch, onto. specialize (F d p v w). specialize (G d p v w).
  unfold claimed in F, G. destruct (f d) as [x|], (g d) as [y|]; auto.
  intros (z & Z & V) (z' & Z' & W). injection Z as <-. injection Z' as <-.
  unfold over in V, W. destruct (defined (x (root p))); [destruct (defined (y p))|]; eauto 6.
Qed.
Lemma resolved_union_left f g : resolved (union f g) -> resolved f.
Proof. intros R d p v w V W. apply (R d p); apply union_claimed; auto. Qed.
Lemma resolved_union_overlay f g : resolved (union f g) -> equal (overlay f g) (union f g).
Proof.
  intro R. apply equal_relation. split; intros.
  - now rewrite overlay_member, union_member.
  - rewrite overlay_claimed, union_claimed. split; [tauto|]. intros [F|G]; [|auto].
    destruct (claimed_dec g d p) as [[w G]|G].
    + left. replace v with w; auto. apply (R d p); apply union_claimed; auto.
    + right. split; auto. intros w W. apply G. now exists w.
Qed.
Theorem resolved_union_commutes f g : resolved (union f g) -> commute f g.
Proof.
  intro R. unfold commute. rewrite (resolved_union_overlay R).
  assert (E : equal (union f g) (union g f)).
  { apply equal_relation. split; intros; rewrite ?union_member, ?union_claimed; tauto. }
  rewrite E. symmetry. apply resolved_union_overlay. now apply (resolved_equal E).
Qed.
Theorem commuting_resolved f g : resolved f -> resolved g -> commute f g -> resolved (union f g).
Proof.
  intros F G C. apply (@resolved_equal (overlay f g)); [now apply commuting_union|now apply resolved_overlay].
Qed.
(** Two resolved layers commute iff merging them meets no conflict. *)
Theorem commuting_resolved_union f g : resolved f -> resolved g -> (commute f g <-> resolved (union f g)).
Proof. split; auto using commuting_resolved, resolved_union_commutes. Qed.
End Implications.
