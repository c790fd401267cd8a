(** * Laws of restriction

    Each is proved by the checker, for all inventories, paths and values. *)
From Escadre Require Import Notation.

(** ** Restrict

    The operator · keeps a fleet on the devices that a selector accepts. *)

(** Accepting every device changes nothing. *)
Theorem restrict_true : True_ · a == a.
Proof. by_decision. Qed.

(** Accepting no device leaves no fleet. *)
Theorem restrict_false : False_ · a == Zero.
Proof. by_decision. Qed.

(** Nothing stays nothing. *)
Theorem restrict_empty : s · Zero == Zero.
Proof. by_decision. Qed.

(** Two restrictions are one by both selectors. *)
Theorem restrict_and : s · t · a == (s ∧ t) · a.
Proof. by_decision. Qed.

(** Where either selector holds is the union of where each does. *)
Theorem restrict_or_union : (s ∨ t) · a == (s · a) ∪ (t · a).
Proof. by_decision. Qed.

(** Parts of one fleet may be overlaid as well as joined. *)
Theorem restrict_or_overlay : (s ∨ t) · a == (s · a) ⊕ (t · a).
Proof. by_decision. Qed.

(** A selector divides a fleet without loss. *)
Theorem restrict_split : (s · a) ∪ ((¬s) · a) == a.
Proof. by_decision. Qed.

(** Restricting parts together or apart is the same. *)
Theorem restrict_union : s · (a ∪ b) == (s · a) ∪ (s · b).
Proof. by_decision. Qed.

(** Restricting layers together or apart is the same. *)
Theorem restrict_overlay : s · (a ⊕ b) == (s · a) ⊕ (s · b).
Proof. by_decision. Qed.

(** A layer for some devices leaves the others as they were. *)
Theorem overlay_restricted : a ⊕ (s · b) == (s · (a ⊕ b)) ∪ ((¬s) · a).
Proof. by_decision. Qed.

(** Where the base is not, the layer stands alone. *)
Theorem restricted_overlay : (s · a) ⊕ b == (s · (a ⊕ b)) ∪ ((¬s) · b).
Proof. by_decision. Qed.

