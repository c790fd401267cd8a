(** * Random terms, from a seeded linear congruential generator *)
Require Import List NArith.
From Escadre Require Import Terms.
Import ListNotations.
Set Implicit Arguments.

(** A value and the next seed, from a seed. *)
Definition random (T : Type) := N -> T * N.
Definition ret {T} (v : T) : random T := fun seed => (v, seed).
Definition bind {T U} (m : random T) (f : T -> random U) : random U :=
  fun seed => let (v, seed') := m seed in f v seed'.
Notation "'do' v <- m ; k" := (bind m (fun v => k)) (at level 60, v name, right associativity).

(** A number below [n]; the generator is that of the C standard's example. *)
Definition below (n : nat) : random nat := fun seed =>
  let seed' := N.modulo (seed * 1103515245 + 12345) 2147483648 in
  (N.to_nat (N.modulo (N.div seed' 65536) (N.of_nat n)), seed').
Definition pick {T} (default : T) (l : list T) : random T :=
  do i <- below (length l); ret (nth i l default).

Fixpoint random_formula (depth : nat) : random formula :=
  match depth with
  | O => do i <- below 2; ret (Atom i)
  | S k =>
      do shape <- below 12;
      match shape with
      | 0 => ret True_
      | 1 => ret False_
      | 2 => do s <- random_formula k; do t <- random_formula k; ret (And s t)
      | 3 => do s <- random_formula k; do t <- random_formula k; ret (Or s t)
      | 4 | 5 => do s <- random_formula k; ret (Not s)
      | _ => do i <- below 2; ret (Atom i)
      end
  end.

Definition random_leaf : random term :=
  pick Zero [Var 0; Var 0; Var 0; Var 0; Var 1; Var 1; Var 1; Var 2; Var 2; Zero; One].
Definition random_operator : random (term -> term -> term) :=
  pick Union [Union; Union; Overlay; Overlay; Overlay; Patch; Patch; Patch; Mask; Within; Without].

Fixpoint random_term (depth : nat) : random term :=
  match depth with
  | O => random_leaf
  | S k =>
      do shape <- below 8;
      match shape with
      | 0 | 1 => random_leaf
      | 2 => do s <- random_formula 1; do f <- random_term k; ret (Restrict s f)
      | 3 => do P <- random_formula 1; do f <- random_term k; ret (Forget P f)
      | _ => do op <- random_operator; do f <- random_term k; do g <- random_term k; ret (op f g)
      end
  end.

(** The same operators around both sides of an equation. *)
Fixpoint random_context (depth : nat) : random (term -> term) :=
  match depth with
  | O => ret (fun h => h)
  | S k =>
      do shape <- below 10;
      match shape with
      | 0 | 1 => do op <- random_operator; do f <- random_leaf; do c <- random_context k;
                 ret (fun h => op f (c h))
      | 2 | 3 => do op <- random_operator; do f <- random_leaf; do c <- random_context k;
                 ret (fun h => op (c h) f)
      | 4 => do s <- random_formula 1; do c <- random_context k; ret (fun h => Restrict s (c h))
      | 5 => do P <- random_formula 1; do c <- random_context k; ret (fun h => Forget P (c h))
      | _ => ret (fun h => h)
      end
  end.

(** ** Instances of an equation *)
Fixpoint substitute_formula (f : nat -> formula) (s : formula) : formula :=
  match s with
  | Atom i => f i
  | True_ => True_
  | False_ => False_
  | And s t => And (substitute_formula f s) (substitute_formula f t)
  | Or s t => Or (substitute_formula f s) (substitute_formula f t)
  | Not s => Not (substitute_formula f s)
  end.
Fixpoint substitute (x : nat -> term) (s p : nat -> formula) (t : term) : term :=
  match t with
  | Var i => x i
  | Zero => Zero
  | One => One
  | Union f g => Union (substitute x s p f) (substitute x s p g)
  | Overlay f g => Overlay (substitute x s p f) (substitute x s p g)
  | Patch f g => Patch (substitute x s p f) (substitute x s p g)
  | Mask f g => Mask (substitute x s p f) (substitute x s p g)
  | Restrict q f => Restrict (substitute_formula s q) (substitute x s p f)
  | Within f g => Within (substitute x s p f) (substitute x s p g)
  | Without f g => Without (substitute x s p f) (substitute x s p g)
  | Forget q f => Forget (substitute_formula p q) (substitute x s p f)
  end.

Definition random_instance (e : term * term) : random (term * term) :=
  do f0 <- random_term 1; do f1 <- random_leaf; do f2 <- random_term 1; do f3 <- random_leaf;
  do s0 <- random_formula 1; do s1 <- random_formula 0;
  do p0 <- random_formula 1; do p1 <- random_formula 0;
  do c <- random_context 2;
  let x i := match i with 0 => f0 | 1 => f1 | 2 => f2 | _ => f3 end in
  let s i := match i with 0 => s0 | _ => s1 end in
  let p i := match i with 0 => p0 | _ => p1 end in
  do flip <- below 2;
  let l := c (substitute x s p (fst e)) in
  let r := c (substitute x s p (snd e)) in
  ret (match flip with 0 => (l, r) | _ => (r, l) end).

(** ** Small changes, which make most true equations false *)
Definition rebuild (t f g : term) : term :=
  match t with
  | Union _ _ => Union f g | Overlay _ _ => Overlay f g | Patch _ _ => Patch f g
  | Mask _ _ => Mask f g | Within _ _ => Within f g | Without _ _ => Without f g
  | _ => t
  end.
Fixpoint mutate (t : term) : random term :=
  do here <- below 3;
  match t with
  | Var _ | Zero | One => random_leaf
  | Restrict s f =>
      match here with
      | 0 => do s' <- random_formula 1; ret (Restrict s' f)
      | _ => do f' <- mutate f; ret (Restrict s f')
      end
  | Forget P f =>
      match here with
      | 0 => do P' <- random_formula 1; ret (Forget P' f)
      | _ => do f' <- mutate f; ret (Forget P f')
      end
  | Union f g | Overlay f g | Patch f g | Mask f g | Within f g | Without f g =>
      do swap <- below 3;
      match here, swap with
      | 0, 0 => ret (rebuild t g f)
      | 0, _ => do op <- random_operator; ret (op f g)
      | 1, _ => do f' <- mutate f; ret (rebuild t f' g)
      | _, _ => do g' <- mutate g; ret (rebuild t f g')
      end
  end.
