(** * Decision: an equation decided at one device and one path

    At one (device, path) a fleet variable is in one of five states, because
    [patch] also looks at the root of the resource that the path is in. *)
Require Import List Bool Arith NArith Lia.
From Escadre Require Import Cells Terms Meaning.
Import ListNotations.
Set Implicit Arguments.
Arguments N.shiftl : simpl never.
Arguments N.testbit : simpl never.
Arguments N.lor : simpl never.
Arguments N.eqb : simpl never.

Inductive state :=
| Absent      (* the device is no member *)
| Bare        (* a member; neither root nor path is claimed *)
| RootOnly    (* the root is claimed, the path is not *)
| Orphan      (* the path is claimed, its root is not *)
| Full.       (* both are claimed *)
Definition states := [Absent; Bare; RootOnly; Orphan; Full].

Definition claims_root (s : state) := match s with RootOnly | Full => true | _ => false end.
Definition claims_path (s : state) := match s with Orphan | Full => true | _ => false end.
Definition member (s : state) := match s with Absent => false | _ => true end.
(** The state with these three answers. *)
Definition state_of (is_member root path : bool) :=
  if is_member then
    if root then if path then Full else RootOnly
    else if path then Orphan else Bare
  else Absent.

(** A set of paths contains the root or not, and the path or not. *)
Definition part := (bool * bool)%type.
Definition parts : list part := [(false, false); (false, true); (true, false); (true, true)].

(** The value of a term at the point: no member, or two sets of variables (bit
    masks), whose candidates are those at the root and at the path. *)
Definition point := option (N * N).
Definition one_of (i : nat) (claimed : bool) : N :=
  if claimed then N.shiftl 1 (N.of_nat i) else 0%N.
Definition over_mask (x y : N) := if (y =? 0)%N then x else y.
Definition unless_mask (x y : N) := if (y =? 0)%N then x else 0%N.

Definition pointwise_mask (op : N -> N -> N) (a b : point) : point :=
  match a, b with
  | None, y => y
  | x, None => x
  | Some (r, p), Some (r', p') => Some (op r r', op p p')
  end.
Definition patch_mask (a b : point) : point :=
  match a, b with
  | Some (r, p), Some (r', p') =>
      if (r =? 0)%N then Some (r, p) else Some (over_mask r r', over_mask p p')
  | x, _ => x
  end.
Definition mask_mask (a b : point) : point :=
  match a, b with
  | Some (r, p), Some (r', p') => Some (unless_mask r r', unless_mask p p')
  | x, _ => x
  end.

Section Evaluate.
Variables (fleet_of : nat -> state) (selector_of : nat -> bool) (set_of : nat -> part).
Fixpoint evaluate (t : term) : point :=
  match t with
  | Var i => let s := fleet_of i in
      if member s then Some (one_of i (claims_root s), one_of i (claims_path s)) else None
  | Zero => None
  | One => Some (0%N, 0%N)
  | Union f g => pointwise_mask N.lor (evaluate f) (evaluate g)
  | Overlay f g => pointwise_mask over_mask (evaluate f) (evaluate g)
  | Patch f g => patch_mask (evaluate f) (evaluate g)
  | Mask f g => mask_mask (evaluate f) (evaluate g)
  | Restrict s f => if holds selector_of s then evaluate f else None
  | Within f g => match evaluate g with Some _ => evaluate f | None => None end
  | Without f g => match evaluate g with Some _ => None | None => evaluate f end
  | Forget P f =>
      match evaluate f with
      | None => None
      | Some (r, p) =>
          Some (if holds (fun i => fst (set_of i)) P then 0%N else r,
                if holds (fun i => snd (set_of i)) P then 0%N else p)
      end
  end.
End Evaluate.

Definition point_eqb (a b : point) :=
  match a, b with
  | None, None => true
  | Some (r, p), Some (r', p') => (r =? r')%N && (p =? p')%N
  | _, _ => false
  end.

(** The states that a condition leaves to a variable. *)
Definition within_list (i : nat) (l : list nat) := existsb (Nat.eqb i) l.
Definition state_allowed (c : condition) (i : nat) (s : state) :=
  negb (within_list i (no_orphans c)) || match s with Orphan => false | _ => true end.
Definition part_allowed (c : condition) (i : nat) (q : part) :=
  (negb (within_list i (below c)) || implb (fst q) (snd q)) &&
  (negb (within_list i (above c)) || implb (snd q) (fst q)).

