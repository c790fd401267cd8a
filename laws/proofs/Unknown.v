(** * Unknown labels: supervaluation

    A device's labels are known, absent or unknown.  A completion fills in the
    unknown ones.  Each label has finitely many classes of values that any
    selector can tell apart ([partition] in Escadre), absence among them, so
    there are finitely many completions. *)
Require Import List Bool Arith.
Import ListNotations.
Set Implicit Arguments.

(** ** Observations and their completions *)
Section Observations.
Variable Class : Type.
Inductive label := Known (c : Class) | NotKnown.
(** A device as observed, and complete facts: one entry for each label. *)
Definition observation := list label.
Definition facts := list Class.
(** The classes of each label. *)
Variable classes : list (list Class).

Definition entry_completes (l : label) (cs : list Class) (c : Class) :=
  match l with Known k => c = k | NotKnown => In c cs end.
Definition choices (l : label) (cs : list Class) := match l with Known k => [k] | NotKnown => cs end.
Fixpoint completions (o : observation) (css : list (list Class)) : list facts :=
  match o, css with
  | l :: o, cs :: css => flat_map (fun c => map (cons c) (completions o css)) (choices l cs)
  | _, _ => [[]]
  end.

(** [o'] knows what [o] knows, and perhaps more. *)
Inductive more_known : observation -> observation -> list (list Class) -> Prop :=
| more_nil css : more_known [] [] css
| more_done l o o' : more_known (l :: o) (l :: o') []
| more_same l o o' cs css : more_known o o' css -> more_known (l :: o) (l :: o') (cs :: css)
| more_learnt c o o' cs css : In c cs -> more_known o o' css ->
    more_known (NotKnown :: o) (Known c :: o') (cs :: css).

(** Learning a label only removes completions. *)
Theorem completions_shrink o o' css : more_known o o' css ->
  incl (completions o' css) (completions o css).
Proof.
  induction 1; simpl; try apply incl_refl.
  - intros d D. apply in_flat_map in D as (c & C & D). apply in_flat_map. exists c. split; auto.
    apply in_map_iff in D as (r & <- & D). apply in_map. auto.
  - intros d D. rewrite app_nil_r in D. apply in_flat_map. exists c. split; auto.
    apply in_map_iff in D as (r & <- & D). apply in_map. auto.
Qed.
(** There is always one, if every label has a class (absence is one). *)
Theorem completions_exist o css : (forall cs, In cs css -> cs <> []) -> completions o css <> [].
Proof.
  revert css. induction o as [|l o IH]; intros [|cs css] H; simpl; try discriminate.
  assert (E : completions o css <> []) by (apply IH; intros; apply H; now right).
  assert (F : exists c, In c (choices l cs)).
  { destruct l as [k|]; simpl; [eauto|]. specialize (H cs (or_introl eq_refl)).
    destruct cs as [|c cs]; [easy|]. exists c. now left. }
  destruct F as [c F], (completions o css) as [|d ds] eqn:D; [easy|].
  assert (I : In (c :: d) (flat_map (fun c => map (cons c) (d :: ds)) (choices l cs))).
  { apply in_flat_map. exists c. split; auto. now left. }
  intro N. rewrite N in I. destruct I.
Qed.
End Observations.

(** ** Answers *)
Section Answers.
Variables Facts Answer : Type.
Variable answer_dec : forall x y : Answer, {x = y} + {x <> y}.
Implicit Types (K : list Facts) (q : Facts -> Answer).

(** The answer to [q] when the device is one of [K]: the common one, if any. *)
Definition answer K q : option Answer :=
  match K with
  | [] => None
  | d :: K => if forallb (fun e => if answer_dec (q e) (q d) then true else false) K
              then Some (q d) else None
  end.

Theorem determined_iff K q v : K <> [] -> (answer K q = Some v <-> forall d, In d K -> q d = v).
Proof.
  destruct K as [|d K]; [easy|]. intros _. simpl.
  destruct (forallb _ K) eqn:E.
  - rewrite forallb_forall in E. split.
    + intros H e [<-|I]; [now injection H|]. specialize (E e I). injection H as <-.
      now destruct (answer_dec (q e) (q d)).
    + intro H. f_equal. apply H. now left.
  - split; [discriminate|]. intro H. exfalso. assert (C : forallb (fun e => if answer_dec (q e) (q d) then true else false) K = true).
    { apply forallb_forall. intros e I. destruct (answer_dec (q e) (q d)) as [|N]; auto.
      exfalso. apply N. rewrite (H e), (H d); auto; now left. }
    congruence.
Qed.
(** An answer is undetermined iff two completions differ. *)
Theorem undetermined_iff K q : K <> [] ->
  (answer K q = None <-> exists d e, In d K /\ In e K /\ q d <> q e).
Proof.
  intro N. split.
  - destruct K as [|d K]; [easy|]. simpl. destruct (forallb _ K) eqn:E; [discriminate|]. intros _. clear N.
    exists d. induction K as [|e K IH]; simpl in E; [discriminate|].
    destruct (answer_dec (q e) (q d)) as [_|D].
    + destruct (IH E) as (e' & I & [J|J] & D); exists e'; simpl; auto.
    + exists e. simpl. auto.
  - intros (d & e & D & E & X). destruct (answer K q) as [v|] eqn:A; auto. exfalso. apply X.
    rewrite determined_iff in A by auto. now rewrite (A d D), (A e E).
Qed.
(** Determined answers keep: with fewer completions they are the same. *)
Theorem determined_monotone K L q v : L <> [] -> incl L K -> answer K q = Some v -> answer L q = Some v.
Proof.
  intros N I A. assert (K <> []) by (intros ->; discriminate).
  rewrite determined_iff in * by auto. auto.
Qed.
(** Equal questions have equal answers, so every law holds of answers too. *)
Theorem answer_congruence K q r : (forall d, q d = r d) -> answer K q = answer K r.
Proof.
  intro E. destruct K as [|d K]; auto. simpl. rewrite E.
  replace (forallb (fun e => if answer_dec (q e) (r d) then true else false) K)
     with (forallb (fun e => if answer_dec (r e) (r d) then true else false) K); auto.
  induction K as [|e K IH]; simpl; auto. now rewrite IH, E.
Qed.
(** A determined answer is that of some completion. *)
Theorem determined_realised K q v : answer K q = Some v -> exists d, In d K /\ q d = v.
Proof.
  destruct K as [|d K]; [discriminate|]. intro A. exists d. split; [now left|].
  rewrite determined_iff in A by discriminate. apply A. now left.
Qed.
End Answers.

(** A selector or its negation is true whatever is unknown. *)
Theorem excluded_middle Facts (K : list Facts) (q : Facts -> bool) : K <> [] ->
  answer bool_dec K (fun d => q d || negb (q d)) = Some true.
Proof. intro N. apply determined_iff; auto. intros d _. apply orb_negb_r. Qed.

(** Knowing more about the labels keeps every determined answer. *)
Theorem learning_keeps_answers Class Answer (dec : forall x y : Answer, {x = y} + {x <> y})
    (o o' : observation Class) css q v :
  (forall cs, In cs css -> cs <> []) -> more_known o o' css ->
  answer dec (completions o css) q = Some v -> answer dec (completions o' css) q = Some v.
Proof.
  intros N M. apply determined_monotone; [now apply completions_exist | now apply completions_shrink].
Qed.
(** Path by path a resource may become what it is under no completion: of two
    paths one is determined, the other is not and stays old.  So the resource
    is left whole. *)
Theorem path_by_path_invents :
  exists (K : list bool) (new : bool -> nat * nat) (old : nat * nat) (v : nat),
  answer Nat.eq_dec K (fun d => fst (new d)) = None /\
  answer Nat.eq_dec K (fun d => snd (new d)) = Some v /\
  (fst old, v) <> old /\ forall d, In d K -> new d <> (fst old, v).
Proof.
  exists [true; false], (fun d : bool => (if d then 1 else 2, 1)), (0, 0), 1. simpl.
  repeat split; try discriminate. intros d [<-|[<-|[]]]; discriminate.
Qed.
