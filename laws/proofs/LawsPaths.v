(** * Laws of paths

    Each is proved by the checker, for all inventories, paths and values.
    A set of paths is taken as it is here.  Escadre closes the set of a [forget]
    under descendants and that of a [keep] under ancestors first; [PathSets.v]
    says what that does to unions and intersections of sets. *)
From Escadre Require Import Notation.

(** ** Forget, keep

    Sets of paths: [forget] also forgets everything below, [keep] also keeps everything above. *)

(** Forgetting no path changes nothing. *)
Theorem forget_none : Forget False_ a == a.
Proof. by_decision. Qed.

(** Keeping every path changes nothing. *)
Theorem keep_all : Keep True_ a == a.
Proof. by_decision. Qed.

(** Who keeps no path keeps the members. *)
Theorem keep_none : Keep False_ a == Within One a.
Proof. by_decision. Qed.

(** Nothing stays nothing. *)
Theorem forget_empty : Forget P Zero == Zero.
Proof. by_decision. Qed.

(** Forgetting one set after another is forgetting both. *)
Theorem forget_forget : Forget P (Forget Q a) == Forget (P ∨ Q) a.
Proof. by_decision. Qed.

(** Keeping some resources of those kept is keeping the common ones. *)
Theorem keep_keep : Keep P (Keep Q a) == Keep (P ∧ Q) a.
Proof. by_decision. Qed.

(** A claim is lost only if both sets hold it. *)
Theorem forget_intersection : Forget (P ∧ Q) a == (Forget P a) ∪ (Forget Q a).
Proof. by_decision. Qed.

(** Keeping two sets is the union of keeping each. *)
Theorem keep_union : Keep (P ∨ Q) a == (Keep P a) ∪ (Keep Q a).
Proof. by_decision. Qed.

(** Keeping some resources is forgetting all others. *)
Theorem keep_forgets_the_rest : Keep P a == Forget (¬P) a.
Proof. by_decision. Qed.

(** What is kept and what is forgotten make up the whole. What is kept may be more than what is forgotten: keeping closes the set under ancestors. *)
Theorem keep_forget_union : Keep (P ∨ Q) a ∪ Forget P a == a.
Proof. by_decision. Qed.

(** The two parts agree where they meet, so they may be overlaid. As above. *)
Theorem keep_forget_overlay : Keep (P ∨ Q) a ⊕ Forget P a == a.
Proof. by_decision. Qed.

(** Paths may be forgotten in each part. *)
Theorem forget_union : Forget P (a ∪ b) == (Forget P a) ∪ (Forget P b).
Proof. by_decision. Qed.

(** Paths may be forgotten in each layer. *)
Theorem forget_overlay : Forget P (a ⊕ b) == (Forget P a) ⊕ (Forget P b).
Proof. by_decision. Qed.

(** Forgetting paths and choosing devices do not disturb each other. *)
Theorem forget_restrict : Forget P (s · a) == s · (Forget P a).
Proof. by_decision. Qed.

(** Forgetting paths and asking membership do not disturb each other. *)
Theorem forget_within : Forget P (Within a b) == Within (Forget P a) b.
Proof. by_decision. Qed.

(** Forgetting paths and excluding members do not disturb each other. *)
Theorem forget_without : Forget P (Without a b) == Without (Forget P a) b.
Proof. by_decision. Qed.

(** Paths may be kept in each part. *)
Theorem keep_distributes_union : Keep P (a ∪ b) == (Keep P a) ∪ (Keep P b).
Proof. by_decision. Qed.

(** Paths may be kept in each layer. *)
Theorem keep_distributes_overlay : Keep P (a ⊕ b) == (Keep P a) ⊕ (Keep P b).
Proof. by_decision. Qed.

(** Keeping paths and choosing devices do not disturb each other. *)
Theorem keep_restrict : Keep P (s · a) == s · (Keep P a).
Proof. by_decision. Qed.

(** Keeping paths and asking membership do not disturb each other. *)
Theorem keep_within : Keep P (Within a b) == Within (Keep P a) b.
Proof. by_decision. Qed.

