(** * Equations that do not hold

    Each is refuted by the checker, which has a counterexample on one device
    and one path; the smallest is given ([-]: no member). *)
From Escadre Require Import Notation.

(** [a=-]  It makes every device a member. *)
Theorem not_union_all_absorbs : a ∪ One =/= a.
Proof. by_counterexample. Qed.

(** [a={p:1} b={p:2}]  The upper layer decides, so order matters. *)
Theorem not_overlay_commutative : a ⊕ b =/= b ⊕ a.
Proof. by_counterexample. Qed.

(** [a={p:1} b={p:2}]  The last of equal layers counts, not the first. *)
Theorem not_overlay_first_wins : a ⊕ b ⊕ a =/= a ⊕ b.
Proof. by_counterexample. Qed.

(** [a={p:1} b={p:2} c=-]  Where the top layer is silent the lower order shows. *)
Theorem not_overlay_swaps_below : a ⊕ b ⊕ c =/= b ⊕ a ⊕ c.
Proof. by_counterexample. Qed.

(** [a=- b={p:2} c={p:3}]  The last layer decides. *)
Theorem not_overlay_swaps_above : a ⊕ b ⊕ c =/= a ⊕ c ⊕ b.
Proof. by_counterexample. Qed.

(** [a=-]  It makes every device a member. *)
Theorem not_overlay_all_unit : a ⊕ One =/= a.
Proof. by_counterexample. Qed.

(** [a={p:1} b=- c={p:3}]  Laid apart, the base shows through where one part is silent. *)
Theorem not_overlay_distributes_right : a ⊕ (b ∪ c) =/= (a ⊕ b) ∪ (a ⊕ c).
Proof. by_counterexample. Qed.

(** [a={p:1} b=- c={p:3}]  A layer that says more hides more. *)
Theorem not_overlay_monotone_layer : a ⊕ b ⋢ a ⊕ (b ∪ c).
Proof. by_counterexample. Qed.

(** [a={p:1} b={p:2} c=-]  Laid into both layers, a common part decides. *)
Theorem not_union_distributes_over_overlay : a ∪ (b ⊕ c) =/= (a ∪ b) ⊕ (a ∪ c).
Proof. by_counterexample. Qed.

(** [a={p:1} b={p:2}]  The layer replaces what the base said. *)
Theorem not_base_below_overlay : a ⋢ a ⊕ b.
Proof. by_counterexample. Qed.

(** [a=- b={}]  The layer's members are added. *)
Theorem not_union_absorption : a ∪ (a ⊕ b) =/= a.
Proof. by_counterexample. Qed.

(** [a=- b={p:2} c={p:3} d=-]  Layering in each team first keeps what another team's layer would hide. *)
Theorem not_overlay_interchange : (a ∪ b) ⊕ (c ∪ d) =/= (a ⊕ c) ∪ (b ⊕ d).
Proof. by_counterexample. Qed.

(** [s=⊥ a=- b={}]  The layer must be restricted too. *)
Theorem not_restrict_one_side : s · (a ⊕ b) =/= (s · a) ⊕ b.
Proof. by_counterexample. Qed.

(** [s=⊥ a={} b=-]  The base must be restricted too. *)
Theorem not_restrict_layer_only : s · (a ⊕ b) =/= a ⊕ (s · b).
Proof. by_counterexample. Qed.

(** [a={} b={p:2}]  The claims are those of the first fleet. *)
Theorem not_double_exclusion : Without a (Without a b) =/= Within b a.
Proof. by_counterexample. Qed.

(** [a={p:1} b={}]  The base shows through where the layer is silent. *)
Theorem not_overlay_within_is_layer : Within (a ⊕ b) b =/= b.
Proof. by_counterexample. Qed.

(** [a={p:1} b={}]  An overlay replaces paths, not devices. *)
Theorem not_overlay_replaces_devices : a ⊕ b =/= (Without a b) ∪ b.
Proof. by_counterexample. Qed.

(** [a={} b={p:2}]  The claims are those of the first fleet. *)
Theorem not_within_symmetric : Within a b =/= Within b a.
Proof. by_counterexample. Qed.

(** [a={}]  The members stay. *)
Theorem not_forget_everything_empties : Forget True_ a =/= Zero.
Proof. by_counterexample. Qed.

(** [P={p.*} a={p:1} b=-]  The base keeps what it says. *)
Theorem not_forget_layer_outside : a ⊕ (Forget P b) =/= Forget P (a ⊕ b).
Proof. by_counterexample. Qed.

(** [a={}]  The members stay. *)
Theorem not_mask_self_empties : a mask a =/= Zero.
Proof. by_counterexample. Qed.

(** [a={root} b=- c={root, p:3}]  A patch of a patch that is absent there patches nothing. *)
Theorem not_patch_associative : a ◁ b ◁ c =/= a ◁ (b ◁ c).
Proof. by_counterexample. Qed.

(** [a={root} b=- c={root, p:3}]  The patch reaches the base only on the right. *)
Theorem not_overlay_patch_outside : a ⊕ (b ◁ c) =/= (a ⊕ b) ◁ c.
Proof. by_counterexample. Qed.

(** [a={root, p:1} b=- c={root, p:3}]  Patched apart, the base shows through where one part is silent. *)
Theorem not_patch_distributes_right : a ◁ (b ∪ c) =/= (a ◁ b) ∪ (a ◁ c).
Proof. by_counterexample. Qed.

(** [a={} b={root}]  A patch adds no resources to members either. *)
Theorem not_overlay_by_patch : a ⊕ b =/= (a ◁ b) ∪ (Without b a).
Proof. by_counterexample. Qed.

(** [a=- b={}]  The members are those of the base. *)
Theorem not_patch_commutative : a ◁ b =/= b ◁ a.
Proof. by_counterexample. Qed.

(** [a=- b={}]  A patch adds no members. *)
Theorem not_patch_is_overlay : a ◁ b =/= a ⊕ b.
Proof. by_counterexample. Qed.

(** [a={} b=- c={p:3}]  A patch of a patch that is absent there patches nothing. *)
Theorem not_device_patch_associative : a ⊕ (Within b a) ⊕ (Within c (a ⊕ (Within b a))) =/= a ⊕ (Within (b ⊕ (Within c b)) a).
Proof. by_counterexample. Qed.

(** [a={p:1} b=- c={p:3}]  Patched apart, the base shows through where one part is silent. *)
Theorem not_device_patch_distributes_right : a ⊕ (Within (b ∪ c) a) =/= (a ⊕ (Within b a)) ∪ (a ⊕ (Within c a)).
Proof. by_counterexample. Qed.

(** [a=- b={}]  The members are those of the base. *)
Theorem not_device_patch_commutative : a ⊕ (Within b a) =/= b ⊕ (Within a b).
Proof. by_counterexample. Qed.

(** [a=- b={}]  A device patch adds no members. *)
Theorem not_device_patch_is_overlay : a ⊕ (Within b a) =/= a ⊕ b.
Proof. by_counterexample. Qed.

(** [P={p} Q={p.y1.*} a={p:1}]  What stands above paths of both sets is kept by each, though the sets have no path in common. (The set that is kept on the right is closed under ancestors, but smaller than both.) *)
Theorem not_keep_intersection_of_subtrees : ~ ValidGiven (Given [] [] [0; 1; 2]) (Keep P (Keep Q a)) (Keep (P ∧ Q ∧ Atom 2) a).
Proof. by_counterexample. Qed.
