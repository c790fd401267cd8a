(** * Cases: how many there are, and fewer where no patch occurs *)
Require Import List Bool Arith NArith Lia.
From Escadre Require Import Cells Terms Meaning Decision Soundness Completeness.
Import ListNotations.
Set Implicit Arguments.

(** ** Counting *)
Lemma cases_count T (dom : list T) n : forall i, length (cases (fun _ => dom) i n) = length dom ^ n.
Proof.
  induction n; intro i; simpl; auto. rewrite <- (IHn (S i)).
  induction (cases (fun _ => dom) (S i) n) as [|l ls IH]; simpl; [lia|].
  rewrite app_length, map_length, IH. lia.
Qed.
Lemma cases_include T (f g : nat -> list T) : (forall i x, In x (f i) -> In x (g i)) ->
  forall n i l, In l (cases f i n) -> In l (cases g i n).
Proof.
  intros I n. induction n; intros i l; simpl; auto. rewrite !in_flat_map.
  intros (rest & H & K). exists rest. split; auto. rewrite in_map_iff in *.
  destruct K as (x & E & K). eauto.
Qed.
Theorem fleet_cases_count n : length (fleet_cases always n) = 5 ^ n.
Proof. apply (cases_count states). Qed.
Theorem selector_cases_count k : length (selector_cases k) = 2 ^ k.
Proof. apply (cases_count [true; false]). Qed.
Theorem set_cases_count m : length (set_cases always m) = 4 ^ m.
Proof. apply (cases_count parts). Qed.

(** ** Without patch three states are enough

    A term without [Patch] is at the path what it would be if the root were as
    the path is, and at the root what it would be if the path were as the root
    is. So 3^n * 2^k * 2^m cases decide it. *)
Fixpoint patchless (t : term) : bool :=
  match t with
  | Var _ | Zero | One => true
  | Patch _ _ => false
  | Union f g | Overlay f g | Mask f g | Within f g | Without f g => patchless f && patchless g
  | Restrict _ f | Forget _ f => patchless f
  end.
Definition three_states := [Absent; Bare; Full].
Definition whole_parts : list part := [(false, false); (true, true)].
Definition check_flat (l r : term) : bool :=
  forallb (fun e => forallb (fun s => forallb (agree_at l r e s)
    (cases (fun _ => whole_parts) 0 (Nat.max (path_sets l) (path_sets r))))
    (selector_cases (Nat.max (selectors l) (selectors r))))
    (cases (fun _ => three_states) 0 (Nat.max (fleets l) (fleets r))).
Theorem flat_cases_count n m :
  length (cases (fun _ => three_states) 0 n) = 3 ^ n /\ length (cases (fun _ => whole_parts) 0 m) = 2 ^ m.
Proof. split; [apply (cases_count three_states) | apply (cases_count whole_parts)]. Qed.

Definition like_path (s : state) := state_of (member s) (claims_path s) (claims_path s).
Definition like_root (s : state) := state_of (member s) (claims_root s) (claims_root s).
Definition part_like_path (q : part) : part := (snd q, snd q).
Definition part_like_root (q : part) : part := (fst q, fst q).

Section Projections.
Variables (e : nat -> state) (s : nat -> bool) (p : nat -> part).
Notation value := (evaluate e s p).
Notation value_path := (evaluate (fun i => like_path (e i)) s (fun i => part_like_path (p i))).
Notation value_root := (evaluate (fun i => like_root (e i)) s (fun i => part_like_root (p i))).
Lemma path_projection t : patchless t = true -> option_map snd (value t) = option_map snd (value_path t).
Proof.
  induction t; simpl; intro H; try discriminate; auto;
    try (apply andb_true_iff in H as [H1 H2]; specialize (IHt1 H1); specialize (IHt2 H2);
      destruct (value t1) as [[? ?]|], (value t2) as [[? ?]|],
        (value_path t1) as [[? ?]|], (value_path t2) as [[? ?]|];
      simpl in *; congruence).
  - now destruct (e i).
  - destruct (holds s s0); auto.
  - specialize (IHt H). destruct (value t) as [[? ?]|], (value_path t) as [[? ?]|]; simpl in *; try congruence.
    injection IHt as <-. reflexivity.
