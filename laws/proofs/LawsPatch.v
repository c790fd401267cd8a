(** * Laws of patch

    Each is proved by the checker, for all inventories, paths and values.
    Those with a side condition want fleets without orphans: paths claimed
    below an unclaimed root. *)
From Escadre Require Import Notation.

(** ** Patch

    The operator ◁ overlays those resources that the base claims: it adds neither members nor resources. *)

(** A patch that says nothing changes nothing. *)
Theorem patch_empty : a ◁ Zero == a.
Proof. by_decision. Qed.

(** There is nothing to patch. *)
Theorem empty_patch : Zero ◁ a == Zero.
Proof. by_decision. Qed.

(** A patch without claims changes nothing. *)
Theorem patch_all : a ◁ One == a.
Proof. by_decision. Qed.

(** Patching a fleet with itself changes nothing. *)
Theorem patch_self : a ◁ a == a.
Proof. by_decision. Qed.

(** Applying a hotfix twice is applying it once. *)
Theorem patch_twice : a ◁ b ◁ b == a ◁ b.
Proof. by_decision. Qed.

(** Hotfixes may be stacked in advance. *)
Theorem patch_patch : a ◁ b ◁ c == a ◁ (b ⊕ c).
Proof. by_decision. Qed.

(** Laying the whole fleet over makes its patch superfluous. *)
Theorem patch_then_overlay : (a ◁ b) ⊕ b == a ⊕ b.
Proof. by_decision. Qed.

(** A hotfix of several parts is a hotfix of each. *)
Theorem union_patch : (a ∪ b) ◁ c == (a ◁ c) ∪ (b ◁ c) without orphans in [0; 1].
Proof. by_decision. Qed.

(** A hotfix of several layers is a hotfix of each. *)
Theorem overlay_patch : (a ⊕ b) ◁ c == (a ◁ c) ⊕ (b ◁ c) without orphans in [1].
Proof. by_decision. Qed.

(** A patch says no more than the overlay would. *)
Theorem patch_below_overlay : (a ◁ b) ∪ (a ⊕ b) == a ⊕ b without orphans in [0].
Proof. by_decision. Qed.

(** Beside the overlay, the patch adds nothing. *)
Theorem overlay_over_patch : a ⊕ b == (a ◁ b) ∪ (a ⊕ b) without orphans in [0].
Proof. by_decision. Qed.

(** Restricting the patched fleet or the base is the same. *)
Theorem restrict_patch : s · (a ◁ b) == (s · a) ◁ b.
Proof. by_decision. Qed.

(** A hotfix for some devices leaves the others as they were. *)
Theorem patch_restricted : a ◁ (s · b) == (s · (a ◁ b)) ∪ ((¬s) · a).
Proof. by_decision. Qed.

