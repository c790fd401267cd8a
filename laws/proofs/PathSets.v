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
(** ** Intersections: what both sets list of each other, as subtrees where both mean the subtree *)
Definition covered (T : path_set) (p : path) : bool :=
  existsb (fun e : path * bool => snd e && above (fst e) p) T.
Definition among (T S : path_set) : path_set :=
  map (fun e : path * bool => (fst e, snd e && covered T (fst e)))
    (filter (fun e : path * bool => listed T (fst e)) S).
Definition inter (S T : path_set) : path_set := among T S ++ among S T.
Lemma above_antisymmetric p q : above p q = true -> above q p = true -> p = q.
Proof.
  revert q. induction p as [|m p IH]; intros [|n q]; simpl; try discriminate; auto.
  destruct (name_dec m n) as [<-|]; [|discriminate]. destruct (name_dec m m); [|discriminate].
  intros A B. now rewrite (IH q A B).
Qed.
(** What one entry lists. *)
Definition lists (e : path * bool) (q : path) := if snd e then above (fst e) q = true else q = fst e.
Lemma listed_iff S q : listed S q = true <-> exists e, In e S /\ lists e q.
Proof.
  unfold listed, lists. rewrite existsb_exists.
  split; intros (e & I & L); exists e; split; auto; destruct (snd e); auto.
  - apply andb_true_iff in L as [A B]. now apply above_antisymmetric.
  - subst. now rewrite above_refl.
Qed.
Lemma covered_iff T p : covered T p = true <-> exists e, In e T /\ snd e = true /\ above (fst e) p = true.
Proof.
  unfold covered. rewrite existsb_exists.
  split; intros (e & I & C); exists e; split; auto; now apply andb_true_iff.
