(** * Sets of paths, as authors write them and as [forget] and [keep] read them

    An author lists paths, each alone or with everything below it.  [forget]
    reads the list closed under descendants, [keep] closed under ancestors.
    The laws speak of sets of paths as they are; here is how they apply. *)
Require Import List Bool.
From Escadre Require Import Cells Terms Meaning Decision Soundness.
Import ListNotations.
Set Implicit Arguments.

Section PathSets.
Variable Name : Type.
Variable name_dec : forall m n : Name, {m = n} + {m <> n}.
(** A resource name, then field names. *)
Definition path := list Name.
(** The root of a path's resource. *)
Definition root (p : path) : path := firstn 1 p.
Lemma root_root p : root (root p) = root p.
Proof. now destruct p. Qed.

(** Whether [p] is [q] or above it. *)
Fixpoint above (p q : path) : bool :=
  match p, q with
  | [], _ => true
  | m :: p, n :: q => if name_dec m n then above p q else false
  | _ :: _, [] => false
  end.
Lemma above_iff p q : above p q = true <-> exists r, q = p ++ r.
Proof.
  revert q. induction p as [|m p IH]; intro q; simpl.
  - split; eauto.
  - destruct q as [|n q]; [split; [discriminate | intros [r R]; discriminate]|].
    destruct (name_dec m n) as [<-|N].
    + rewrite IH. split; intros [r R]; exists r; [now rewrite R | congruence].
    + split; [discriminate|]. intros [r R]. congruence.
Qed.
Lemma above_refl p : above p p = true.
Proof. apply above_iff. exists []. symmetry. apply app_nil_r. Qed.
Lemma above_trans p q r : above p q = true -> above q r = true -> above p r = true.
Proof. rewrite !above_iff. intros [x ->] [y ->]. exists (x ++ y). symmetry. apply app_assoc. Qed.
Lemma root_above p : above (root p) p = true.
Proof. destruct p as [|n p]; simpl; auto. now destruct (name_dec n n). Qed.
(** Two paths above a third are comparable. *)
Lemma above_linear p q r : above p r = true -> above q r = true -> above p q = true \/ above q p = true.
Proof.
  revert q r. induction p as [|m p IH]; intros q r; simpl; auto.
  destruct r as [|n r]; [discriminate|]. destruct (name_dec m n) as [<-|]; [|discriminate].
  destruct q as [|k q]; simpl; auto. destruct (name_dec k m) as [<-|]; [|discriminate].
  destruct (name_dec k k); [|easy]. apply IH.
Qed.

(** A listed path, and whether everything below it is meant, too. *)
Definition path_set := list (path * bool).
Definition listed (S : path_set) (q : path) : bool :=
  existsb (fun e : path * bool => if snd e then above (fst e) q else above (fst e) q && above q (fst e)) S.
(** What [forget] reads. *)
Definition down (S : path_set) (q : path) : bool := existsb (fun e : path * bool => above (fst e) q) S.
(** What [keep] reads. *)
Definition up (S : path_set) (q : path) : bool :=
  existsb (fun e : path * bool => above q (fst e) || (snd e && above (fst e) q)) S.

Theorem down_closed_below S p q : above p q = true -> down S p = true -> down S q = true.
Proof. unfold down. rewrite !existsb_exists. intros A (e & I & D). eauto using above_trans. Qed.
Theorem up_closed_above S p q : above p q = true -> up S q = true -> up S p = true.
Proof.
  unfold up. rewrite !existsb_exists. intros A (e & I & D). exists e. split; auto.
  apply orb_true_iff in D as [D|D].
  - now rewrite (above_trans _ _ _ A D).
  - apply andb_true_iff in D as [W D]. rewrite W.
    destruct (above_linear _ _ _ A D) as [->| ->]; auto using orb_true_r.
Qed.
(** So they meet the side conditions of the laws. *)
Theorem forget_reads_closed_below S : closed_below root (down S).
Proof. intros p. apply down_closed_below, root_above. Qed.
Theorem keep_reads_closed_above S : closed_above root (up S).
Proof. intros p. apply up_closed_above, root_above. Qed.
Theorem listed_down S q : listed S q = true -> down S q = true.
Proof.
  unfold listed, down. rewrite !existsb_exists. intros (e & I & L). exists e. split; auto.
  destruct (snd e); auto. now apply andb_true_iff in L.
Qed.
Theorem listed_up S q : listed S q = true -> up S q = true.
Proof.
  unfold listed, up. rewrite !existsb_exists. intros (e & I & L). exists e. split; auto.
  destruct (snd e); [rewrite L; apply orb_true_r|]. apply andb_true_iff in L as [_ ->]. auto.
Qed.

(** Both readings of a union are the unions of the readings. *)
Theorem down_union S T q : down (S ++ T) q = down S q || down T q.
Proof. apply existsb_app. Qed.
Theorem up_union S T q : up (S ++ T) q = up S q || up T q.
Proof. apply existsb_app. Qed.

(** ** Sets of whole subtrees *)
Definition subtrees (S : path_set) := forall e, In e S -> snd e = true.
Theorem subtrees_down S q : subtrees S -> down S q = listed S q.
Proof.
  intro A. apply eq_true_iff_eq. split; [|apply listed_down].
  unfold listed, down. rewrite !existsb_exists. intros (e & I & D). exists e. split; auto. now rewrite (A e I).
Qed.
(** What is forgotten is among what is kept. *)
Theorem subtrees_down_up S q : subtrees S -> down S q = true -> up S q = true.
Proof. intros A D. rewrite (subtrees_down q A) in D. now apply listed_up. Qed.
(** The intersection of subtrees: of two comparable paths the lower. *)
Definition inter (S T : path_set) : path_set :=
  filter (fun e : path * bool => listed T (fst e)) S ++ filter (fun e : path * bool => listed S (fst e)) T.
Theorem inter_subtrees S T : subtrees S -> subtrees T -> subtrees (inter S T).
Proof.
  intros A B e I. apply in_app_iff in I as [I|I]; apply filter_In in I as [I _]; auto.
Qed.
Theorem down_inter S T q : subtrees S -> subtrees T -> down (inter S T) q = down S q && down T q.
Proof.
  intros A B. apply eq_true_iff_eq. rewrite andb_true_iff. unfold inter. rewrite down_union, orb_true_iff.
  unfold down. rewrite !existsb_exists. split.
  - intros [(e & I & D)|(e & I & D)]; apply filter_In in I as [I L]; unfold listed in L;
      apply existsb_exists in L as (f & J & L); [rewrite (B f J) in L|rewrite (A f J) in L];
      split; eauto using above_trans.
  - intros [(e & I & D) (f & J & E)]. destruct (above_linear _ _ _ D E) as [H|H].
    + right. exists f. split; auto. apply filter_In. split; auto.
      apply existsb_exists. exists e. now rewrite (A e I).
    + left. exists e. split; auto. apply filter_In. split; auto.
      apply existsb_exists. exists f. now rewrite (B f J).
Qed.

(** ** Sets of whole resources: both readings are the set itself *)
Definition whole (S : path_set) := forall e, In e S -> snd e = true /\ length (fst e) = 1.
Theorem whole_readings S n q : whole S ->
  down S (n :: q) = listed S (n :: q) /\ up S (n :: q) = listed S (n :: q).
Proof.
  intro W. assert (A : subtrees S) by (intros e I; now apply W). split; [now apply subtrees_down|].
  apply eq_true_iff_eq. split; [|apply listed_up]. unfold up, listed. rewrite !existsb_exists.
  intros (e & I & U). exists e. split; auto. destruct (W e I) as [T L]. rewrite T in *.
  destruct e as [[|m [|k p]] w]; try discriminate. simpl in *. destruct (name_dec n m) as [<-|].
  - now destruct (name_dec n n).
  - simpl in U. destruct (name_dec m n); auto.
Qed.

(** ** Authors' forget and keep *)
Definition forget_listed Facts Value (S : path_set) : fleet Facts path Value -> fleet Facts path Value :=
  forget (down S).
Definition keep_listed Facts Value (S : path_set) : fleet Facts path Value -> fleet Facts path Value :=
  forget (fun p => negb (up S p)).

Section Instances.
Variables Facts Value : Type.
Implicit Types f g : fleet Facts path Value.
(** A law for two fleets and two sets of paths, instantiated. *)
Lemma instance c l r f g (X Y : path -> bool) : check c l r = true ->
  satisfies c root (fun i => match i with 0 => f | _ => g end) (fun i => match i with 0 => X | _ => Y end) ->
  equal (denote root (fun i => match i with 0 => f | _ => g end) (fun _ _ => false)
          (fun i => match i with 0 => X | _ => Y end) l)
        (denote root (fun i => match i with 0 => f | _ => g end) (fun _ _ => false)
          (fun i => match i with 0 => X | _ => Y end) r).
Proof. intros C S. apply (check_sound _ _ C); auto. apply root_root. Qed.

(** Forgetting and keeping distribute over patch, whatever is listed. *)
Theorem forget_listed_patch S f g :
  equal (forget_listed S (patch root f g)) (patch root (forget_listed S f) (forget_listed S g)).
Proof.
  apply (@instance (Given [] [0] []) (Forget (Atom 0) (Patch (Var 0) (Var 1)))
    (Patch (Forget (Atom 0) (Var 0)) (Forget (Atom 0) (Var 1))) f g (down S) (down S) eq_refl).
  repeat split; simpl; intros i []; try easy. subst. apply forget_reads_closed_below.
Qed.
Theorem keep_listed_patch S f g :
  equal (keep_listed S (patch root f g)) (patch root (keep_listed S f) (keep_listed S g)).
Proof.
  apply (@instance (Given [] [] [0]) (Keep (Atom 0) (Patch (Var 0) (Var 1)))
    (Patch (Keep (Atom 0) (Var 0)) (Keep (Atom 0) (Var 1))) f g (up S) (up S) eq_refl).
  repeat split; simpl; intros i []; try easy. subst. apply keep_reads_closed_above.
Qed.
(** Subtrees: what is kept and what remains make up the whole. *)
Theorem keep_forget_listed S f : subtrees S ->
  equal (union (keep_listed S f) (forget_listed S f)) f.
Proof.
  intros A d. unfold union, pointwise, keep_listed, forget_listed, forget.
  destruct (f d) as [x|]; auto. intros p v. pose proof (@subtrees_down_up S p A).
  destruct (down S p), (up S p); simpl; try tauto. now discriminate H.
Qed.
End Instances.
End PathSets.