(** A part for some devices is beside the others' part only there. *)
Theorem restricted_union : (s · a) ∪ b == (s · (a ∪ b)) ∪ ((¬s) · b).
Proof. by_decision. Qed.

(** Fleets on different devices do not meet, so their order means nothing. *)
Theorem restrict_disjoint : (s · a) ⊕ ((¬s) · b) == (s · a) ∪ ((¬s) · b).
Proof. by_decision. Qed.

(** Restricting only takes away. *)
Theorem restrict_below : s · a ⊑ a.
Proof. by_decision. Qed.

(** A choice is one fleet where the selector holds and the other elsewhere. *)
Theorem choose_meaning : Choose s a b == (s · a) ∪ ((¬s) · b).
Proof. by_decision. Qed.

(** A choice without a difference is none. *)
Theorem choose_same : Choose s a a == a.
Proof. by_decision. Qed.

(** Negating the selector swaps the branches. *)
Theorem choose_negated : Choose (¬s) a b == Choose s b a.
Proof. by_decision. Qed.

(** Layers that choose alike may be laid branch by branch. *)
Theorem choose_overlay : (Choose s a b) ⊕ (Choose s c d) == Choose s (a ⊕ c) (b ⊕ d).
Proof. by_decision. Qed.

(** ** Within, without

    Restriction by membership of another fleet. *)

(** Only who is a member counts, not what is claimed. *)
Theorem within_membership : Within a b == Within a (Within One b).
Proof. by_decision. Qed.

(** Only who is a member counts, not what is claimed. *)
Theorem without_membership : Without a b == Without a (Within One b).
Proof. by_decision. Qed.

(** Members of another fleet and the rest make up the whole. *)
Theorem within_without_union : (Within a b) ∪ (Without a b) == a.
Proof. by_decision. Qed.

(** The two parts do not meet, so they may be overlaid. *)
Theorem within_without_overlay : (Within a b) ⊕ (Without a b) == a.
Proof. by_decision. Qed.

(** Every member is a member. *)
Theorem within_self : Within a a == a.
Proof. by_decision. Qed.

(** No member is outside its own fleet. *)
Theorem without_self : Without a a == Zero.
Proof. by_decision. Qed.

(** No device is a member of nothing. *)
Theorem within_empty : Within a Zero == Zero.
Proof. by_decision. Qed.

(** Leaving out nobody changes nothing. *)
Theorem without_empty : Without a Zero == a.
Proof. by_decision. Qed.

(** Nothing stays nothing. *)
Theorem empty_within : Within Zero a == Zero.
Proof. by_decision. Qed.

(** Nothing stays nothing. *)
Theorem empty_without : Without Zero a == Zero.
Proof. by_decision. Qed.

(** Every device is a member of all. *)
Theorem within_all : Within a One == a.
Proof. by_decision. Qed.

(** Leaving out every device leaves none. *)
Theorem without_all : Without a One == Zero.
Proof. by_decision. Qed.

(** Membership of both may be asked at once. *)
Theorem within_within : Within (Within a b) c == Within a (Within b c).
Proof. by_decision. Qed.

(** The order of two membership tests means nothing. *)
Theorem within_commutes : Within (Within a b) c == Within (Within a c) b.
Proof. by_decision. Qed.

(** The order of two exclusions means nothing. *)
Theorem without_commutes : Without (Without a b) c == Without (Without a c) b.
Proof. by_decision. Qed.

(** Leaving out both fleets is leaving out each. *)
Theorem without_union : Without a (b ∪ c) == Without (Without a b) c.
Proof. by_decision. Qed.

(** The members of an overlay are the members of its layers. *)
Theorem without_overlay : Without a (b ⊕ c) == Without (Without a b) c.
Proof. by_decision. Qed.

(** The members of a union are those of either part. *)
Theorem within_union : Within a (b ∪ c) == (Within a b) ∪ (Within a c).
Proof. by_decision. Qed.

(** The members of an overlay are those of either layer. *)
Theorem within_overlay : Within a (b ⊕ c) == (Within a b) ∪ (Within a c).
Proof. by_decision. Qed.

(** In one fleet and not in another may be asked one after the other. *)
Theorem within_of_without : Within a (Without b c) == Without (Within a b) c.
Proof. by_decision. Qed.

(** Outside a difference is outside the first or inside the second. *)
Theorem without_of_without : Without a (Without b c) == (Without a b) ∪ (Within a c).
Proof. by_decision. Qed.

(** Outside an intersection is outside one of the two. *)
Theorem without_of_within : Without a (Within b c) == (Without a b) ∪ (Without a c).
Proof. by_decision. Qed.

(** Leaving out those left out keeps the others. *)
Theorem without_twice : Without a (Without a b) == Within a b.
Proof. by_decision. Qed.

(** Membership may be asked of each part. *)
Theorem union_within : Within (a ∪ b) c == (Within a c) ∪ (Within b c).
Proof. by_decision. Qed.

(** Membership may be asked of each layer. *)
Theorem overlay_within : Within (a ⊕ b) c == (Within a c) ⊕ (Within b c).
Proof. by_decision. Qed.

(** Exclusion may be asked of each part. *)
Theorem union_without : Without (a ∪ b) c == (Without a c) ∪ (Without b c).
Proof. by_decision. Qed.

(** Exclusion may be asked of each layer. *)
Theorem overlay_without : Without (a ⊕ b) c == (Without a c) ⊕ (Without b c).
Proof. by_decision. Qed.

(** Restricting the other fleet restricts the result. *)
Theorem within_restricted : Within a (s · b) == s · (Within a b).
Proof. by_decision. Qed.

(** Where the other fleet is restricted away, nobody is left out. *)
Theorem without_restricted : Without a (s · b) == ((¬s) · a) ∪ (Without a b).
Proof. by_decision. Qed.

(** Forgetting claims leaves the members. *)
Theorem within_forgotten : Within a (Forget P b) == Within a b.
Proof. by_decision. Qed.

(** Outside the first part only the second speaks. *)
Theorem union_without_first : Without (a ∪ b) a == Without b a.
Proof. by_decision. Qed.

(** Outside the base only the layer speaks. *)
Theorem overlay_without_base : Without (a ⊕ b) a == Without b a.
Proof. by_decision. Qed.

(** On the layer's members the base shows through. *)
Theorem overlay_within_layer : Within (a ⊕ b) b == (Within a b) ⊕ b.
Proof. by_decision. Qed.

(** A layer changes its own members and nobody else. *)
Theorem overlay_split : a ⊕ b == (Without a b) ∪ ((Within a b) ⊕ b).
Proof. by_decision. Qed.