Qed.
Lemma root_projection t : patchless t = true -> option_map fst (value t) = option_map fst (value_root t).
Proof.
  induction t; simpl; intro H; try discriminate; auto;
    try (apply andb_true_iff in H as [H1 H2]; specialize (IHt1 H1); specialize (IHt2 H2);
      destruct (value t1) as [[? ?]|], (value t2) as [[? ?]|],
        (value_root t1) as [[? ?]|], (value_root t2) as [[? ?]|];
      simpl in *; congruence).
  - now destruct (e i).
  - destruct (holds s s0); auto.
  - specialize (IHt H). destruct (value t) as [[? ?]|], (value_root t) as [[? ?]|]; simpl in *; try congruence.
    injection IHt as <-. reflexivity.
Qed.
End Projections.

Lemma flat_agree l r e s p : check_flat l r = true ->
  (forall i, In (e i) three_states) -> (forall i, In (p i) whole_parts) ->
  evaluate e s p l = evaluate e s p r.
Proof.
  unfold check_flat. intros H A B. rewrite forallb_forall in H.
  assert (C : forall i, In (s i) [true; false]) by (intro i; destruct (s i); simpl; auto).
  specialize (H _ (cases_all _ _ (Nat.max (fleets l) (fleets r)) 0 A)). cbv beta in H.
  rewrite forallb_forall in H.
  specialize (H _ (cases_all _ _ (Nat.max (selectors l) (selectors r)) 0 C)). cbv beta in H.
  rewrite forallb_forall in H.
  specialize (H _ (cases_all _ _ (Nat.max (path_sets l) (path_sets r)) 0 B)).
  apply point_eqb_eq in H. etransitivity; [|etransitivity; [exact H|]]; apply evaluate_local;
    intros; rewrite read_map; auto; lia.
Qed.
Lemma forallb_impl T (f : T -> bool) l : (forall x, In x l -> f x = true) -> forallb f l = true.
Proof. apply forallb_forall. Qed.

Theorem check_flat_correct l r : patchless l = true -> patchless r = true ->
  (check_flat l r = true <-> Valid l r).
Proof.
  intros L R. split.
  - intro H. apply check_sound. unfold check.
    apply forallb_impl; intros e _; apply forallb_impl; intros s _; apply forallb_impl; intros p _.
    apply point_eqb_eq. set (E := read Absent e). set (S := read false s). set (Q := read (false, false) p).
    assert (X : option_map snd (evaluate E S Q l) = option_map snd (evaluate E S Q r)).
    { rewrite (path_projection E S Q l L), (path_projection E S Q r R). rewrite (@flat_agree l r); auto; intro i.
      - unfold like_path. destruct (E i); simpl; auto.
      - unfold part_like_path. destruct (Q i) as [[] []]; simpl; auto. }
    assert (Y : option_map fst (evaluate E S Q l) = option_map fst (evaluate E S Q r)).
    { rewrite (root_projection E S Q l L), (root_projection E S Q r R). rewrite (@flat_agree l r); auto; intro i.
      - unfold like_root. destruct (E i); simpl; auto.
      - unfold part_like_root. destruct (Q i) as [[] []]; simpl; auto. }
    destruct (evaluate E S Q l) as [[? ?]|], (evaluate E S Q r) as [[? ?]|]; simpl in *; congruence.
  - intro V. apply check_correct in V. unfold check in V.
    apply forallb_impl; intros e HE; apply forallb_impl; intros s HS; apply forallb_impl; intros p HP.
    rewrite forallb_forall in V. assert (IE : In e (fleet_cases always (Nat.max (fleets l) (fleets r)))).
    { revert HE. apply cases_include. intros i x I. simpl. destruct I as [<-|[<-|[<-|[]]]]; simpl; auto 6. }
    specialize (V e IE). cbv beta in V. rewrite forallb_forall in V. specialize (V s HS). cbv beta in V.
    rewrite forallb_forall in V. apply V. revert HP. apply cases_include. intros i x I. simpl.
    destruct I as [<-|[<-|[]]]; simpl; auto 6.
Qed.