(** All lists of length [n] whose [i]th element is allowed at [i]; an element
    is prepended last, so the lists are built from the highest variable. *)
Fixpoint cases {T} (domain : nat -> list T) (i n : nat) : list (list T) :=
  match n with
  | O => [[]]
  | S k => flat_map (fun rest => map (fun x => x :: rest) (domain i)) (cases domain (S i) k)
  end.
Definition fleet_cases c n := cases (fun i => filter (state_allowed c i) states) 0 n.
Definition selector_cases k := cases (fun _ => [true; false]) 0 k.
Definition set_cases c m := cases (fun i => filter (part_allowed c i) parts) 0 m.
Definition read {T} (default : T) (l : list T) (i : nat) := nth i l default.

Definition agree_at (l r : term) e s p :=
  let value := evaluate (read Absent e) (read false s) (read (false, false) p) in
  point_eqb (value l) (value r).

(** All cases: at most 5^fleets * 2^selectors * 4^sets. *)
Definition check (c : condition) (l r : term) : bool :=
  forallb (fun e => forallb (fun s => forallb (agree_at l r e s)
    (set_cases c (Nat.max (path_sets l) (path_sets r))))
    (selector_cases (Nat.max (selectors l) (selectors r))))
    (fleet_cases c (Nat.max (fleets l) (fleets r))).

(** ** Facts about the enumeration *)

Lemma point_eqb_eq a b : point_eqb a b = true <-> a = b.
Proof.
  destruct a as [[r p]|], b as [[r' p']|]; simpl; split; intro H; try discriminate; auto.
  - apply andb_true_iff in H as [H K]. apply N.eqb_eq in H, K. congruence.
  - inversion H. now rewrite !N.eqb_refl.
Qed.

Lemma cases_length T (domain : nat -> list T) n : forall i l, In l (cases domain i n) -> length l = n.
Proof.
  induction n; simpl; intros i l H. { destruct H as [<-|[]]; auto. }
  apply in_flat_map in H as (rest & H & K). apply in_map_iff in K as (x & <- & _).
  simpl. f_equal. eauto.
Qed.

Lemma cases_domain T (default : T) (domain : nat -> list T) n : forall i l,
  In l (cases domain i n) -> forall j, j < n -> In (nth j l default) (domain (i + j)).
Proof.
  induction n; simpl; intros i l H j L; [lia|].
  apply in_flat_map in H as (rest & H & K). apply in_map_iff in K as (x & <- & K).
  destruct j; simpl; [now rewrite Nat.add_0_r|].
  replace (i + S j) with (S i + j) by lia. apply IHn; auto. lia.
Qed.

Lemma cases_all T (domain : nat -> list T) (f : nat -> T) n : forall i,
  (forall j, In (f j) (domain j)) -> In (map f (seq i n)) (cases domain i n).
Proof.
  induction n; simpl; intros i H; auto.
  apply in_flat_map. exists (map f (seq (S i) n)). split; auto. apply in_map_iff. eauto.
Qed.

Lemma read_map T (default : T) (f : nat -> T) n i : i < n -> read default (map f (seq 0 n)) i = f i.
Proof.
  intro L. unfold read. rewrite nth_indep with (d' := f 0) by (now rewrite map_length, seq_length).
  rewrite map_nth, seq_nth; auto.
Qed.

(** A term's value depends only on the variables below its bounds. *)
Lemma evaluate_local e e' s s' p p' t :
  (forall i, i < fleets t -> e i = e' i) -> (forall i, i < selectors t -> s i = s' i) ->
  (forall i, i < path_sets t -> p i = p' i) ->
  evaluate e s p t = evaluate e' s' p' t.
Proof.
  induction t; simpl; intros E S P_;
  try (rewrite IHt1, IHt2 by (intros; first [apply E | apply S | apply P_]; lia); reflexivity).
  - now rewrite E by lia.
  - reflexivity.
  - reflexivity.
  - rewrite (@holds_local s s' s0) by (intros; apply S; lia).
    rewrite IHt by (intros; first [apply E | apply S | apply P_]; lia). reflexivity.
  - rewrite IHt by (intros; first [apply E | apply S | apply P_]; lia).
    rewrite (@holds_local (fun i => fst (p i)) (fun i => fst (p' i))) by (intros; rewrite P_; auto; lia).
    rewrite (@holds_local (fun i => snd (p i)) (fun i => snd (p' i))) by (intros; rewrite P_; auto; lia).
    reflexivity.
Qed.
