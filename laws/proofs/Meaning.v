(** * Meaning: what a term denotes

    A fleet maps each device (its facts) to nothing, if the device is no
    member, or to its claims: a cell for every path.  Facts, paths and values
    are arbitrary types. *)
Require Import List Bool Arith.
From Escadre Require Import Cells Terms.
Set Implicit Arguments.

Section Meaning.
Variables Facts Path Value : Type.
(** The root of the resource that a path is in; a root is its own root. *)
Variable root : Path -> Path.

Definition claims := Path -> cell Value.
Definition fleet := Facts -> option claims.

(** [union] and [overlay]: membership is "or"; claims are combined by a
    function of cells where the device is a member of both. *)
Definition pointwise (op : cell Value -> cell Value -> cell Value) (f g : fleet) : fleet :=
  fun d => match f d, g d with
           | None, y => y
           | x, None => x
           | Some x, Some y => Some (fun p => op (x p) (y p))
           end.
Definition union := pointwise (@both Value).
Definition overlay := pointwise (@over Value).

(** [mask] and [patch]: membership is the first operand's. *)
Definition onto (op : claims -> claims -> claims) (f g : fleet) : fleet :=
  fun d => match f d, g d with Some x, Some y => Some (op x y) | x, _ => x end.
Definition mask := onto (fun x y p => unless (x p) (y p)).
(** [patch] overlays a resource only where its root is claimed already. *)
Definition patch :=
  onto (fun x y p => if defined (x (root p)) then over (x p) (y p) else x p).

Definition restrict (s : Facts -> bool) (f : fleet) : fleet :=
  fun d => if s d then f d else None.
Definition within (f g : fleet) : fleet :=
  fun d => match g d with Some _ => f d | None => None end.
Definition without (f g : fleet) : fleet :=
  fun d => match g d with Some _ => None | None => f d end.
Definition forget (P : Path -> bool) (f : fleet) : fleet :=
  fun d => match f d with
           | None => None
           | Some x => Some (fun p => if P p then nothing Value else x p)
           end.
Definition zero : fleet := fun _ => None.
Definition one : fleet := fun _ => Some (fun _ => nothing Value).

(** Two fleets are equal when they have the same members and equal candidates
    at every path of each. *)
Definition equal (f g : fleet) := forall d,
  match f d, g d with
  | None, None => True
  | Some x, Some y => forall p, same (x p) (y p)
  | _, _ => False
  end.

Variables (fleet_of : nat -> fleet) (selector_of : nat -> Facts -> bool)
          (set_of : nat -> Path -> bool).
Definition selects (s : formula) (d : Facts) := holds (fun i => selector_of i d) s.
Definition contains (P : formula) (p : Path) := holds (fun i => set_of i p) P.

Fixpoint denote (t : term) : fleet :=
  match t with
  | Var i => fleet_of i
  | Zero => zero
  | One => one
  | Union f g => union (denote f) (denote g)
  | Overlay f g => overlay (denote f) (denote g)
  | Patch f g => patch (denote f) (denote g)
  | Mask f g => mask (denote f) (denote g)
  | Restrict s f => restrict (selects s) (denote f)
  | Within f g => within (denote f) (denote g)
  | Without f g => without (denote f) (denote g)
  | Forget P f => forget (contains P) (denote f)
  end.

(** An orphan is a path claimed below an unclaimed root; only [mask] (and
    [forget] of a root alone) makes them. *)
Definition orphan_free (f : fleet) := forall d x p,
  f d = Some x -> defined (x p) = true -> defined (x (root p)) = true.
(** What [forget] and [keep] ask of a set of paths, as far as a root and a
    path of its resource are concerned. *)
Definition closed_below (P : Path -> bool) := forall p, P (root p) = true -> P p = true.
Definition closed_above (P : Path -> bool) := forall p, P p = true -> P (root p) = true.
End Meaning.

(** Side conditions of an equation, by number of variable. *)
Record condition := Given {
  no_orphans : list nat;    (* these fleets have no orphans *)
  below : list nat;         (* these sets are closed under descendants *)
  above : list nat }.       (* these sets are closed under ancestors *)
Definition always := Given nil nil nil.

Definition satisfies (c : condition) Facts Path Value (root : Path -> Path)
    (fleet_of : nat -> fleet Facts Path Value) (set_of : nat -> Path -> bool) :=
  (forall i, In i (no_orphans c) -> orphan_free root (fleet_of i)) /\
  (forall i, In i (below c) -> closed_below root (set_of i)) /\
  (forall i, In i (above c) -> closed_above root (set_of i)).

(** An equation is valid under a condition when both sides are equal for all
    facts, paths, values, fleets, selectors and sets that satisfy it. *)
Definition ValidGiven (c : condition) (l r : term) :=
  forall (Facts Path Value : Type) (root : Path -> Path) fleet_of selector_of set_of,
  (forall p, root (root p) = root p) ->
  @satisfies c Facts Path Value root fleet_of set_of ->
  equal (denote root fleet_of selector_of set_of l)
        (denote root fleet_of selector_of set_of r).
Definition Valid := ValidGiven always.
(** [f] is below [g] when their union is [g]. *)
Definition Below f g := Valid (Union f g) g.
