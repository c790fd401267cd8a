(** * Laws of union and overlay

    Each is proved by the checker, for all inventories, paths and values.
    Those marked "axiom" are the eight of [Axioms.v]. *)
From Escadre Require Import Notation.

(** ** Union

    The operator ∪ puts fleets side by side; [a ⊑ b] means [a ∪ b = b]. *)

(** Axiom. Parts that stand side by side may be grouped in any way. *)
Theorem union_associative : a ∪ b ∪ c == a ∪ (b ∪ c).
Proof. by_decision. Qed.

(** Axiom. The order of parts that stand side by side means nothing. *)
Theorem union_commutative : a ∪ b == b ∪ a.
Proof. by_decision. Qed.

(** Axiom. Adding no devices changes nothing. *)
Theorem union_unit : a ∪ Zero == a.
Proof. by_decision. Qed.

(** Saying the same twice says it once. *)
Theorem union_idempotent : a ∪ a == a.
Proof. by_decision. Qed.

(** Every fleet says at least what it says. *)
Theorem below_reflexive : a ⊑ a.
Proof. by_decision. Qed.

(** Adding a part takes no candidate away. *)
Theorem below_union : a ⊑ a ∪ b.
Proof. by_decision. Qed.

(** What is added to both sides keeps their order. *)
Theorem below_monotone_union : a ∪ c ⊑ a ∪ b ∪ c.
Proof. by_decision. Qed.

(** ** Overlay

    The operator ⊕ lets the second fleet decide wherever it says something. *)

(** Axiom. Layers may be stacked in advance. *)
Theorem overlay_associative : a ⊕ b ⊕ c == a ⊕ (b ⊕ c).
Proof. by_decision. Qed.

(** Axiom. A layer over nothing is that layer. *)
Theorem overlay_unit_left : Zero ⊕ a == a.
Proof. by_decision. Qed.

(** Axiom. A layer of no devices changes nothing. *)
Theorem overlay_unit_right : a ⊕ Zero == a.
Proof. by_decision. Qed.

(** Laying a fleet over itself changes nothing. *)
Theorem overlay_idempotent : a ⊕ a == a.
Proof. by_decision. Qed.

(** Of two equal layers only the upper one counts. *)
Theorem overlay_last_wins : a ⊕ b ⊕ a == b ⊕ a.
Proof. by_decision. Qed.

(** A base that stands in its overlay already need not be laid under it. *)
Theorem overlay_twice_below : a ⊕ (a ⊕ b) == a ⊕ b.
Proof. by_decision. Qed.

(** Applying a layer twice is applying it once. *)
Theorem overlay_twice_above : a ⊕ b ⊕ b == a ⊕ b.
Proof. by_decision. Qed.

(** An overlay says at least what it says. *)
Theorem overlay_self_ordered : (a ∪ c) ⊕ b ⊑ (a ∪ c) ⊕ b.
Proof. by_decision. Qed.

(** ** Both

    Union and overlay together. *)

(** Axiom. A layer over several parts is a layer over each of them. *)
Theorem overlay_distributes_over_union_left : (a ∪ b) ⊕ c == (a ⊕ c) ∪ (b ⊕ c).
Proof. by_decision. Qed.

(** Axiom. Where both parts of a layer speak, both candidates stand. *)
Theorem overlay_of_union : a ⊕ (b ∪ c) == (a ⊕ b ⊕ c) ∪ b ∪ c.
Proof. by_decision. Qed.

(** Laying two parts at once leaves no more candidates than laying each apart. *)
Theorem overlay_of_union_below : a ⊕ (b ∪ c) ⊑ (a ⊕ b) ∪ (a ⊕ c).
Proof. by_decision. Qed.

(** More candidates below a layer give no fewer above it. *)
Theorem overlay_monotone_base : a ⊕ c ⊑ (a ∪ b) ⊕ c.
Proof. by_decision. Qed.

(** Beside the first step of a chain, the second step may start from the base. *)
Theorem overlay_chain : (a ⊕ b) ∪ (b ⊕ c) == (a ⊕ b) ∪ (a ⊕ b ⊕ c).
Proof. by_decision. Qed.

(** Laying a common part into both layers adds no candidates. *)
Theorem union_of_overlay_below : (a ∪ b) ⊕ (a ∪ c) ⊑ a ∪ (b ⊕ c).
Proof. by_decision. Qed.

(** Nothing that the upper layer says is lost. *)
Theorem layer_below_overlay : b ⊑ a ⊕ b.
Proof. by_decision. Qed.

(** An overlay invents no candidates. *)
Theorem overlay_below_union : a ⊕ b ⊑ a ∪ b.
Proof. by_decision. Qed.

(** Beside the base, an overlay adds only what its layer says. *)
Theorem union_absorbs_overlay : a ∪ (a ⊕ b) == a ∪ b.
Proof. by_decision. Qed.

(** The two orders together hold every candidate. *)
Theorem union_of_both_orders : (a ⊕ b) ∪ (b ⊕ a) == a ∪ b.
Proof. by_decision. Qed.

(** A layer that repeats its base decides everything alone. *)
Theorem overlay_absorbs_union : a ⊕ (a ∪ b) == a ∪ b.
Proof. by_decision. Qed.

(** Candidates that the layer decides need not stand below it. *)
Theorem overlay_absorbs_base : (a ∪ b) ⊕ b == a ⊕ b.
Proof. by_decision. Qed.

(** Merging teams first and then their layers leaves no more candidates than layering in each team first. *)
Theorem overlay_exchange : (a ∪ b) ⊕ (c ∪ d) ⊑ (a ⊕ c) ∪ (b ⊕ d).
Proof. by_decision. Qed.
