(** * Orphans: only [mask] makes them

    If the fleets have none, no term has any that masks nothing and forgets
    only sets that are closed under descendants (and keeps only sets that are
    closed under ancestors). *)
Require Import List Bool.
From Escadre Require Import Cells Terms Meaning.
Set Implicit Arguments.

Section Orphans.
Variables Facts Path Value : Type.
Variable root : Path -> Path.
Hypothesis root_root : forall p, root (root p) = root p.
Notation fleet := (fleet Facts Path Value).
Implicit Types f g : fleet.
Notation tidy := (orphan_free root).

Lemma union_orphan_free f g : tidy f -> tidy g -> tidy (union f g).
Proof.
  intros F G d x p. unfold union, pointwise. specialize (F d). specialize (G d).
  destruct (f d) as [y|], (g d) as [z|]; intro E; try discriminate; injection E as <-.
  - simpl. intro D. apply orb_true_iff in D as [D|D]; apply orb_true_iff; [left|right]; eauto.
  - now apply F.
  - now apply G.
Qed.
Lemma over_defined (c e : cell Value) : defined (over c e) = defined e || defined c.
Proof. unfold over. destruct (defined e) eqn:E; auto. Qed.
Lemma overlay_orphan_free f g : tidy f -> tidy g -> tidy (overlay f g).
Proof.
  intros F G d x p. unfold overlay, pointwise. specialize (F d). specialize (G d).
  destruct (f d) as [y|], (g d) as [z|]; intro E; try discriminate; injection E as <-.
  - rewrite !over_defined. intro D. apply orb_true_iff in D as [D|D]; apply orb_true_iff; [left|right]; eauto.
  - now apply F.
  - now apply G.
Qed.
(** A patch adds nothing below an unclaimed root, whatever the patch is. *)
Lemma patch_orphan_free f g : tidy f -> tidy (patch root f g).
Proof.
  intros F d x p. unfold patch, onto. specialize (F d).
  destruct (f d) as [y|], (g d) as [z|]; intro E; try discriminate; injection E as <-; [|now apply F].
  rewrite root_root. destruct (defined (y (root p))) eqn:R.
  - intros _. rewrite over_defined, R. apply orb_true_r.
  - intro D. now rewrite (F y p eq_refl D) in R.
Qed.
Lemma restrict_orphan_free s f : tidy f -> tidy (restrict s f).
Proof. intros F d x p. unfold restrict. destruct (s d); [apply F|discriminate]. Qed.
Lemma within_orphan_free f g : tidy f -> tidy (within f g).
Proof. intros F d x p. unfold within. destruct (g d); [apply F|discriminate]. Qed.
Lemma without_orphan_free f g : tidy f -> tidy (without f g).
Proof. intros F d x p. unfold without. destruct (g d); [discriminate|apply F]. Qed.
Lemma forget_orphan_free P f : closed_below root P -> tidy f -> tidy (forget P f).
Proof.
  intros C F d x p. unfold forget. specialize (F d). destruct (f d) as [y|]; intro E; [|discriminate].
  injection E as <-. specialize (C p). destruct (P p); [discriminate|].
  destruct (P (root p)); [now specialize (C eq_refl)|]. now apply F.
Qed.

Variables (fleet_of : nat -> fleet) (selector_of : nat -> Facts -> bool) (set_of : nat -> Path -> bool).
Fixpoint makes_no_orphans (t : term) : Prop :=
  match t with
  | Var _ | Zero | One => True
  | Mask _ _ => False
  | Union f g | Overlay f g => makes_no_orphans f /\ makes_no_orphans g
  | Patch f _ | Within f _ | Without f _ | Restrict _ f => makes_no_orphans f
  | Forget P f => closed_below root (contains set_of P) /\ makes_no_orphans f
  end.
Theorem orphans_from_masks_only t : (forall i, tidy (fleet_of i)) -> makes_no_orphans t ->
  tidy (denote root fleet_of selector_of set_of t).
Proof.
  intros V. induction t; simpl; intro M.
  - apply V.
  - intros d x p E. discriminate.
  - intros d x p E. injection E as <-. discriminate.
  - destruct M. apply union_orphan_free; auto.
  - destruct M. apply overlay_orphan_free; auto.
  - apply patch_orphan_free; auto.
  - destruct M.
  - apply restrict_orphan_free; auto.
  - apply within_orphan_free; auto.
  - apply without_orphan_free; auto.
  - destruct M. apply forget_orphan_free; auto.
Qed.
End Orphans.
