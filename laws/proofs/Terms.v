(** * Terms: the signature of the algebra

    [formula] is used twice: for selectors (Boolean combinations of tests on a
    device) and for sets of paths (Boolean combinations of sets). *)
Require Import List Bool Arith.
Import ListNotations.
Set Implicit Arguments.

Inductive formula :=
| Atom (i : nat) | True_ | False_
| And (s t : formula) | Or (s t : formula) | Not (s : formula).

(** The value of a formula, given those of its atoms. *)
Fixpoint holds (atom : nat -> bool) (s : formula) : bool :=
  match s with
  | Atom i => atom i
  | True_ => true
  | False_ => false
  | And s t => holds atom s && holds atom t
  | Or s t => holds atom s || holds atom t
  | Not s => negb (holds atom s)
  end.

Inductive term :=
| Var (i : nat)
| Zero                                  (* no device *)
| One                                   (* every device, nothing claimed *)
| Union (f g : term)                    (* both *)
| Overlay (f g : term)                  (* g where it says anything, else f *)
| Patch (f g : term)                    (* overlay, in resources that f has *)
| Mask (f g : term)                     (* f, less the paths that g defines *)
| Restrict (s : formula) (f : term)     (* on the devices of s *)
| Within (f g : term)                   (* on the members of g *)
| Without (f g : term)                  (* on the others *)
| Forget (P : formula) (f : term).      (* less the paths of P *)

(** [keep] is [forget] of the complement. *)
Definition Keep (P : formula) (f : term) := Forget (Not P) f.
(** The older patch, which adds no member but may add resources. *)
Definition PatchByDevice (f g : term) := Overlay f (Within g f).
(** [choose]: if-then-else. *)
Definition Choose (s : formula) (f g : term) := Union (Restrict s f) (Restrict (Not s) g).

(** Every variable of a term is below these bounds. *)
Fixpoint atoms (s : formula) : nat :=
  match s with
  | Atom i => S i
  | True_ | False_ => 0
  | And s t | Or s t => Nat.max (atoms s) (atoms t)
  | Not s => atoms s
  end.

Fixpoint fleets (t : term) : nat :=
  match t with
  | Var i => S i
  | Zero | One => 0
  | Union f g | Overlay f g | Patch f g | Mask f g | Within f g | Without f g =>
      Nat.max (fleets f) (fleets g)
  | Restrict _ f | Forget _ f => fleets f
  end.

Fixpoint selectors (t : term) : nat :=
  match t with
  | Var _ | Zero | One => 0
  | Union f g | Overlay f g | Patch f g | Mask f g | Within f g | Without f g =>
      Nat.max (selectors f) (selectors g)
  | Restrict s f => Nat.max (atoms s) (selectors f)
  | Forget _ f => selectors f
  end.

Fixpoint path_sets (t : term) : nat :=
  match t with
  | Var _ | Zero | One => 0
  | Union f g | Overlay f g | Patch f g | Mask f g | Within f g | Without f g =>
      Nat.max (path_sets f) (path_sets g)
  | Restrict _ f => path_sets f
  | Forget P f => Nat.max (atoms P) (path_sets f)
  end.

Lemma holds_local a b s : (forall i, i < atoms s -> a i = b i) -> holds a s = holds b s.
Proof.
  induction s; simpl; intro H; auto.
  - rewrite IHs1, IHs2; auto; intros i L; apply H; eauto using Nat.lt_le_trans, Nat.le_max_l, Nat.le_max_r.
  - rewrite IHs1, IHs2; auto; intros i L; apply H; eauto using Nat.lt_le_trans, Nat.le_max_l, Nat.le_max_r.
  - now rewrite IHs.
Qed.