Qed.
Lemma listed_self (e : path * bool) : lists e (fst e).
Proof. unfold lists. destruct (snd e); auto using above_refl. Qed.
(** A path is in what [S] has among [T] iff the entry of [S] that lists it stands in [T]. *)
Lemma among_listed T S q : listed (among T S) q = true -> listed S q = true /\ listed T q = true.
Proof.
  rewrite !listed_iff. intros (e' & I & L). unfold among in I. apply in_map_iff in I as (e & <- & I).
  apply filter_In in I as [I M]. unfold lists in L. simpl in L.
  destruct (snd e) eqn:W; simpl in L.
  - destruct (covered T (fst e)) eqn:C.
    + split.
      * exists e. split; auto. unfold lists. now rewrite W.
      * apply covered_iff in C as (f & J & V & A). exists f. split; auto.
        unfold lists. rewrite V. eauto using above_trans.
    + subst q. split; [exists e; split; auto using listed_self | now apply listed_iff].
  - subst q. split; [exists e; split; auto using listed_self | now apply listed_iff].
Qed.
(** An intersection lists what both sets list. *)
Theorem listed_inter S T q : listed (inter S T) q = listed S q && listed T q.
Proof.
  apply eq_true_iff_eq. rewrite andb_true_iff. unfold inter. split.
  - unfold listed at 1. rewrite existsb_app, orb_true_iff.
    intros [L|L]; apply among_listed in L; tauto.
  - intros [A B]. unfold listed. rewrite existsb_app, orb_true_iff.
    change (listed (among T S) q = true \/ listed (among S T) q = true).
    apply listed_iff in A as (e & I & L). apply listed_iff in B as (f & J & M).
    (* [x], which lists [q], stays in [X] where [Y] lists its path, and covers [q] if [Y] does. *)
    assert (K : forall X Y x, In x X -> lists x q -> listed Y (fst x) = true ->
      (snd x = true -> covered Y (fst x) = true \/ q = fst x) -> listed (among Y X) q = true).
    { intros X Y x Ix Lx Ly V. apply listed_iff.
      exists (fst x, snd x && covered Y (fst x)). split.
      - unfold among. apply in_map_iff. exists x. split; auto. apply filter_In. auto.
      - unfold lists in *. simpl. destruct (snd x); simpl; auto.
        destruct (V eq_refl) as [-> | ->]; auto. destruct (covered Y (fst x)); auto using above_refl. }
    unfold lists in L, M. destruct (snd e) eqn:W; destruct (snd f) eqn:V.
    + destruct (above_linear _ _ _ L M) as [H|H].
      * right. apply (K T S f); auto; [unfold lists; now rewrite V | |].
        -- apply listed_iff. exists e. split; auto. unfold lists. now rewrite W.
        -- intros _. left. apply covered_iff. eauto.
      * left. apply (K S T e); auto; [unfold lists; now rewrite W | |].
        -- apply listed_iff. exists f. split; auto. unfold lists. now rewrite V.
        -- intros _. left. apply covered_iff. eauto.
    + subst q. right. apply (K T S f); auto using listed_self.
      apply listed_iff. exists e. split; auto. unfold lists. now rewrite W.
    + subst q. left. apply (K S T e); auto using listed_self.
      apply listed_iff. exists f. split; auto. unfold lists. now rewrite V.
    + subst q. left. apply (K S T e); auto using listed_self; try congruence.
      apply listed_iff. exists f. split; auto. unfold lists. now rewrite V.
Qed.
(** The intersection of subtrees is subtrees: of two comparable paths the lower. *)
Theorem inter_subtrees S T : subtrees S -> subtrees T -> subtrees (inter S T).
Proof.
  intros A B. assert (K : forall X Y, subtrees X -> subtrees Y -> subtrees (among Y X)).
  { intros X Y CX CY e I. apply in_map_iff in I as (x & <- & I). apply filter_In in I as [I L].
    simpl. rewrite (CX x I). simpl. apply listed_iff in L as (y & J & M). apply covered_iff.
    exists y. unfold lists in M. rewrite (CY y J) in M. auto. }
  intros e I. apply in_app_iff in I as [I|I]; [apply (K S T A B e I) | apply (K T S B A e I)].
Qed.
Theorem down_inter S T q : subtrees S -> subtrees T -> down (inter S T) q = down S q && down T q.
Proof.
  intros A B. rewrite !subtrees_down by auto using inter_subtrees. apply listed_inter.
Qed.
(** [keep] reads the paths above those that are listed. *)
Theorem up_iff S q : up S q = true <-> exists r, above q r = true /\ listed S r = true.
Proof.
  split.
  - unfold up. rewrite existsb_exists. intros (e & I & U). apply orb_true_iff in U as [U|U].
    + exists (fst e). split; auto. apply listed_iff. exists e. split; auto using listed_self.
    + apply andb_true_iff in U as [W U]. exists q. split; [apply above_refl|].
      apply listed_iff. exists e. split; auto. unfold lists. now rewrite W.
  - intros (r & A & L). exact (up_closed_above S q r A (listed_up S r L)).
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

(** Every path of a resource is in the set as the resource is. *)
Lemma whole_listed S n q r : whole S -> listed S (n :: q) = listed S (n :: r).
Proof.
  intro W. unfold listed. apply eq_true_iff_eq. rewrite !existsb_exists.
  split; intros (e & I & L); exists e; split; auto; destruct (W e I) as [T O]; rewrite T in *;
    destruct e as [[|m [|k p]] w]; try discriminate; simpl in *; destruct (name_dec m n); auto.
Qed.
(** So where whole resources are kept of what is kept, the intersection is kept, whatever else is
    listed: this is how [keep_keep] applies. *)
Theorem up_inter S T n q : whole S -> up (inter S T) (n :: q) = up S (n :: q) && up T (n :: q).
Proof.
  intro W. apply eq_true_iff_eq. rewrite andb_true_iff, !up_iff. split.
  - intros (r & A & L). rewrite listed_inter in L. apply andb_true_iff in L as [L M]. split; eauto.
  - intros [(r & A & L) (t & B & M)]. exists t. split; auto. rewrite listed_inter, M.
    destruct r as [|m r]; [discriminate|]. destruct t as [|k t]; [discriminate|]. simpl in A, B.
    destruct (name_dec n m) as [<-|]; [|discriminate]. destruct (name_dec n k) as [<-|]; [|discriminate].
    now rewrite (whole_listed n t r W), L.
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