(** A patch outside its base's members means nothing. *)
Theorem patch_within : a ◁ (Within b a) == a ◁ b.
Proof. by_decision. Qed.

(** Membership may be asked before or after patching. *)
Theorem within_patch : Within (a ◁ b) c == (Within a c) ◁ b.
Proof. by_decision. Qed.

(** Exclusion may be asked before or after patching. *)
Theorem without_patch : Without (a ◁ b) c == (Without a c) ◁ b.
Proof. by_decision. Qed.

(** A patch adds no members and removes none. *)
Theorem members_patch : Within One (a ◁ b) == Within One a.
Proof. by_decision. Qed.

(** A patch invents no candidates. *)
Theorem patch_below_union : a ◁ b ⊑ a ∪ b.
Proof. by_decision. Qed.

(** ** Patch by device

    Writing [a ⊕ within(b, a)]: a patch that adds no members but may add resources. *)

(** A patch that says nothing changes nothing. *)
Theorem device_patch_empty : a ⊕ (Within Zero a) == a.
Proof. by_decision. Qed.

(** There is nothing to patch. *)
Theorem empty_device_patch : Zero ⊕ (Within a Zero) == Zero.
Proof. by_decision. Qed.

(** A patch without claims changes nothing. *)
Theorem device_patch_all : a ⊕ (Within One a) == a.
Proof. by_decision. Qed.

(** Patching a fleet with itself changes nothing. *)
Theorem device_patch_self : a ⊕ (Within a a) == a.
Proof. by_decision. Qed.

(** Applying it twice is applying it once. *)
Theorem device_patch_twice : a ⊕ (Within b a) ⊕ (Within b (a ⊕ (Within b a))) == a ⊕ (Within b a).
Proof. by_decision. Qed.

(** Device patches may be stacked in advance. *)
Theorem device_patch_patch : a ⊕ (Within b a) ⊕ (Within c (a ⊕ (Within b a))) == a ⊕ (Within (b ⊕ c) a).
Proof. by_decision. Qed.

(** Patching back with the base is the base over the patch where both are. *)
Theorem device_patch_by_base : a ⊕ (Within b a) ⊕ (Within a (a ⊕ (Within b a))) == (Within (b ⊕ (Within a b)) a) ∪ (Without a b).
Proof. by_decision. Qed.

(** Laying the whole fleet over makes its patch superfluous. *)
Theorem device_patch_then_overlay : a ⊕ (Within b a) ⊕ b == a ⊕ b.
Proof. by_decision. Qed.

(** A device patch of several parts is one of each. *)
Theorem union_device_patch : (a ∪ b) ⊕ (Within c (a ∪ b)) == (a ⊕ (Within c a)) ∪ (b ⊕ (Within c b)).
Proof. by_decision. Qed.

(** A device patch of several layers is one of each. *)
Theorem overlay_device_patch : a ⊕ b ⊕ (Within c (a ⊕ b)) == a ⊕ (Within c a) ⊕ (b ⊕ (Within c b)).
Proof. by_decision. Qed.

(** A device patch says no more than the overlay would. *)
Theorem device_patch_below_overlay : a ⊕ (Within b a) ⊑ a ⊕ b.
Proof. by_decision. Qed.

(** Beside the overlay, the patch adds nothing. *)
Theorem overlay_over_device_patch : a ⊕ b == (a ⊕ (Within b a)) ∪ (a ⊕ b).
Proof. by_decision. Qed.

(** Restricting the patched fleet or the base is the same. *)
Theorem restrict_device_patch : s · (a ⊕ (Within b a)) == (s · a) ⊕ (Within b (s · a)).
Proof. by_decision. Qed.

(** A patch for some devices leaves the others as they were. *)
Theorem device_patch_restricted : a ⊕ (Within (s · b) a) == (s · (a ⊕ (Within b a))) ∪ ((¬s) · a).
Proof. by_decision. Qed.

(** A patch outside its base's members means nothing. *)
Theorem device_patch_within : a ⊕ (Within (Within b a) a) == a ⊕ (Within b a).
Proof. by_decision. Qed.

(** An overlay patches the base's members and adds the others. *)
Theorem overlay_by_device_patch : a ⊕ b == (a ⊕ (Within b a)) ∪ (Without b a).
Proof. by_decision. Qed.

(** A device patch adds no members and removes none. *)
Theorem members_device_patch : Within One (a ⊕ (Within b a)) == Within One a.
Proof. by_decision. Qed.

(** A device patch is the overlay on its base's members. *)
Theorem device_patch_split : a ⊕ (Within b a) == (Without a b) ∪ (Within (a ⊕ b) a).
Proof. by_decision. Qed.

(** Membership may be asked before or after patching. *)
Theorem within_device_patch : Within (a ⊕ (Within b a)) c == (Within a c) ⊕ (Within b (Within a c)).
Proof. by_decision. Qed.

(** Exclusion may be asked before or after patching. *)
Theorem without_device_patch : Without (a ⊕ (Within b a)) c == (Without a c) ⊕ (Within b (Without a c)).
Proof. by_decision. Qed.

(** Paths may be forgotten in a fleet and in its patch. *)
Theorem forget_device_patch : Forget P (a ⊕ (Within b a)) == (Forget P a) ⊕ (Within (Forget P b) (Forget P a)).
Proof. by_decision. Qed.

(** A device patch invents no candidates. *)
Theorem device_patch_below_union : a ⊕ (Within b a) ⊑ a ∪ b.
Proof. by_decision. Qed.

(** ** Membership

    [within(1, a)] is the set of a's members, D(a) in the literature's manner. *)

(** The members of a union are those of either part. *)
Theorem members_union : Within One (a ∪ b) == (Within One a) ∪ (Within One b).
Proof. by_decision. Qed.

(** The members of an overlay are those of either layer. *)
Theorem members_overlay : Within One (a ⊕ b) == (Within One a) ∪ (Within One b).
Proof. by_decision. Qed.

(** The members of a restriction are the members that the selector accepts. *)
Theorem members_restrict : Within One (s · a) == s · (Within One a).
Proof. by_decision. Qed.

(** Forgetting claims leaves the members. *)
Theorem members_forget : Within One (Forget P a) == Within One a.
Proof. by_decision. Qed.

(** Keeping some claims leaves the members. *)
Theorem members_keep : Within One (Keep P a) == Within One a.
Proof. by_decision. Qed.

(** Masking leaves the members. *)
Theorem members_mask : Within One (a mask b) == Within One a.
Proof. by_decision. Qed.

(** The empty fleet has no members. *)
Theorem members_empty : Within One Zero == Zero.
Proof. by_decision. Qed.

(** Restricting a fleet to its members changes nothing. *)
Theorem members_restore : Within a (Within One a) == a.
Proof. by_decision. Qed.
