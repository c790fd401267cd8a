(** * Implications that do not hold

    Each is refuted on one device and one path, with the values 1 and 2. *)
Require Import List Bool.
From Escadre Require Import Cells Terms Meaning Order Implications.
Set Implicit Arguments.

(** A fleet of one device that is no member, or claims these values. *)
Definition at_one_point (x : option (cell nat)) : fleet unit unit nat :=
  fun _ => option_map (fun c _ => c) x.
Definition nobody := at_one_point None.
Definition first := at_one_point (Some (just 1)).
Definition second := at_one_point (Some (just 2)).
Definition first_or_second := at_one_point (Some (both (just 1) (just 2))).

Lemma first_second_conflict : ~ commute first second.
Proof.
  intro C. specialize (C tt tt 2). simpl in C. destruct C as [C _]. now specialize (C eq_refl).
Qed.
Lemma commute_nobody f : commute f nobody /\ commute nobody f.
Proof.
  split; intros d; unfold overlay, pointwise, nobody, at_one_point; simpl; destruct (f d); simpl; auto;
    intros p v; tauto.
Qed.

(** [a={p:1} b=- c={p:2}] *)
Theorem not_commuting_transitive :
  ~ forall f g h : fleet unit unit nat, commute f g -> commute g h -> commute f h.
Proof. intro T. apply first_second_conflict, (T first nobody second); apply commute_nobody. Qed.

(** [a={p:1} b={p:1|2}] *)
Theorem not_union_is_overlay_commutes :
  ~ forall f g : fleet unit unit nat, equal (overlay f g) (union f g) -> commute f g.
Proof.
  intro T. assert (C : commute first first_or_second).
  { apply T. intro d. simpl. intros p v. simpl. tauto. }
  specialize (C tt tt 2). simpl in C. destruct C as [C _]. now specialize (C (or_intror eq_refl)).
Qed.

(** [a={p:1} b={p:2}] *)
Theorem not_resolved_union :
  ~ forall f g : fleet unit unit nat, resolved f -> resolved g -> resolved (union f g).
Proof.
  intro T. assert (R : resolved (union first second)).
  { apply T; intros d p v w (x & X & V) (y & Y & W);
      injection X as <-; injection Y as <-; simpl in V, W; congruence. }
  specialize (R tt tt 1 2). discriminate R.
  - eexists. split; [reflexivity|]. now left.
  - eexists. split; [reflexivity|]. now right.
Qed.

(** [a=- b={p:2} c={p:1}]: a layer that says more hides more. *)
Theorem not_overlay_monotone_layer_along :
  ~ forall f g h : fleet unit unit nat, included f g -> included (overlay h f) (overlay h g).
Proof.
  intro T. assert (I : included (overlay first nobody) (overlay first second)).
  { apply T. intro d. simpl. intros p v. tauto. }
  specialize (I tt tt 1). simpl in I. destruct I as [I _]. now specialize (I (or_introl eq_refl)).
Qed.
