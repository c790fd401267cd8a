(** * The eight axioms of {0, ∪, ⊕}

    Equations between terms of [z] (0), [u] (∪) and [o] (⊕) that follow from
    eight axioms.  [Complete.v] proves that these are all the valid ones,
    [Independence.v] that no axiom follows from the others. *)
Require Import List Bool Arith Setoid Morphisms.
Import ListNotations.

Inductive tm := x (i : nat) | z | u (a b : tm) | o (a b : tm).
Reserved Notation "a == b" (at level 70).
Inductive derivable : tm -> tm -> Prop :=
(* equational logic *)
| refl a : a == a
| sym a b : a == b -> b == a
| trans a b c : a == b -> b == c -> a == c
| cong_u a a' b b' : a == a' -> b == b' -> u a b == u a' b'
| cong_o a a' b b' : a == a' -> b == b' -> o a b == o a' b'
(* the axioms *)
| u_assoc a b c : u (u a b) c == u a (u b c)
| u_comm a b : u a b == u b a
| u_zero a : u a z == a
| o_assoc a b c : o (o a b) c == o a (o b c)
| o_zero_left a : o z a == a
| o_zero_right a : o a z == a
| base_dist a b c : o (u a b) c == u (o a c) (o b c)
| layer_exp a b c : o a (u b c) == u (u (o (o a b) c) b) c
where "a == b" := (derivable a b).

#[global] Instance derivable_equivalence : Equivalence derivable.
Proof. split; red; intros; [apply refl | now apply sym | eapply trans; eauto]. Qed.
#[global] Instance u_proper : Proper (derivable ==> derivable ==> derivable) u.
Proof. repeat red; intros; now apply cong_u. Qed.
#[global] Instance o_proper : Proper (derivable ==> derivable ==> derivable) o.
Proof. repeat red; intros; now apply cong_o. Qed.

(** ** Derived laws *)
Lemma layer_exp' a b c : o a (u b c) == u (o (o a b) c) (u b c).
Proof. now rewrite layer_exp, u_assoc. Qed.
Lemma zero_u a : u z a == a.
Proof. rewrite u_comm; apply u_zero. Qed.
Lemma layer_below a b : u b (o a b) == o a b.
Proof.
  pose proof (base_dist a z b) as H. rewrite u_zero, o_zero_left in H.
  rewrite u_comm. now rewrite <- H.
Qed.
Lemma u_idem a : u a a == a.
Proof. pose proof (layer_below z a) as H. now rewrite !o_zero_left in H. Qed.
Lemma o_idem a : o a a == a.
Proof.
  pose proof (layer_exp' z a a) as H. rewrite u_idem, !o_zero_left in H. rewrite H at 3.
  rewrite u_comm. symmetry. apply layer_below.
Qed.
Lemma base_absorbs a b : o (u a b) b == o a b.
Proof. rewrite base_dist, o_idem, u_comm. apply layer_below. Qed.
Lemma last_wins a b : o (o a b) a == o b a.
Proof. rewrite o_assoc. rewrite <- (base_absorbs a (o b a)). rewrite layer_below. apply o_idem. Qed.
Lemma absorption a b : u a (o a b) == u a b.
Proof.
  pose proof (layer_exp' z a b) as H. rewrite !o_zero_left in H. rewrite H.
  rewrite <- (layer_below a b) at 1. rewrite <- u_assoc. rewrite (u_comm (u a b)). reflexivity.
Qed.
Lemma chain a b c : u (o a b) (o b c) == u (o a b) (o (o a b) c).
Proof.
  rewrite absorption. rewrite <- (layer_below a b) at 1.
  rewrite (u_comm b), u_assoc, absorption, <- u_assoc. rewrite (u_comm _ b), layer_below. reflexivity.
Qed.

(** ** Normal form: a union of overlays of variables *)
Fixpoint word w := match w with [] => z | i :: w => o (x i) (word w) end.
Fixpoint words ws := match ws with [] => z | w :: ws => u (word w) (words ws) end.
Lemma words_app v w : words (v ++ w) == u (words v) (words w).
Proof. induction v; simpl. { now rewrite zero_u. } now rewrite IHv, u_assoc. Qed.
Lemma word_app v w : word (v ++ w) == o (word v) (word w).
Proof. induction v; simpl. { now rewrite o_zero_left. } now rewrite IHv, o_assoc. Qed.
Lemma o_word_words w vs : exists ws, o (word w) (words vs) == words ws.
Proof.
  revert w; induction vs as [|v vs IH]; intro w; simpl.
  - exists [w]; simpl. now rewrite o_zero_right, u_zero.
  - destruct (IH (w ++ v)) as [ws H]. exists (ws ++ v :: vs).
    rewrite layer_exp', words_app. simpl. now rewrite <- H, word_app.
Qed.
Lemma o_words ws vs : exists rs, o (words ws) (words vs) == words rs.
Proof.
  induction ws as [|w ws [rs H]]; simpl.
  - exists vs. apply o_zero_left.
  - destruct (o_word_words w vs) as [r H']. exists (r ++ rs). now rewrite base_dist, H, H', words_app.
Qed.
Lemma normal_form t : exists ws, t == words ws.
Proof.
  induction t as [i| |a [v Hv] b [w Hw]|a [v Hv] b [w Hw]].
  - exists [[i]]; simpl. now rewrite u_zero, o_zero_right.
  - now exists [].
  - exists (v ++ w). now rewrite words_app, Hv, Hw.
  - destruct (o_words v w) as [r H]. exists r. now rewrite Hv, Hw.
Qed.

(** ** Derivable inclusion *)
Definition sub a b := u b a == b.
Lemma sub_trans a b c : sub a b -> sub b c -> sub a c.
Proof. unfold sub; intros H K. rewrite <- K at 1. rewrite u_assoc. now rewrite H. Qed.
Lemma sub_u a b c : sub a c -> sub b c -> sub (u a b) c.
Proof. unfold sub; intros H K. now rewrite <- u_assoc, H. Qed.
Lemma sub_in w ws : In w ws -> sub (word w) (words ws).
Proof.
  unfold sub; induction ws as [|v ws IH]; simpl; intros [].
  - subst. rewrite u_comm, <- u_assoc, u_idem. reflexivity.
  - now rewrite u_assoc, IH.
Qed.
Lemma sub_suffix v w : sub (word w) (word (v ++ w)).
Proof. unfold sub. rewrite word_app, u_comm. apply layer_below. Qed.
(** Letters that occur to the right are absorbed. *)
Lemma absorb_letter i w : In i w -> o (x i) (word w) == word w.
Proof.
  intro H. apply in_split in H as (p & q & ->). rewrite word_app. simpl.
  rewrite <- !o_assoc. rewrite last_wins. reflexivity.
Qed.
Lemma absorb_word y w : incl y w -> o (word y) (word w) == word w.
Proof.
  induction y; simpl; intro H. { apply o_zero_left. }
  rewrite o_assoc, IHy; [apply absorb_letter, H; simpl; auto | intros i Hi; apply H; simpl; auto].
Qed.
