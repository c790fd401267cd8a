(** * Rendering: from claims to documents, and ⊕ as JSON merge patch

    A resource is a tree whose nodes are addressed by lists of names.  Its
    resolved claims give each path at most one value. *)
Require Import List Bool.
From Escadre Require Import Cells Terms Meaning.
Import ListNotations.
Set Implicit Arguments.

Section Rendering.
Variables Name Scalar : Type.
Definition path := list Name.
Inductive value := Leaf (s : Scalar) | Object | Unset.

(** ** Documents *)
(** A JSON document; a list counts as a scalar. *)
Inductive json := JScalar (s : Scalar) | JObject (fields : Name -> option json).
(** What an author writes: a document in which a field may be [null]. *)
Inductive doc := Null | DScalar (s : Scalar) | DObject (fields : Name -> option doc).

Fixpoint doc_of (j : json) : doc :=
  match j with
  | JScalar s => DScalar s
  | JObject f => DObject (fun n => match f n with Some k => Some (doc_of k) | None => None end)
  end.

(** The field [n] of a document, if it is an object and has one. *)
Definition field (j : option json) (n : Name) : option json :=
  match j with Some (JObject f) => f n | _ => None end.

(** JSON merge patch, RFC 7396, section 2; no document stands for null. *)
Fixpoint merge (target : option json) (patch : doc) : option json :=
  match patch with
  | Null => None
  | DScalar s => Some (JScalar s)
  | DObject f => Some (JObject (fun n =>
      match f n with None => field target n | Some q => merge (field target n) q end))
  end.

(** ** Claims *)
Definition tree := path -> option value.
(** The subtree at field [n]. *)
Definition child (c : tree) (n : Name) : tree := fun p => c (n :: p).
(** ⊕ on resolved claims. *)
Definition lay (c e : tree) : tree := fun p => match e p with Some v => Some v | None => c p end.

(** Flattening claims [Object] at every interior node, and [Unset] at every
    path below a claim that is not [Object]. *)
Fixpoint flatten (j : doc) (p : path) : option value :=
  match j, p with
  | Null, _ => Some Unset
  | DScalar s, [] => Some (Leaf s)
  | DScalar s, _ :: _ => Some Unset
  | DObject f, [] => Some Object
  | DObject f, n :: q => match f n with Some k => flatten k q | None => None end
  end.

(** What flattening and layering keep: below a claim that is not an [Object]
    all is [Unset]; below an unclaimed path nothing is claimed. *)
Definition well_formed (c : tree) := forall p n q,
  match c p with
  | Some Object => True
  | Some _ => c (p ++ n :: q) = Some Unset
  | None => c (p ++ n :: q) = None
  end.

(** ** Rendering *)
(** Nothing is to be seen: on the way down from the root along unclaimed
    paths, the first claim, if any, is [Unset]. *)
Definition silent (c : tree) := forall p,
  (forall q n r, p = q ++ n :: r -> c q = None) -> c p = None \/ c p = Some Unset.

(** Claims render as a document, or as nothing: [Unset] renders nothing; a leaf
    hides what is below it; an unclaimed node with rendered children is an
    object; [Object] without children is kept. *)
Inductive renders : tree -> option json -> Prop :=
| render_nothing c : silent c -> renders c None
| render_leaf c s : c [] = Some (Leaf s) -> renders c (Some (JScalar s))
| render_object c f : c [] = Some Object -> (forall n, renders (child c n) (f n)) ->
    renders c (Some (JObject f))
| render_unclaimed c f n : c [] = None -> (forall n, renders (child c n) (f n)) -> f n <> None ->
    renders c (Some (JObject f)).

Definition same_tree (c e : tree) := forall p, c p = e p.
(** Equality of documents, field by field. *)
Fixpoint same_json (j k : json) : Prop :=
  match j, k with
  | JScalar s, JScalar t => s = t
  | JObject f, JObject g => forall n,
      match f n, g n with
      | None, None => True
      | Some x, Some y => same_json x y
      | _, _ => False
      end
  | _, _ => False
  end.
Definition same_rendering (j k : option json) :=
  match j, k with None, None => True | Some x, Some y => same_json x y | _, _ => False end.

(** Rendering looks at claims only. *)
Theorem rendering_congruence c e j : same_tree c e -> renders c j -> renders e j.
Proof.
  intros E H. revert e E. induction H as [c S|c s S|c f S H IH|c f n S H IH X]; intros e E.
  - apply render_nothing. intros p N. rewrite <- E. apply S. intros. rewrite E. eauto.
  - apply render_leaf. now rewrite <- E.
  - apply render_object; [now rewrite <- E|]. intro n. apply IH. intro p. apply E.
  - apply render_unclaimed with n; auto; [now rewrite <- E|]. intro m. apply IH. intro p. apply E.
Qed.

Lemma silent_root c : silent c -> c [] = None \/ c [] = Some Unset.
Proof. intro S. apply S. intros q n r H. destruct q; discriminate. Qed.
Lemma silent_child c n : c [] = None -> silent c -> silent (child c n).
Proof.
  intros N S p H. apply S. intros q m r E. destruct q as [|k q]; auto.
  injection E as <- E. now apply (H q m r).