(** Keeping paths and excluding members do not disturb each other. *)
Theorem keep_without : Keep P (Without a b) == Without (Keep P a) b.
Proof. by_decision. Qed.

(** Who forgets every claim keeps the members. *)
Theorem forget_everything : Forget True_ a == Within One a.
Proof. by_decision. Qed.

(** Fleets on different resources do not meet, so their order means nothing. *)
Theorem keep_forget_disjoint : (Keep P a) ⊕ (Forget P b) == (Keep P a) ∪ (Forget P b).
Proof. by_decision. Qed.

(** A layer that speaks of some resources leaves the others as they were. *)
Theorem overlay_of_kept : a ⊕ (Keep P b) == (Keep P (a ⊕ b)) ∪ (Forget P (a ∪ (Forget True_ b))).
Proof. by_decision. Qed.

(** Forgetting only takes away. *)
Theorem forget_below : Forget P a ⊑ a.
Proof. by_decision. Qed.

(** Keeping only takes away. *)
Theorem keep_below : Keep P a ⊑ a.
Proof. by_decision. Qed.

(** Laying a fleet over part of itself gives it back. *)
Theorem forget_under_itself : (Forget P a) ⊕ a == a.
Proof. by_decision. Qed.

(** What has been forgotten shows through from below. *)
Theorem forget_over_itself : a ⊕ (Forget P a) == a.
Proof. by_decision. Qed.

(** Paths may be forgotten in a fleet and in its patch. The set is closed under descendants. *)
Theorem forget_patch : ValidGiven (Given [] [0] []) (Forget P (a ◁ b)) (Forget P a ◁ Forget P b).
Proof. by_decision. Qed.

(** Paths may be kept in a fleet and in its patch. The set is closed under ancestors. *)
Theorem keep_patch : ValidGiven (Given [] [] [0]) (Keep P (a ◁ b)) (Keep P a ◁ Keep P b).
Proof. by_decision. Qed.

(** ** Mask

    The operator [mask] forgets the paths that another fleet defines, device by device. *)

(** An overlay is the base without what the layer defines, and the layer beside it. *)
Theorem overlay_by_mask : a ⊕ b == (a mask b) ∪ b.
Proof. by_decision. Qed.

(** A union defines what its parts define. *)
Theorem mask_union : a mask (b ∪ c) == a mask b mask c.
Proof. by_decision. Qed.

(** An overlay defines what its layers define. *)
Theorem mask_overlay : a mask (b ⊕ c) == a mask b mask c.
Proof. by_decision. Qed.

(** The order of masks means nothing. *)
Theorem mask_commutes : a mask b mask c == a mask c mask b.
Proof. by_decision. Qed.

(** A mask may be applied to each part. *)
Theorem union_mask : (a ∪ b) mask c == (a mask c) ∪ (b mask c).
Proof. by_decision. Qed.

(** A mask may be applied to each layer. *)
Theorem overlay_mask : (a ⊕ b) mask c == (a mask c) ⊕ (b mask c).
Proof. by_decision. Qed.

(** Nobody defines anything, so nothing is forgotten. *)
Theorem mask_empty : a mask Zero == a.
Proof. by_decision. Qed.

(** Nothing stays nothing. *)
Theorem empty_mask : Zero mask a == Zero.
Proof. by_decision. Qed.

(** Only the members are left. *)
Theorem mask_self : a mask a == Forget True_ a.
Proof. by_decision. Qed.

(** What another fleet defines and what it does not make up the whole. *)
Theorem mask_split : (a mask b) ∪ (a mask (a mask b)) == a.
Proof. by_decision. Qed.

(** A path survives a difference if the first does not define it or the second does. *)
Theorem mask_of_mask : a mask (b mask c) == (a mask b) ∪ (a mask (a mask c)).
Proof. by_decision. Qed.

(** Without claims an intersection of members has no order. *)
Theorem forgotten_within_commutes : Within (Forget True_ a) b == Within (Forget True_ b) a.
Proof. by_decision. Qed.
