(** * Rollout: devices move from the old fleet to the new wave by wave

    When the waves in [S] are released, a device in one of them has the new
    configuration and any other the old one. *)
Require Import List Bool Sorting.Sorted.
From Escadre Require Import Cells Terms Meaning Order.
Import ListNotations.
Set Implicit Arguments.

Section Rollout.
Variables Facts Path Value Wave : Type.
Notation fleet := (fleet Facts Path Value).
(** The waves, who is in each, and the two fleets. *)
Variables (waves : list Wave) (in_wave : Wave -> Facts -> bool) (new old : fleet).
(** The waves released so far. *)
Definition release := Wave -> bool.

Definition released (S : release) (d : Facts) := existsb (fun w => S w && in_wave w d) waves.
(** [choose(⋁ wave_i, new, old)] *)
Definition state (S : release) : fleet := fun d => if released S d then new d else old d.

Definition contained (S T : release) := forall w, S w = true -> T w = true.
Definition no_wave : release := fun _ => false.
Definition every_wave : release := fun _ => true.
Definition either (S T : release) : release := fun w => S w || T w.

Lemma released_iff S d : released S d = true <-> exists w, In w waves /\ S w = true /\ in_wave w d = true.
Proof. unfold released. rewrite existsb_exists. setoid_rewrite andb_true_iff. tauto. Qed.
Lemma released_monotone S T d : contained S T -> released S d = true -> released T d = true.
Proof. rewrite !released_iff. intros C (w & I & H & W). eauto. Qed.

Theorem rollout_start d : state no_wave d = old d.
Proof.
  unfold state. destruct (released no_wave d) eqn:E; auto.
  apply released_iff in E as (w & _ & H & _). discriminate.
Qed.
(** The end, when the waves cover the device. *)
Theorem rollout_end d : (exists w, In w waves /\ in_wave w d = true) -> state every_wave d = new d.
Proof.
  intros (w & I & W). unfold state. assert (released every_wave d = true) as ->; auto.
  apply released_iff. exists w. auto.
Qed.
(** Nobody has anything but the old or the new configuration. *)
Theorem rollout_between S d : state S d = old d \/ state S d = new d.
Proof. unfold state. destruct (released S d); auto. Qed.
(** Nobody goes back. *)
Theorem rollout_forward S T d : contained S T -> released S d = true ->
  state S d = new d /\ state T d = new d.
Proof. intros C R. unfold state. now rewrite R, (released_monotone _ C R). Qed.

(** Each device changes at most once: along any chain of growing releases it
    has the old configuration up to some point and the new one from there. *)
Theorem rollout_changes_once chain d : StronglySorted contained chain ->
  exists before after, chain = before ++ after /\
    (forall S, In S before -> state S d = old d) /\ (forall S, In S after -> state S d = new d).
Proof.
  induction 1 as [|S chain H IH F].
  - exists [], []. simpl. repeat split; intros S [].
  - destruct (released S d) eqn:E.
    + exists [], (S :: chain). simpl. repeat split; [intros T [] |]. intros T [<-|I].
      * unfold state. now rewrite E.
      * rewrite Forall_forall in F. now apply (rollout_forward _ (F T I)).
    + destruct IH as (before & after & -> & B & A). exists (S :: before), after. simpl. repeat split; auto.
      intros T [<-|I]; auto. unfold state. now rewrite E.
Qed.
(** The order in which two releases are joined does not matter. *)
Theorem rollout_join S T d : released (either S T) d = released S d || released T d.
Proof.
  apply eq_true_iff_eq. rewrite orb_true_iff, !released_iff. unfold either. split.
  - intros (w & I & H & W). apply orb_true_iff in H as [H|H]; [left|right]; eauto.
  - intros [(w & I & H & W)|(w & I & H & W)]; exists w; rewrite H, ?orb_true_r; auto.
Qed.

(** ** Dependencies *)
(** Waves wait for others: only down-sets of [needs] are released. *)
Variable needs : Wave -> Wave -> Prop.
Definition down_set (S : release) := forall v w, needs v w -> S w = true -> S v = true.
Theorem down_sets_join S T : down_set S -> down_set T -> down_set (either S T).
Proof.
  intros A B v w N H. unfold either in *. apply orb_true_iff in H as [H|H].
  - now rewrite (A v w N H).
  - rewrite (B v w N H). apply orb_true_r.
Qed.
(** A device whose only wave needs another is not moved before that wave is. *)
Theorem rollout_respects_needs S v w d : down_set S -> needs v w ->
  (forall u, In u waves -> in_wave u d = true -> u = w) -> released S d = true -> S v = true.
Proof. intros D N O R. apply released_iff in R as (u & I & H & W). rewrite (O u I W) in H. eauto. Qed.
End Rollout.

(** [choose] chooses, and so the state is the term that Escadre builds. *)
Theorem choose_meaning_pointwise F P V (root : P -> P) fleets sels sets s f g (d : F) :
  @denote F P V root fleets sels sets (Choose s f g) d =
  if selects sels s d then denote root fleets sels sets f d else denote root fleets sels sets g d.
Proof.
  unfold Choose. simpl. unfold union, pointwise, restrict, selects. simpl.
  destruct (holds _ s); simpl; destruct (denote root fleets sels sets _ d); auto.
Qed.
Theorem state_meaning F P V (root : P -> P) fleets sels sets (n : nat) f g S d :
  let any := fold_right (fun i s => Or (if S i : bool then Atom i else False_) s) False_ (seq 0 n) in
  @denote F P V root fleets sels sets (Choose any f g) d =
  state (seq 0 n) sels (denote root fleets sels sets f) (denote root fleets sels sets g) S d.
Proof.
  intro any. rewrite choose_meaning_pointwise. unfold state.
  replace (selects sels any d) with (released (seq 0 n) sels S d); auto.
  unfold any, released, selects. induction (seq 0 n) as [|i l IH]; simpl; auto.
  rewrite <- IH. now destruct (S i).
Qed.