Qed.
Lemma silent_renders c j : silent c -> renders c j -> j = None.
Proof.
  intros S H. induction H as [c S'|c s E|c f E H IH|c f n E H IH X]; auto;
    destruct (silent_root S) as [K|K]; try congruence.
  exfalso. apply X, IH. now apply silent_child.
Qed.

(** ... and gives one document. *)
Theorem rendering_unique c j k : renders c j -> renders c k -> same_rendering j k.
Proof.
  intro H. revert k. induction H as [c S|c s S|c f S H IH|c f n S H IH X]; intros k K.
  - now rewrite (silent_renders S K).
  - inversion K; subst; simpl; try congruence. destruct (silent_root H); congruence.
  - inversion K as [c' N|c' s N|c' g N G|c' g m N G Y]; subst; try congruence.
    + destruct (silent_root N); congruence.
    + simpl. intro n. apply (IH n), G.
  - inversion K as [c' N|c' s N|c' g N G|c' g m N G Y]; subst; try congruence.
    + exfalso. apply X. apply (silent_renders (silent_child n S N) (H n)).
    + simpl. intro k. apply (IH k), G.
Qed.

(** ** Layers *)
Theorem flatten_well_formed j : well_formed (flatten j).
Proof.
  revert j. fix rec 1. intros [|s|f] p n q.
  - reflexivity.
  - destruct p; reflexivity.
  - destruct p as [|m p]; simpl; auto. destruct (f m) as [k|]; auto. apply (rec k).
Qed.
Theorem lay_well_formed c e : well_formed c -> well_formed e -> well_formed (lay c e).
Proof.
  intros C E p n q. specialize (C p n q). specialize (E p n q). unfold lay.
  destruct (e p) as [[| |]|]; auto; now rewrite E.
Qed.
Lemma child_well_formed c n : well_formed c -> well_formed (child c n).
Proof. intros C p m q. apply (C (n :: p) m q). Qed.

(** The rendering of a child is the field of the rendering. *)
Lemma render_child c j n : well_formed c -> renders c j -> renders (child c n) (field j n).
Proof.
  intros W H. destruct H as [c S|c s S|c f S H|c f m S H X]; simpl; auto.
  - apply render_nothing. destruct (silent_root S) as [E|E].
    + now apply silent_child.
    + intros p _. right. specialize (W [] n p). now rewrite E in W.
  - apply render_nothing. intros p _. right. specialize (W [] n p). now rewrite S in W.
Qed.

(** ⊕ with a flattened document is JSON merge patch. *)
Theorem overlay_merge_patch patch : forall c target, well_formed c ->
  renders c target -> renders (lay c (flatten patch)) (merge target patch).
Proof.
  revert patch. fix rec 1. intros [|s|f] c target W H; simpl.
  - apply render_nothing. intros p _. now right.
  - now apply render_leaf.
  - apply render_object; [reflexivity|]. intro n. destruct (f n) as [q|] eqn:E.
    + apply rendering_congruence with (lay (child c n) (flatten q)).
      * intro p. unfold lay, child. simpl. now rewrite E.
      * apply rec; [now apply child_well_formed | now apply render_child].
    + apply rendering_congruence with (child c n).
      * intro p. unfold lay, child. simpl. now rewrite E.
      * now apply render_child.
Qed.

(** A flattened document renders as itself. *)
Theorem flatten_renders j : renders (flatten (doc_of j)) (Some j).
Proof.
  revert j. fix rec 1. intros [s|f].
  - now apply render_leaf.
  - apply render_object; [reflexivity|]. intro n. destruct (f n) as [k|] eqn:E.
    + apply rendering_congruence with (flatten (doc_of k)); [|apply rec].
      intro p. unfold child. simpl. now rewrite E.
    + apply render_nothing. intros p _. left. unfold child. simpl. now rewrite E.
Qed.

(** So a document with any number of patches laid over it renders as the
    document with the patches merged in, one after another. *)
Theorem overlays_merge_patches j patches :
  renders (fold_left lay (map flatten patches) (flatten (doc_of j)))
          (fold_left merge patches (Some j)).
Proof.
  assert (G : forall c t, well_formed c -> renders c t ->
    renders (fold_left lay (map flatten patches) c) (fold_left merge patches t)).
  { induction patches as [|p ps IH]; simpl; auto. intros c t W H. apply IH.
    - apply lay_well_formed; auto using flatten_well_formed.
    - now apply overlay_merge_patch. }
  apply G; [apply flatten_well_formed | apply flatten_renders].
Qed.

(** ** In terms of fleets *)
Definition cell_of (v : option value) : cell value :=
  match v with Some w => just w | None => nothing value end.
(** The fleet of all devices with these claims. *)
Definition deploy {Facts : Type} (c : tree) : fleet Facts path value := fun _ => Some (fun p => cell_of (c p)).

Theorem overlay_lays Facts c e : equal (overlay (@deploy Facts c) (@deploy Facts e)) (@deploy Facts (lay c e)).
Proof.
  intros d p v. unfold lay. simpl. unfold over. destruct (e p); simpl; tauto.
Qed.
(** Equal fleets render equally. *)
Theorem rendering_of_fleets Facts (d : Facts) c e j :
  equal (@deploy Facts c) (@deploy Facts e) -> renders c j -> renders e j.
Proof.
  intros E. apply rendering_congruence. intro p. specialize (E d p). simpl in E.
  destruct (c p) as [v|], (e p) as [w|]; simpl in E; auto.
  - destruct (E v) as [K _]. now rewrite (K eq_refl).
  - now destruct (proj1 (E v) eq_refl).
  - now destruct (proj2 (E w) eq_refl).
Qed.
End Rendering.
